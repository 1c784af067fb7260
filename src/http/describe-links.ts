import type { Permissions } from "../access/permissions.ts";
import type { User } from "../access/user.ts";
import { ServiceError } from "../errors.ts";
import type { Link, LinkAccess } from "../ivoa/datalink.ts";
import { describeSodaService, SODA_ASYNC, SODA_SYNC, type SodaFacts } from "../ivoa/soda-descriptor.ts";
import type { ServiceResource } from "../ivoa/votable.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { Plane } from "../surveys/release.ts";
import type { ReadableBy } from "./readable-by.ts";
import { sodaFactsOfImage, sodaFactsOfReleases } from "./soda-facts.ts";

export type LinksServices = {
  /** All there are. */
  readonly registry: SurveyRegistry;
  readonly permissions: Permissions;
  /** The surveys as who asks may see them. */
  readonly readableBy: ReadableBy;
  /** Bytes of the whole image as /sync gives it; rejects as /sync would. */
  readonly measureImage: (publisherDid: string, signal: AbortSignal) => Promise<number>;
  readonly limits: {
    /** Identifiers that one answer covers. */
    readonly maxIds: number;
    /** With more identifiers than this their files are not opened, and their sizes not told. */
    readonly maxMeasuredIds: number;
    /** Of one synchronous cutout: a larger image is offered in parts only. */
    readonly maxPixels: number;
  };
};

export type LinksOfId = { readonly links: readonly Link[]; readonly services: readonly ServiceResource[] };

/** Of one identifier; `number` makes the XML IDs of its services unique. */
export type AskedId = { readonly id: string; readonly number: number; readonly isMeasured: boolean };

export type LinksContext = { readonly user: User; readonly publicUrl: string; readonly signal: AbortSignal };

/**
 * The rows of one identifier, a publisher DID or a release, and the services that they name. Of what the user may not read
 * there is one row that says so, and the same one whether or not there is such an image.
 */
export async function describeLinks(
  asked: AskedId,
  services: LinksServices,
  context: LinksContext,
): Promise<LinksOfId> {
  try {
    return await describeReadable(asked, services, context);
  } catch (error) {
    const isRefused = error instanceof ServiceError && ["unauthenticated", "forbidden"].includes(error.code);
    if (!isRefused) throw error;
    return failed(asked.id, `DefaultFault: ${error.message}`, { auth: "true", authorized: false });
  }
}

async function describeReadable(
  asked: AskedId,
  services: LinksServices,
  { user, publicUrl, signal }: LinksContext,
): Promise<LinksOfId> {
  const registry = services.readableBy(user);
  const accessTo = (releaseId: string): LinkAccess => ({
    auth: services.permissions.ruleOf(releaseId) === "public" ? "optional" : "true",
    authorized: true,
  });
  if (services.registry.releases.some(({ id }) => id === asked.id)) {
    const { release } = registry.getRelease(asked.id);
    const cutouts = cutoutsOf(asked, publicUrl, sodaFactsOfReleases([release]), release.title);
    return { ...cutouts, links: withAccess(cutouts.links, accessTo(release.id)) };
  }
  const dataset = await registry.findByDid(asked.id, signal);
  if (dataset === null) return failed(asked.id, "NotFoundFault: There is no image of this identifier");
  if (!dataset.available) return failed(asked.id, "FatalFault: The file of this image is not in this archive");
  const size = await sizeOf(dataset, asked, services, signal);
  if (size.state === "fault") return failed(asked.id, size.fault);
  const cutouts = cutoutsOf(asked, publicUrl, sodaFactsOfImage(dataset), nameOf(dataset));
  const files = size.state === "too-large" ? [] : filesOf(asked.id, dataset, publicUrl, size.byteLength);
  const links = withAccess([...files, ...cutouts.links], accessTo(dataset.release));
  return { links, services: cutouts.services };
}

function withAccess(links: readonly Link[], access: LinkAccess): Link[] {
  return links.map((link) => ({ ...link, access }));
}

type Size =
  | { readonly state: "known"; readonly byteLength: number | undefined }
  | { readonly state: "too-large" }
  | { readonly state: "fault"; readonly fault: string };

