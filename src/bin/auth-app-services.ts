import { statfs } from "node:fs/promises";
import { listProviders } from "../access/sign-in/providers.ts";
import { returnAddress } from "../access/sign-in/return-address.ts";
import type { AuthAppServices } from "../http/auth/auth-app.ts";
import type { LoginServices } from "../http/auth/sign-in.ts";
import { openSession } from "../http/auth/sign-in.ts";
import { createJobOverview } from "../jobs/job-overview.ts";
import { createQueueReader } from "../jobs/queue-state.ts";
import type { Configuration } from "./configuration.ts";
import { resultsFolder } from "./data-files.ts";
import { createFederation } from "./federation-services.ts";
import { countSignIns } from "./metrics/count-sign-ins.ts";
import { createServiceFrame } from "./service-frame.ts";
import type { SharedServices } from "./shared-services.ts";
import { SOFTWARE } from "./version.ts";

/** All that the auth service's routes need, made from the configuration and what the process shares. */
export async function createAuthAppServices(
  configuration: Configuration,
  shared: SharedServices,
): Promise<AuthAppServices> {
  const { records, access, limits } = shared;
  const { accounts, sessions, tokens, guesses } = access;
  const { usageOf, limitsOf } = limits;
  const frame = createServiceFrame(configuration, "auth", shared);
  const audit = countSignIns(access.audit, frame.metrics);
  const federation = await createFederation(configuration, records);
  const sessionCookie = { domain: configuration.domain };
  const { tokenMaxDays } = configuration;
  const now = () => Date.now();
  const folder = resultsFolder(configuration);
  const login: LoginServices = {
    ...{ accounts, sessions, tokens, audit, guesses, sessionCookie, tokenMaxDays, now },
    takesPasswords: configuration.localAccounts,
    listProviders: () => listProviders(federation.providers),
  };
  return {
    ...frame,
    login,
    account: { accounts, sessions, audit, guesses, sessionCookie, usageOf },
    tokens: { tokens, audit, tokenMaxDays, now },
    admin: {
      ...{ accounts, sessions, tokens, audit, usageOf, limitsOf, now },
      overview: createJobOverview(records, {
        queue: createQueueReader(records, { leaseSeconds: configuration.jobLeaseSeconds }),
        now,
      }),
      jobs: shared.jobStore.administration,
      readFreeBytes: () => readFreeBytes(folder, configuration.dataDirectory),
    },
    usage: limits,
    federation: {
      ...federation,
      ...{ accounts, audit },
      openSession: (c, opening) => openSession(c, login, opening),
      returnAddress: (wanted) => returnTarget(wanted, configuration, frame.addressOf),
    },
    // As the cutout service does: loaded when it is asked for.
    async describeApi(publicUrl) {
      const { describeAuthApi } = await import("../http/openapi/describe-auth-api.ts");
      return describeAuthApi({ software: SOFTWARE, publicUrl });
    },
  };
}

/** Where providers are, the address of this service is set. */
function returnTarget(
  wanted: string | undefined,
  { authUrl = "http://auth.localhost" }: Configuration,
  addressOf: ReturnType<typeof createServiceFrame>["addressOf"],
): string {
  const origins = [authUrl, ...(["cutout", "dsa110"] as const).map((service) => addressOf(service, authUrl))];
  return returnAddress(wanted, { base: authUrl, origins, fallback: `${authUrl}/account` });
}

/** The folder is not there before the first result. */
async function readFreeBytes(...folders: readonly string[]): Promise<number | null> {
  for (const folder of folders) {
    const found = await statfs(folder).catch(() => null);
    if (found !== null) return found.bavail * found.bsize;
  }
  return null;
}
