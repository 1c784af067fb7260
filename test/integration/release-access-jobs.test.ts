import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { User } from "../../src/access/user.ts";
import { openCutoutServices, type CutoutServices, type Send } from "../support/cutout-service.ts";

const CLOSED = { RECORTE_RELEASE_ACCESS: "des_sample=des" };
const CUTOUT = "ID=des_sample&POS=CIRCLE+59.09+-52.811+0.002&FILTER=g";
const FORM = { "content-type": "application/x-www-form-urlencoded" };

let service: CutoutServices;
/** To all, and to members only. */
let open: Send;
let closed: Send;
let member: { id: string; user: User; token: string };
let outsider: { token: string };
let admin: { token: string; id: string };
let reader: { token: string };

beforeAll(async () => {
  service = await openCutoutServices();
  open = await service.serve();
  closed = await service.serve(CLOSED);
  member = await service.addUser({ name: "member", groups: ["des"] });
  outsider = await service.addUser({ name: "outsider" });
  admin = await service.addUser({ name: "root", role: "admin" }, ["read", "jobs", "admin"]);
  reader = await service.addUser({ name: "root2", role: "admin" }, ["read", "jobs"]);
});
afterAll(() => service.close());
beforeEach(() => service.access.accounts.update(member.id, { groups: ["des"], disabled: false }));

const post = (send: Send, path: string, body: string, token = "") =>
  send(path, { method: "POST", headers: FORM, body, token });

/** Path of a new job. */
async function create(send: Send, form: string, token = ""): Promise<string> {
  const response = await post(send, "/async", form, token);
  if (response.status !== 303) throw new Error(`${response.status}: ${await response.text()}`);
  return new URL(response.headers.get("location") ?? "").pathname;
}

/** A job that is done, of one result. */
async function createDone(token = member.token): Promise<string> {
  const job = await create(open, `${CUTOUT}&PHASE=RUN`, token);
  await service.work();
  expect(await (await open(`${job}/phase`, { token })).text()).toBe("COMPLETED");
  return job;
}

const phaseOf = async (job: string, token: string) => (await open(`${job}/phase`, { token })).text();
const resultOf = async (job: string, token: string) => (await open(`${job}/results/result-1`, { token })).text();

describe("a job of a closed release", () => {
  it.each([
    CUTOUT,
    `${CUTOUT}&PHASE=RUN`,
    "ID=ivo%3A%2F%2Flocalhost%2Fdes_sample%3Fx",
    "id=des_sample&PHASE=RUN&UPLOAD=x",
  ])("is not made: %s", async (form) => {
    expect((await post(closed, "/async", form)).status).toBe(401);
    const response = await post(closed, "/async", form, outsider.token);
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(/^AuthorizationError: Cannot read release "des_sample"/);
    expect(await (await closed("/async", { token: outsider.token })).text()).not.toContain("jobref");
  });

  it("is not made with a list of positions either, nor with another release beside it", async () => {
    const headers = { "content-type": "text/csv" };
    const list = { method: "POST", headers, body: "ra,dec\n59.09,-52.811\n", token: outsider.token };
    expect((await closed("/async?ID=des_sample&PHASE=RUN", list)).status).toBe(403);
    expect((await closed("/async?ID=sim_sample&ID=des_sample", list)).status).toBe(403);
  });

  it("is made for members", async () => {
    const job = await create(closed, `${CUTOUT}&PHASE=RUN`, member.token);
    await service.work(CLOSED);
    const result = await closed(`${job}/results/result-1`, { token: member.token });
    expect([result.status, result.headers.get("content-type")]).toEqual([200, "application/fits"]);
    await result.body?.cancel();
  });

  it("does not get its release later", async () => {
    const job = await create(closed, "ID=sim_sample", outsider.token);
    const response = await post(closed, `${job}/parameters`, "id=des_sample", outsider.token);
    expect(response.status).toBe(403);
    expect(await (await closed(job, { token: outsider.token })).text()).not.toContain("des_sample");
  });

  it("is not run by who may no longer read it", async () => {
    const job = await create(open, CUTOUT, outsider.token);
    expect((await post(closed, `${job}/phase`, "PHASE=RUN", outsider.token)).status).toBe(403);
    expect(await phaseOf(job, outsider.token)).toBe("PENDING");
    expect((await post(open, `${job}/phase`, "PHASE=RUN", outsider.token)).status).toBe(303);
    await post(open, `${job}/phase`, "PHASE=ABORT", outsider.token);
    expect((await post(closed, `${job}/rerun`, "", outsider.token)).status).toBe(403);
    expect(await phaseOf(job, outsider.token)).toBe("ABORTED");
  });

  it("that is nobody's is not run with the rights of who asks for it", async () => {
    const job = await create(open, CUTOUT);
    expect((await post(closed, `${job}/phase`, "PHASE=RUN", member.token)).status).toBe(401);
    const other = await create(open, "ID=sim_sample");
    expect((await post(closed, `${other}/parameters`, "ID=des_sample", member.token)).status).toBe(401);
  });
});

