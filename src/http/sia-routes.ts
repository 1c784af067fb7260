import type { Context, Hono } from "hono";
import type { Permissions } from "../access/permissions.ts";
import { ServiceError } from "../errors.ts";
import { DATALINK_MEDIA_TYPE, describeLinksService } from "../ivoa/datalink.ts";
import { cellsOfObservation, DID_FIELD_ID, OBSCORE_FIELDS } from "../ivoa/obscore.ts";
import { describeSiaService, parseSiaParameters, SIA_STANDARD_ID, type SiaParameters } from "../ivoa/sia.ts";
import { describeSodaService, SODA_ASYNC, SODA_SYNC } from "../ivoa/soda-descriptor.ts";
import { formatVoTableChunks, VOTABLE_MEDIA_TYPE, type ServiceResource, type VoCell } from "../ivoa/votable.ts";
import type { FoundObservations, ObservationFinder } from "../surveys/observation-finder.ts";
import type { Release } from "../surveys/release.ts";
import type { AppEnv } from "./app-env.ts";
import { whenAborted } from "./client-signal.ts";
import { dataRightsOf } from "./data-rights.ts";
import { createDeadlines, type Deadline } from "./deadline.ts";
import { noteError } from "./observe-requests.ts";
import type { ReadableBy } from "./readable-by.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";
import { sodaFactsOfReleases } from "./soda-facts.ts";
import { answerVoTableError, parseVoTableFormat, streamText } from "./votable-answer.ts";

export type SiaServices = {
  readonly permissions: Permissions;
  /** The surveys as who asks may see them: of others there are no rows. */
  readonly readableBy: ReadableBy;
  readonly observations: ObservationFinder;
  readonly limits: {
    /** Rows of an answer, unless MAXREC says otherwise. */
    readonly defaultRecords: number;
    /** More than this MAXREC cannot ask for. */
    readonly maxRecords: number;
    /** Of one parameter. */
    readonly maxValues: number;
    /** A search may take, until its first row. */
    readonly timeoutSeconds: number;
  };
};

/** What every answer, an error too, tells of itself. */
export const SIA_INFOS = [{ name: "standardID", value: SIA_STANDARD_ID }];

/** {query} of SIA 2.0: which images there are, as ObsCore describes them. */
export function addSiaRoutes(app: Hono<AppEnv>, services: SiaServices): void {
  const startDeadline = createDeadlines(services.limits.timeoutSeconds);
  const handle = async (c: Context<AppEnv>) => {
    try {
      return await answerQuery(c, services, startDeadline);
    } catch (error) {
      return answerVoTableError(c, error, SIA_INFOS);
    }
  };
  addResource(app, "/query", { GET: handle, POST: handle });
}

async function answerQuery(
  c: Context<AppEnv>,
  services: SiaServices,
  startDeadline: () => Deadline,
): Promise<Response> {
  const { limits } = services;
  const { releases } = services.readableBy(c.var.user);
  const given = await readParameters(c.req.raw);
  const contentType = parseVoTableFormat(given, VOTABLE_MEDIA_TYPE);
  const parameters = parseSiaParameters(given, limits);
  const limit = Math.min(parameters.maxRecords ?? limits.defaultRecords, limits.maxRecords);
  const found = await search(parameters, { limit, releases, startDeadline }, services, c.req.raw.signal);
  const { publicUrl } = c.var;
  const document = formatVoTableChunks({
    results: {
      infos: SIA_INFOS,
      fields: OBSCORE_FIELDS,
      rows: rowsOf(found, services.permissions, { publicUrl, signal: c.req.raw.signal }),
      // Of no rows at all there are never too many (SIA 2.0, section 2.1.18).
      overflow: () => limit > 0 && !found.isComplete,
    },
    services: [...servicesOf(releases, publicUrl), describeQuery(releases, limits, publicUrl)],
  });
  return c.body(
    streamText(document, (error) => noteError(c, error)),
    200,
    { "Content-Type": contentType },
  );
}

