import type { AuditEntry, AuditLog } from "../../access/audit.ts";
import type { Metrics, SignInOutcome } from "../../http/metrics.ts";

const OUTCOMES: Readonly<Partial<Record<AuditEntry["action"], SignInOutcome>>> = {
  "sign-in": "accepted",
  "sign-in-refused": "refused",
};

/** The same audit log: every sign-in is written there, and counted as it is. */
export function countSignIns(audit: AuditLog, metrics: Metrics): AuditLog {
  return {
    ...audit,
    record(entry) {
      audit.record(entry);
      const outcome = OUTCOMES[entry.action];
      if (outcome === undefined) return;
      metrics.countSignIn(entry.detail?.["provider"] === "local" ? "password" : "provider", outcome);
    },
  };
}
