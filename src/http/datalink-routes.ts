import type { Context, Hono } from "hono";
import {
  cellsOfLink,
  DATALINK_MEDIA_TYPE,
  describeLinksService,
  LINK_FIELDS,
  LINKS_STANDARD_ID,
} from "../ivoa/datalink.ts";
import { formatVoTable } from "../ivoa/votable.ts";
import type { AppEnv } from "./app-env.ts";
import { challengesOf } from "./challenge.ts";
import { describeLinks, type LinksOfId, type LinksServices } from "./describe-links.ts";
import { readParameters } from "./request-parameters.ts";
import { addResource } from "./resource.ts";
import { answerVoTableError, parseVoTableFormat } from "./votable-answer.ts";

/** What every answer, an error too, tells of itself. */
export const LINKS_INFOS = [{ name: "standardID", value: LINKS_STANDARD_ID }];

/** {links} of DataLink 1.1: what there is of an image, and how to get it. */
export function addDatalinkRoutes(app: Hono<AppEnv>, services: LinksServices): void {
  const handle = async (c: Context<AppEnv>) => {
    try {
      return await answerLinks(c, services);
    } catch (error) {
      return answerVoTableError(c, error, LINKS_INFOS);
    }
  };
  addResource(app, "/links", { GET: handle, POST: handle });
}

async function answerLinks(c: Context<AppEnv>, services: LinksServices): Promise<Response> {
  const parameters = await readParameters(c.req.raw);
  const contentType = parseVoTableFormat(parameters, DATALINK_MEDIA_TYPE);
  // Rows of one identifier lie together, so one that is given twice is answered once.
  const ids = [...new Set(parameters.all("ID").map((id) => id.trim()))];
  const { maxIds, maxMeasuredIds } = services.limits;
  const isMeasured = ids.length <= maxMeasuredIds;
  const { user, publicUrl } = c.var;
  const context = { user, publicUrl, signal: c.req.raw.signal };
  const found: LinksOfId[] = [];
  for (const [i, id] of ids.slice(0, maxIds).entries()) {
    found.push(await describeLinks({ id, number: i + 1, isMeasured }, services, context));
  }
  const isRefused = ({ links }: LinksOfId) => links.some(({ access }) => access?.authorized === false);
  // There is a way to more than this (SSO 2.0).
  if (user.role === "anonymous" && found.some(isRefused)) c.header("WWW-Authenticate", challengesOf(c));
  const document = formatVoTable({
    results: {
      infos: LINKS_INFOS,
      fields: LINK_FIELDS,
      rows: found.flatMap(({ links }) => links.map(cellsOfLink)),
      overflow: () => ids.length > maxIds,
    },
    services: [...found.flatMap((links) => links.services), describeLinksService(`${publicUrl}/links`)],
  });
  return c.body(document, 200, { "Content-Type": contentType });
}