type Search = {
  readonly limit: number;
  readonly releases: readonly Release[];
  readonly startDeadline: () => Deadline;
};

async function search(
  parameters: SiaParameters,
  { limit, releases, startDeadline }: Search,
  { observations, limits }: SiaServices,
  signal: AbortSignal,
): Promise<FoundObservations> {
  const { filters, ...conditions } = parameters;
  const bands = bandsOf(releases, filters);
  if (limit === 0 || releases.length === 0 || !mayHaveFormat(parameters.formats)) return NOTHING;
  const deadline = startDeadline();
  whenAborted(signal, () => deadline.stop("client"));
  try {
    const query = { ...conditions, releases: releases.map(({ id }) => id), bands };
    return await observations.find(query, limit, deadline.signal);
  } catch (error) {
    if (deadline.stoppedBy !== "time") throw error;
    throw new ServiceError(
      "over-limit",
      `Cannot search within the ${limits.timeoutSeconds} seconds that are allowed: a POS or an ID is needed`,
      { cause: error },
    );
  } finally {
    deadline.end();
  }
}

const NOTHING: FoundObservations = {
  count: 0,
  isComplete: true,
  datasets: async function* () {
    // no image
  },
};

/** All images have one access_format. A plus sign that was not escaped in the address arrives as a blank. */
function mayHaveFormat(formats: readonly string[]): boolean {
  return formats.length === 0 || formats.some((format) => format.replace(" ", "+") === DATALINK_MEDIA_TYPE);
}

/** A name of a band, or several of one letter in one word. */
function bandsOf(releases: readonly Release[], names: readonly string[]): string[] {
  const known = new Set(releases.flatMap(({ bands }) => bands.map((band) => band.name)));
  const wanted = names.flatMap((name) => (known.has(name) ? [name] : [...name]));
  const unknown = wanted.find((name) => !known.has(name));
  if (unknown === undefined) return [...new Set(wanted)];
  throw new ServiceError("usage", `Cannot use FILTER "${unknown}": there are ${[...known].join(", ")}`);
}

async function* rowsOf(
  found: FoundObservations,
  permissions: Permissions,
  { publicUrl, signal }: { readonly publicUrl: string; readonly signal: AbortSignal },
): AsyncGenerator<VoCell[]> {
  for await (const dataset of found.datasets(signal)) {
    const url = `${publicUrl}/links?ID=${encodeURIComponent(dataset.publisherDid)}`;
    const rights = dataRightsOf(permissions.ruleOf(dataset.release));
    yield cellsOfObservation(dataset, { url, mediaType: DATALINK_MEDIA_TYPE, rights });
  }
}

/** What can be done with the rows: their identifiers go to {links}, /sync and /async. */
function servicesOf(releases: readonly Release[], publicUrl: string): ServiceResource[] {
  const facts = sodaFactsOfReleases(releases);
  const id = { fieldId: DID_FIELD_ID };
  return [
    describeLinksService(`${publicUrl}/links`, DID_FIELD_ID),
    describeSodaService(
      { standardId: SODA_SYNC, accessUrl: `${publicUrl}/sync`, description: "A cutout of an image, at once" },
      id,
      facts,
    ),
    describeSodaService(
      { standardId: SODA_ASYNC, accessUrl: `${publicUrl}/async`, description: "Cutouts of images, as a job" },
      id,
      facts,
    ),
  ];
}

function describeQuery(
  releases: readonly Release[],
  limits: SiaServices["limits"],
  publicUrl: string,
): ServiceResource {
  const { filters } = sodaFactsOfReleases(releases);
  const words = {
    FILTER: filters,
    COLLECTION: releases.map(({ collection }) => collection),
    FORMAT: [DATALINK_MEDIA_TYPE],
  };
  return describeSiaService(`${publicUrl}/query`, words, limits);
}