async function sizeOf(
  { publisherDid, width, height }: Dataset,
  { isMeasured }: AskedId,
  { measureImage, limits }: LinksServices,
  signal: AbortSignal,
): Promise<Size> {
  if ((width ?? 0) * (height ?? 0) > limits.maxPixels) return { state: "too-large" };
  if (!isMeasured) return { state: "known", byteLength: undefined };
  try {
    return { state: "known", byteLength: await measureImage(publisherDid, signal) };
  } catch (error) {
    const code = error instanceof ServiceError ? error.code : "internal";
    switch (code) {
      case "over-limit":
        return { state: "too-large" };
      case "missing-file":
        return { state: "fault", fault: "FatalFault: The file of this image cannot be found" };
      case "corrupt-data":
        return { state: "fault", fault: "FatalFault: The file of this image is damaged" };
      case "unavailable":
      case "source-changed":
        return { state: "fault", fault: "TransientFault: The file of this image cannot be reached now" };
      default:
        throw error;
    }
  }
}

function failed(id: string, error: string, access?: LinkAccess): LinksOfId {
  const link = { id, target: { error }, description: "", semantics: "#this" } as const;
  return { links: [access === undefined ? link : { ...link, access }], services: [] };
}

/** The image, and what else its file holds of the same sky. */
function filesOf(id: string, dataset: Dataset, publicUrl: string, byteLength: number | undefined): Link[] {
  const address = `${publicUrl}/sync?ID=${encodeURIComponent(dataset.publisherDid)}`;
  const planes = Object.keys(dataset.planes).filter((plane) => plane !== "image") as Exclude<Plane, "image">[];
  return [
    {
      id,
      target: { accessUrl: address },
      description: `${nameOf(dataset)}: the whole image`,
      semantics: "#this",
      localSemantics: "image",
      contentType: "application/fits",
      ...(byteLength === undefined ? {} : { contentLength: byteLength }),
    },
    ...planes.flatMap((plane): Link[] => {
      if (plane === "variance") return []; // SODA's PLANE does not offer it
      return [
        {
          id,
          target: { accessUrl: `${address}&PLANE=${plane}` },
          description: `${nameOf(dataset)}: ${DESCRIPTION_OF_PLANE[plane]}`,
          semantics: SEMANTICS_OF_PLANE[plane],
          localSemantics: plane,
          contentType: "application/fits",
        },
      ];
    }),
  ];
}

/** Terms of http://www.ivoa.net/rdf/datalink/core; it has none for flags. */
const SEMANTICS_OF_PLANE = { mask: "#auxiliary", weight: "#weight" } as const;
const DESCRIPTION_OF_PLANE = { mask: "flags of each pixel", weight: "weight of each pixel" } as const;

function cutoutsOf({ id, number }: AskedId, publicUrl: string, facts: SodaFacts, name: string): LinksOfId {
  const sync = {
    standardId: SODA_SYNC,
    xmlId: `soda-sync-${number}`,
    accessUrl: `${publicUrl}/sync`,
    description: "A cutout, at once",
    ...exampleOf(publicUrl, id, facts),
  } as const;
  const async = {
    standardId: SODA_ASYNC,
    xmlId: `soda-async-${number}`,
    accessUrl: `${publicUrl}/async`,
    description: "Cutouts, as many as there are combinations of values, as a job",
  } as const;
  return {
    links: [sync, async].map(({ standardId, xmlId, description }) => ({
      id,
      target: { serviceDef: xmlId },
      description: `${name}: ${description.toLowerCase()}`,
      semantics: "#cutout",
      localSemantics: standardId === SODA_SYNC ? "soda-sync" : "soda-async",
      ...(standardId === SODA_SYNC ? { contentType: "application/fits" } : {}),
    })),
    services: [sync, async].map((service) => describeSodaService(service, { value: id }, facts)),
  };
}

/** A tenth of the image about its centre, and never much. */
function exampleOf(publicUrl: string, id: string, { circle }: SodaFacts): { exampleUrl?: string } {
  if (circle === undefined) return {};
  const radius = Number(Math.min(circle.radiusDegrees / 10, 0.005).toPrecision(3));
  const { raDegrees, decDegrees } = circle.center;
  const value = `${raDegrees.toFixed(5)} ${decDegrees.toFixed(5)} ${radius}`;
  return { exampleUrl: `${publicUrl}/sync?ID=${encodeURIComponent(id)}&CIRCLE=${encodeURIComponent(value)}` };
}

function nameOf({ obsId, band }: Dataset): string {
  return band === null ? obsId : `${obsId}, ${band} band`;
}
