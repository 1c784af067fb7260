import type { Hono } from "hono";
import { formatExamples, type Example } from "../ivoa/examples.ts";
import { formatAvailability } from "../ivoa/vosi-availability.ts";
import { formatCapabilities, type Capability } from "../ivoa/vosi-capabilities.ts";
import type { Dataset } from "../surveys/dataset.ts";
import type { SurveyRegistry } from "../surveys/registry.ts";
import type { AppEnv } from "./app-env.ts";
import { challengesOf } from "./challenge.ts";
import { createTimedCheck, type CheckHealth } from "./health.ts";
import type { ReadableBy } from "./readable-by.ts";
import { addResource } from "./resource.ts";

export type VosiServices = {
  /** The surveys as who asks may see them: examples are of what they can cut. */
  readonly readableBy: ReadableBy;
  readonly startedAt: Date;
  readonly checkHealth: CheckHealth;
  readonly limits: {
    /** What has not answered by then counts as down. */
    readonly healthSeconds: number;
    /** Images of a release that are looked at for one whose file is there. */
    readonly exampleCandidates: number;
  };
};

const XML = { "Content-Type": "application/xml; charset=utf-8" };

/** What VOSI 1.1 and DALI 1.1 ask of every service: what it can do, whether it is well, and how to begin. */
export function addVosiRoutes(app: Hono<AppEnv>, services: VosiServices): void {
  addResource(app, "/capabilities", {
    GET: (c) => {
      c.header("Last-Modified", services.startedAt.toUTCString());
      const { publicUrl, user } = c.var;
      if (user.role === "anonymous") c.header("WWW-Authenticate", challengesOf(c));
      return c.body(formatCapabilities(capabilitiesAt(publicUrl)), 200, XML);
    },
  });

  const checkHealth = createTimedCheck(services.checkHealth, services.limits.healthSeconds);
  addResource(app, "/availability", {
    GET: async (c) => {
      const { draining, parts } = await checkHealth(c.req.raw.signal);
      const problems = parts.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
      const notes = draining ? ["The service is about to stop", ...problems] : problems;
      const document = formatAvailability({ available: notes.length === 0, upSince: services.startedAt, notes });
      return c.body(document, 200, { ...XML, "Cache-Control": "no-store" });
    },
  });

  addResource(app, "/examples", {
    GET: async (c) => {
      const registry = services.readableBy(c.var.user);
      const context = { publicUrl: c.var.publicUrl, signal: c.req.raw.signal };
      const examples = await findExamples(registry, services.limits.exampleCandidates, context);
      if (examples.length === 0) return c.text("UsageError: There are no examples: no image is registered\n", 404);
      return c.body(formatExamples("Cutouts to begin with", examples), 200, {
        "Content-Type": "application/xhtml+xml; charset=utf-8",
      });
    },
  });

  // Clients look for capabilities below a resource first, and go on to its sibling after a 404 alone.
  for (const path of ["/sync", "/async", "/links", "/query"]) {
    app.all(`${path}/capabilities`, (c) => c.text("UsageError: The capabilities are at /capabilities\n", 404));
  }
}

function capabilitiesAt(publicUrl: string): Capability[] {
  const votable = "application/x-votable+xml";
  const document = (name: string) => ({ accessUrl: `${publicUrl}/${name}`, use: "full" }) as const;
  const resource = (name: string) =>
    ({ accessUrl: `${publicUrl}/${name}`, use: "base", queryTypes: ["GET", "POST"] }) as const;
  return [
    { standardId: "ivo://ivoa.net/std/VOSI#capabilities", ...document("capabilities"), resultType: "application/xml" },
    { standardId: "ivo://ivoa.net/std/VOSI#availability", ...document("availability"), resultType: "application/xml" },
    { standardId: "ivo://ivoa.net/std/DALI#examples", ...document("examples"), resultType: "application/xhtml+xml" },
    { standardId: "ivo://ivoa.net/std/SODA#sync-1.0", ...resource("sync"), resultType: "application/fits" },
    { standardId: "ivo://ivoa.net/std/SODA#async-1.0", ...resource("async") },
    {
      standardId: "ivo://ivoa.net/std/DataLink#links-1.1",
      ...resource("links"),
      version: "1.1",
      resultType: `${votable};content=datalink`,
    },
    { standardId: "ivo://ivoa.net/std/SIA#query-2.0", ...resource("query"), version: "2.0", resultType: votable },
  ];
}

/** Degrees: a few hundred pixels of most surveys. */
const EXAMPLE_RADIUS = 0.005;

/** One small cutout of each release, of an image whose file is there, and one of that image by its identifier. */
async function findExamples(
  registry: SurveyRegistry,
  candidates: number,
  { publicUrl, signal }: { readonly publicUrl: string; readonly signal: AbortSignal },
): Promise<Example[]> {
  const examples: Example[] = [];
  for (const { id, title } of registry.releases) {
    const datasets = await registry.findDatasets({ release: id, limit: candidates }, signal);
    const dataset = datasets.find(({ available }) => available);
    if (dataset === undefined) continue;
    const circle = circleIn(dataset);
    const filter = dataset.band === null ? [] : ([["FILTER", dataset.band]] as const);
    examples.push(
      exampleOf(publicUrl, {
        id: `${id}-position`,
        name: `A position in ${id}`,
        description: `${title}: what lies within ${EXAMPLE_RADIUS} degrees of a position, as FITS`,
        parameters: [["ID", id], ["POS", `CIRCLE ${circle}`], ...filter],
      }),
      exampleOf(publicUrl, {
        id: `${id}-image`,
        name: `A part of one image of ${id}`,
        description: `${title}: a circle of the image that its publisher DID names, as FITS`,
        parameters: [
          ["ID", dataset.publisherDid],
          ["CIRCLE", circle],
        ],
      }),
    );
  }
  return examples;
}

function circleIn({ center, fieldOfViewDegrees }: Dataset): string {
  const radius = Math.min(EXAMPLE_RADIUS, fieldOfViewDegrees / 8);
  return [center.raDegrees.toFixed(5), center.decDegrees.toFixed(5), Number(radius.toPrecision(3))].join(" ");
}

function exampleOf(publicUrl: string, example: Omit<Example, "capability" | "url">): Example {
  const query = example.parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return { ...example, capability: "ivo://ivoa.net/std/SODA#sync-1.0", url: `${publicUrl}/sync?${query}` };
}
