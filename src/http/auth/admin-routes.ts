import type { Hono } from "hono";
import { AUDITED, type AuditAction } from "../../access/audit.ts";
import { LIMIT_NAMES, LIMITS, UNITS, type LimitName } from "../../access/limits/limit-values.ts";
import { ROLES, type Role } from "../../access/user.ts";
import { ServiceError } from "../../errors.ts";
import { formatBytes } from "../../format-bytes.ts";
import { auditPage } from "../../web/admin-audit-page.ts";
import { overviewPage } from "../../web/admin-overview-page.ts";
import { formatCount } from "../../web/values.ts";
import { createNameReader, readCount, type AdminServices } from "./admin-routes-common.ts";
import { addAdminJobRoutes } from "./admin-routes-jobs.ts";
import { addAdminUserRoutes } from "./admin-routes-users.ts";
import type { AppEnv } from "../app-env.ts";
import { requireViewer, showPage, wantsJson } from "./auth-app-pages.ts";
import { isoInstant } from "../iso-instant.ts";
import { addResource } from "../resource.ts";

const LAST_ERRORS = 20;
const LARGEST_OWNERS = 8;
const PAGE_RECORDS = 50;
const MOST_RECORDS = 500;

/** What administrators see of everybody, and do. Who may come is checked before (`requireAdmin`). */
export function addAdminRoutes(app: Hono<AppEnv>, services: AdminServices): void {
  const { overview, audit, now, readFreeBytes } = services;
  const limitsOfRole = (role: Role) => services.limitsOf({ role, limits: {} });
  const valuesOf = (name: LimitName) => ROLES.map((role) => showLimit(name, limitsOfRole(role)[name]));
  /** null: no limit. */
  const jsonLimits = (role: Role) => {
    const entries = Object.entries(limitsOfRole(role));
    return Object.fromEntries(entries.map(([name, value]) => [name, value === Infinity ? null : value]));
  };

  addResource(app, "/admin", {
    async GET(c) {
      const nameOf = createNameReader(services);
      const { largest, ...sums } = overview.stored(LARGEST_OWNERS);
      const [phases, queue, errors] = [overview.phases(), overview.queue(), overview.errors(LAST_ERRORS)];
      const disk = {
        ...sums,
        freeBytes: await readFreeBytes(),
        largest: await Promise.all(largest.map(async (row) => ({ ...row, owner: await nameOf(row.owner) }))),
      };
      const named = await Promise.all(errors.map(async (row) => ({ ...row, owner: await nameOf(row.owner) })));
      if (!wantsJson(c)) {
        const limits = LIMIT_NAMES.map((name) => ({ name, meaning: LIMITS[name], values: valuesOf(name) }));
        const viewer = requireViewer(c);
        const view = { viewer, now: now(), phases, queue, disk, roles: ROLES, limits, errors: named };
        return showPage(c, overviewPage(view));
      }
      return c.json({
        phases: Object.fromEntries(phases.map(({ phase, jobs }) => [phase, jobs])),
        queue: { ...queue, oldestQueuedAt: isoInstant(queue.oldestQueuedAt) },
        disk,
        limits: Object.fromEntries(ROLES.map((role) => [role, jsonLimits(role)])),
        errors: named.map(({ at, ...row }) => ({ at: isoInstant(at), ...row })),
      });
    },
  });

  addResource(app, "/admin/audit", {
    async GET(c) {
      const actor = c.req.query("actor")?.trim() ?? "";
      const action = c.req.query("action") ?? "";
      if (action !== "" && !Object.hasOwn(AUDITED, action)) {
        throw new ServiceError("usage", `Cannot look for "${action.slice(0, 50)}": nothing is called so`);
      }
      const before = readCount(c, "before");
      const last = Math.min(readCount(c, "last") ?? PAGE_RECORDS, MOST_RECORDS);
      const known = actor === "" ? null : await services.accounts.find(actor);
      const records = await audit.list({
        actor: actor === "" ? undefined : (known?.id ?? actor),
        action: action === "" ? undefined : (action as AuditAction),
        before,
        last: last + 1,
      });
      const shown = records.slice(0, last);
      const further = records.length > last ? (shown.at(-1)?.id ?? null) : null;
      if (wantsJson(c)) {
        return c.json({ records: shown.map(({ at, ...row }) => ({ ...row, at: isoInstant(at) })), before: further });
      }
      const next = further === null ? null : String(further);
      const actions = Object.keys(AUDITED);
      return showPage(c, auditPage({ viewer: requireViewer(c), actor, action, actions, records: shown, before: next }));
    },
  });

  addAdminUserRoutes(app, services);
  addAdminJobRoutes(app, services);
}

function showLimit(name: LimitName, value: number): string {
  if (value === Infinity) return "no limit";
  const unit = UNITS[name];
  if (unit === "bytes") return formatBytes(value);
  return unit === "seconds" ? `${formatCount(value)} s` : formatCount(value);
}
