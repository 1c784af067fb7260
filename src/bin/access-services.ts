import { createAccounts, type Accounts } from "../access/accounts/accounts.ts";
import { createUserReader, type UserReader } from "../access/accounts/accounts-user.ts";
import { createAuditLog, type AuditLog } from "../access/audit.ts";
import { createAuthenticate, type Authenticate } from "../access/authenticate.ts";
import { createGuessLimit, type GuessLimit } from "../access/sign-in/guess-limit.ts";
import { createPasswords } from "../access/accounts/passwords.ts";
import { createSessions, type Sessions } from "../access/sessions.ts";
import { createTokens, type Tokens } from "../access/tokens/tokens.ts";
import type { RecordsDatabase } from "../db/records-database.ts";
import type { Configuration } from "./configuration.ts";
import { createLog } from "./log.ts";

/** Who is who, for the server and for the command line. */
export type AccessServices = {
  readonly accounts: Accounts;
  readonly users: UserReader;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly audit: AuditLog;
  readonly guesses: GuessLimit;
  readonly authenticate: Authenticate;
  /** Deletes what has outlived its use now and every hour, until they are closed. Keeps no process alive. */
  startPruning(): void;
  /** Before the records are. */
  close(): void;
};

const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
const DAY_SECONDS = 86_400;
/** Revoked and expired tokens are shown for so long: whoever finds one in a script can still tell what it was. */
const ENDED_TOKEN_DAYS = 90;

export function createAccessServices(configuration: Configuration, records: RecordsDatabase): AccessServices {
  const log = createLog(configuration.log);
  const now = () => Date.now();
  const logFault = (what: string, error: unknown) => log({ event: "fault", what, error });
  const accounts = createAccounts({
    records,
    passwords: createPasswords(),
    allowPasswords: configuration.localAccounts,
    now,
  });
  const sessions = createSessions({ records, lifetimeSeconds: configuration.sessionDays * DAY_SECONDS });
  const tokens = createTokens({ records, maxDays: configuration.tokenMaxDays, now });
  const audit = createAuditLog({ records, now, onFailure: (error) => logFault("audit", error) });
  const users = createUserReader(records);
  const { testToken } = configuration;
  const authenticate = createAuthenticate({
    tokens,
    sessions,
    users,
    audit,
    testToken,
    now,
  });
  let timer: ReturnType<typeof setInterval> | undefined;

  async function prune(): Promise<void> {
    if (!records.sqlite.open) return;
    await sessions.prune();
    await tokens.prune(now() - ENDED_TOKEN_DAYS * DAY_MILLISECONDS);
    await audit.prune(now() - configuration.auditDays * DAY_MILLISECONDS);
  }

  return {
    accounts,
    users,
    sessions,
    tokens,
    audit,
    guesses: createGuessLimit({ now }),
    authenticate,
    startPruning() {
      const run = () => void prune().catch((error: unknown) => logFault("access", error));
      run();
      timer ??= setInterval(run, HOUR_MILLISECONDS).unref();
    },
    close() {
      clearInterval(timer);
      tokens.flush();
    },
  };
}
