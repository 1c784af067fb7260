import type { NewAccount } from "../../src/access/accounts/account.ts";
import type { Scope } from "../../src/access/tokens/api-token.ts";
import type { User } from "../../src/access/user.ts";
import { readConfiguration } from "../../src/bin/configuration.ts";
import { openCutoutService } from "../../src/bin/cutout-service.ts";
import { createJobServices } from "../../src/bin/job-services.ts";
import { openJobStore } from "../../src/bin/job-store.ts";
import { openSharedServices } from "../../src/bin/shared-services.ts";
import { createSampleServices } from "./sample-services.ts";

export const ORIGIN = "http://localhost";

/** The whole cutout service over the sample survey, as different configurations have it, with accounts; no network. */
export async function openCutoutServices(env: Record<string, string> = {}) {
  const sample = await createSampleServices();
  const settings = { RECORTE_DATA: sample.dataFolder, RECORTE_LOG: "none", RECORTE_JOB_WORKERS: "0", ...env };
  const shared = openSharedServices(readConfiguration({ RECORTE_DECODE_WORKERS: "0", ...settings }));
  const { accounts, tokens } = shared.access;
  const opened: { close(): Promise<void> }[] = [];

  return {
    ...shared,
    sample,
    /** What answers with these settings beside the others. */
    async serve(more: Record<string, string> = {}) {
      const service = await openCutoutService(
        readConfiguration({ RECORTE_DECODE_WORKERS: "0", ...settings, ...more }),
        shared,
      );
      opened.push(service);
      return async (
        path: string,
        { token = "", ...init }: RequestInit & { token?: string } = {},
      ): Promise<Response> => {
        const headers = new Headers(init.headers);
        if (token !== "") headers.set("Authorization", `Bearer ${token}`);
        const url = path.startsWith("http") ? path : ORIGIN + path;
        return service.fetch(new Request(url, { redirect: "manual", ...init, headers }), {});
      };
    },
    /** Works on what waits until nothing does, with these settings. */
    async work(more: Record<string, string> = {}): Promise<void> {
      const configuration = readConfiguration({ RECORTE_DECODE_WORKERS: "0", ...settings, ...more });
      const worker = createJobServices(configuration, sample, openJobStore(configuration, shared.records)).startWorker(
        1,
      );
      const left = shared.records.sqlite
        .prepare("select count(*) from job where phase in ('QUEUED', 'EXECUTING')")
        .pluck();
      while (left.get() !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
      await worker.stop();
    },
    /** An account and the secret of a token of it. */
    async addUser(
      account: Partial<NewAccount> & { readonly name: string },
      scopes: readonly Scope[] = ["read", "jobs"],
    ) {
      const { id } = await accounts.create({ password: null, ...account });
      const user = (await accounts.user(id)) as User;
      const { secret } = await tokens.create(user, { name: "test", scopes, expiresAt: null });
      return { id, user, token: secret };
    },
    async close() {
      for (const service of opened) await service.close();
      shared.close();
      await sample.dispose();
    },
  };
}

export type CutoutServices = Awaited<ReturnType<typeof openCutoutServices>>;
export type Send = Awaited<ReturnType<CutoutServices["serve"]>>;