describe("a worker has the rights that the owner has now", () => {
  it.each([
    ["lost the group", { groups: [] }, CLOSED],
    ["was closed", { disabled: true }, CLOSED],
    ["was closed, though the release is public", { disabled: true }, {}],
  ])("whose account %s", async (_, changes, settings) => {
    const job = await create(closed, `${CUTOUT}&PHASE=RUN`, member.token);
    await service.access.accounts.update(member.id, changes);
    await service.work(settings);
    await service.access.accounts.update(member.id, { disabled: false, groups: ["des"] });
    // A closed account loses its tokens for good.
    const token = { name: "again", scopes: ["read", "jobs"], expiresAt: null } as const;
    member = { ...member, token: (await service.access.tokens.create(member.user, token)).secret };
    expect(await phaseOf(job, member.token)).toBe("COMPLETED");
    expect(await resultOf(job, member.token)).toMatch(/^AuthorizationError: Cannot (read release|make the result)/);
  });

  it("and makes nothing of a release that was closed since", async () => {
    const jobs = [await create(open, `${CUTOUT}&PHASE=RUN`), await create(open, `${CUTOUT}&PHASE=RUN`, outsider.token)];
    await service.work(CLOSED);
    expect(await resultOf(jobs[0], "")).toMatch(
      /^AuthorizationError: Cannot read release "des_sample": it is not open/,
    );
    expect(await resultOf(jobs[1], outsider.token)).toMatch(/^AuthorizationError: Cannot read release "des_sample"/);
  });

  it("goes on for an administrator", async () => {
    const job = await create(closed, `${CUTOUT}&PHASE=RUN`, admin.token);
    await service.work(CLOSED);
    expect((await closed(`${job}/results/result-1`, { token: admin.token })).headers.get("content-type")).toBe(
      "application/fits",
    );
  });
});

describe("what a job has made of a release that was closed since", () => {
  const FILES = [
    "results/result-1",
    "results/result",
    "results/all.zip",
    "results/all.tar",
    "manifest.json",
    "manifest.csv",
  ];

  it.each(FILES)("%s is given to who may read it, and to nobody else", async (file) => {
    const job = await createDone();
    const etag = (await closed(`${job}/${file}`, { token: member.token })).headers.get("etag") ?? "none";
    expect(etag).toMatch(/^"/);
    await service.access.accounts.update(member.id, { groups: [] });
    const requests: RequestInit[] = [
      {},
      { method: "HEAD" },
      { headers: { Range: "bytes=0-9" } },
      { headers: { "If-None-Match": etag } },
      { headers: { "If-Match": '"x"' } },
    ];
    for (const init of requests) {
      const refused = await closed(`${job}/${file}`, { ...init, token: member.token });
      expect(refused.status, JSON.stringify(init)).toBe(403);
      for (const name of [
        "etag",
        "last-modified",
        "content-disposition",
        "content-range",
        "accept-ranges",
        "repr-digest",
      ]) {
        expect(refused.headers.get(name), name).toBeNull();
      }
    }
  });

  it("is not given by the name of its file", async () => {
    const job = await createDone();
    const { headers } = await open(`${job}/results/result-1`, { token: member.token });
    const name = /filename="(.+)"/.exec(headers.get("content-disposition") ?? "")?.[1] ?? "";
    expect((await closed(`${job}/results/${name}`, { token: member.token })).status).toBe(200);
    await service.access.accounts.update(member.id, { groups: [] });
    expect((await closed(`${job}/results/${name}`, { token: member.token })).status).toBe(403);
  });

  it("is nobody's no longer, where the job was", async () => {
    const job = await createDone("");
    for (const file of FILES) expect((await closed(`${job}/${file}`)).status, file).toBe(401);
    expect((await closed(`${job}/results/result-1`, { token: member.token })).status).toBe(200);
  });

  it("still is told of: its owner can see and delete the job", async () => {
    const job = await createDone();
    await service.access.accounts.update(member.id, { groups: [] });
    for (const part of ["", "/phase", "/results", "/parameters"]) {
      expect((await closed(job + part, { token: member.token })).status, part).toBe(200);
    }
    expect((await closed(job, { method: "DELETE", token: member.token })).status).toBe(303);
  });
});

const PARTS = [
  ...["", "/phase", "/executionduration", "/destruction", "/quote", "/owner", "/error", "/parameters", "/results"],
  ...["/results/result-1", "/results/all.zip", "/results/all.tar", "/manifest.json", "/manifest.csv", "/events"],
];

describe("another user's job", () => {
  it("is not there, in whole or in part, whatever is done", async () => {
    const job = await createDone();
    const missing = `/async/${"a".repeat(26)}`;
    for (const part of PARTS) {
      for (const method of ["GET", "HEAD"]) {
        const [theirs, none] = [
          await open(job + part, { method, token: outsider.token }),
          await open(missing + part, { method, token: outsider.token }),
        ];
        expect([theirs.status, part]).toEqual([404, part]);
        expect((await theirs.text()).replace(job.slice(7), "ID")).toBe(
          (await none.text()).replace(missing.slice(7), "ID"),
        );
      }
      expect((await open(job + part)).status, `${part} of nobody`).toBe(404);
    }
    const changes = {
      phase: "PHASE=ABORT",
      parameters: "ID=x",
      destruction: "DESTRUCTION=2030-01-01T00:00:00Z",
      rerun: "",
    };
    for (const [part, body] of Object.entries(changes)) {
      expect((await post(open, `${job}/${part}`, body, outsider.token)).status, part).toBe(404);
    }
    expect((await post(open, job, "ACTION=DELETE", outsider.token)).status).toBe(404);
    expect((await open(job, { method: "DELETE", token: outsider.token })).status).toBe(404);
    expect(await phaseOf(job, member.token)).toBe("COMPLETED");
  });

  it("is an administrator's to read", async () => {
    const job = await createDone();
    for (const part of PARTS.filter((part) => part !== "/error")) {
      expect((await open(job + part, { token: admin.token, method: "HEAD" })).status, part).toBe(200);
    }
    expect(await (await open(`${job}/owner`, { token: admin.token })).text()).toBe("member");
    expect(await (await open("/async", { token: admin.token })).text()).not.toContain(job);
  });

  it("is an administrator's to end and to delete, and not to run or change; the log of audit tells", async () => {
    const job = await create(open, CUTOUT, member.token);
    for (const [part, body] of Object.entries({
      phase: "PHASE=RUN",
      parameters: "ID=x",
      executionduration: "EXECUTIONDURATION=1",
    })) {
      expect((await post(open, `${job}/${part}`, body, admin.token)).status, part).toBe(404);
    }
    expect((await post(open, `${job}/phase`, "PHASE=ABORT", admin.token)).status).toBe(303);
    expect(await phaseOf(job, member.token)).toBe("ABORTED");
    expect((await open(job, { method: "DELETE", token: admin.token })).status).toBe(303);
    expect((await open(job, { token: member.token })).status).toBe(404);
    const records = await service.access.audit.list({ actor: admin.id, last: 2 });
    expect(records).toMatchObject([
      { action: "job-deleted", subject: job.slice(7), actorName: "root", detail: { owner: member.id } },
      { action: "job-aborted", subject: job.slice(7), actorName: "root", detail: { owner: member.id } },
    ]);
  });

  it("is nothing to an administrator's token without that scope", async () => {
    const job = await createDone();
    for (const part of PARTS) expect((await open(job + part, { token: reader.token })).status, part).toBe(404);
    expect((await open(job, { method: "DELETE", token: reader.token })).status).toBe(404);
  });
});

describe("a service that acts for a user", () => {
  it("makes jobs that are the user's, and that say so; so does the history", async () => {
    const portal = await service.addUser({ name: "portal", role: "admin" }, ["read", "jobs", "act-for"]);
    const headers = { "X-On-Behalf-Of": "member", ...FORM };
    const made = await open("/async", { method: "POST", headers, body: CUTOUT, token: portal.token });
    expect(made.status).toBe(303);
    const job = new URL(made.headers.get("location") ?? "").pathname;
    const text = await (await open(job, { token: member.token })).text();
    expect(text).toContain("<uws:ownerId>member</uws:ownerId>");
    expect(text).toContain("<recorte:actor>portal</recorte:actor>");
    expect(await (await open(await create(open, CUTOUT, member.token), { token: member.token })).text()).not.toContain(
      "recorte:actor",
    );
    // It has the user's rights, and no more: its own do not count.
    const outsiders = { "X-On-Behalf-Of": "outsider", ...FORM };
    expect(
      (await closed("/async", { method: "POST", headers: outsiders, body: CUTOUT, token: portal.token })).status,
    ).toBe(403);
    expect((await closed(job, { headers: outsiders, token: portal.token })).status).toBe(404);

    await (await open(`/sync?${CUTOUT}`, { headers, token: portal.token })).arrayBuffer();
    expect((await open(job, { method: "DELETE", headers, token: portal.token })).status).toBe(303);
    expect(await service.access.audit.list({ action: "job-deleted", last: 1 })).toMatchObject([
      { actor: portal.id, actorName: "portal", subject: job.slice(7), detail: { owner: member.id } },
    ]);
    const history = (await (await open("/history?LAST=1", { token: member.token })).json()) as { requests: unknown[] };
    expect(history.requests).toMatchObject([{ actor: "portal" }]);
  });
});
