import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCutoutServices, type CutoutServices, type Send } from "../support/cutout-service.ts";
import { readVoTable } from "../support/read-votable.ts";

const HERE = "POS=CIRCLE+59.09+-52.811+0.1";

let service: CutoutServices;
let open: Send;
/** des_sample to members, sim_sample to all who sign in. */
let closed: Send;
/** Nobody in particular is answered. */
let known: Send;
let member: string;
let outsider: string;
let did: string;
let simDid: string;

beforeAll(async () => {
  service = await openCutoutServices();
  open = await service.serve();
  closed = await service.serve({ RECORTE_RELEASE_ACCESS: "des_sample=des,sim_sample=signed-in" });
  known = await service.serve({ RECORTE_ANONYMOUS: "0" });
  member = (await service.addUser({ name: "member", groups: ["des"] })).token;
  outsider = (await service.addUser({ name: "outsider" })).token;
  const { signal } = new AbortController();
  const { registry } = service.sample;
  did = (await registry.findDatasets({ release: "des_sample" }, signal))[0].publisherDid;
  simDid = (await registry.findDatasets({ release: "sim_sample" }, signal))[0].publisherDid;
});
afterAll(() => service.close());

async function tableOf(send: Send, path: string, token = "") {
  const response = await send(path, { token });
  expect(response.status).toBe(200);
  return { response, table: readVoTable(await response.text()) };
}

async function column(send: Send, path: string, name: string, token = ""): Promise<unknown[]> {
  const { table } = await tableOf(send, path, token);
  return [...new Set(table.rows.map((row) => row[name]))].sort();
}

describe("/query", () => {
  it("has rows of those releases only that the user may read", async () => {
    const releases = (send: Send, token: string) => column(send, `/query?MAXREC=1000`, "recorte_release", token);
    expect(await releases(open, "")).toEqual(["des_sample", "sim_sample"]);
    expect(await releases(closed, "")).toEqual([]);
    expect(await releases(closed, outsider)).toEqual(["sim_sample"]);
    expect(await releases(closed, member)).toEqual(["des_sample", "sim_sample"]);
  });

  it("hides rows whatever they are asked for by, and what they have", async () => {
    const collection = (await column(open, `/query?${HERE}`, "obs_collection"))[0] as string;
    for (const query of [
      HERE,
      `ID=${encodeURIComponent(did)}`,
      `ID=${encodeURIComponent(did.toUpperCase())}`,
      `COLLECTION=${encodeURIComponent(collection)}`,
      "MAXREC=0",
    ]) {
      const text = await (await closed(`/query?${query}`, { token: outsider })).text();
      expect(text, query).not.toMatch(/des_sample|DES0356/);
      expect(text, query).not.toContain(collection === "" ? "des" : `>${collection}<`);
    }
  });

  it("calls public what is, secure what signing in is enough for, and the rest proprietary", async () => {
    expect(await column(open, "/query", "data_rights")).toEqual(["public"]);
    expect(await column(closed, "/query", "data_rights", member)).toEqual(["proprietary", "secure"]);
    expect(await column(closed, "/query", "data_rights", outsider)).toEqual(["secure"]);
    expect(await column(known, "/query", "data_rights", outsider)).toEqual(["secure"]);
  });

  it("is for no cache that others use, where it was answered to a user", async () => {
    expect((await closed("/query", { token: member })).headers.get("cache-control")).toBe("private");
  });
});

describe("/links", () => {
  const links = (send: Send, id: string, token = "") => tableOf(send, `/links?ID=${encodeURIComponent(id)}`, token);

  it("tells whether one has to sign in, and whether who asks may", async () => {
    const flags = async (send: Send, id: string, token = "") => {
      const { table } = await links(send, id, token);
      return [...new Set(table.rows.map((row) => `${String(row["link_auth"])} ${String(row["link_authorized"])}`))];
    };
    expect(await flags(open, did)).toEqual(["optional true"]);
    expect(await flags(open, did, outsider)).toEqual(["optional true"]);
    expect(await flags(closed, did, member)).toEqual(["true true"]);
    expect(await flags(closed, "des_sample", member)).toEqual(["true true"]);
    expect(await flags(closed, simDid, outsider)).toEqual(["true true"]);
    expect(await flags(closed, did, outsider)).toEqual(["true false"]);
    expect(await flags(known, did, outsider)).toEqual(["true true"]);
  });

  it("gives one row that refuses a closed image, the same whether or not there is one", async () => {
    for (const token of ["", outsider]) {
      const answers = [did, did.replace(/\?.*/, "?no-such-image"), "des_sample"].map(async (id) => {
        const { table } = await links(closed, id, token);
        expect(table.rows).toHaveLength(1);
        const { ID, ...row } = table.rows[0];
        expect(ID).toBe(id);
        return row;
      });
      const [image, none, release] = await Promise.all(answers);
      expect(image).toMatchObject({ semantics: "#this", access_url: "", service_def: "", content_length: "" });
      expect(image["error_message"]).toMatch(/^DefaultFault: Cannot read release "des_sample"/);
      expect(none).toEqual(image);
      expect(release).toEqual(image);
    }
  });

  it("gives the others beside it, and says where to sign in", async () => {
    const partly = await service.serve({ RECORTE_RELEASE_ACCESS: "des_sample=des" });
    const { response, table } = await tableOf(
      partly,
      `/links?ID=${encodeURIComponent(did)}&ID=${encodeURIComponent(simDid)}`,
    );
    expect(table.rows.filter((row) => row["ID"] === did)).toHaveLength(1);
    expect(table.rows.filter((row) => row["ID"] === simDid).every((row) => row["error_message"] === "")).toBe(true);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm=.*ivoa_bearer .*\/login"$/);
    const asked = await partly(`/links?ID=${encodeURIComponent(did)}`, { token: outsider });
    expect(asked.headers.get("www-authenticate")).toBeNull();
  });

  it("does not open the file of a closed image", async () => {
    const before = service.sample.images.inUse;
    expect(await (await closed(`/links?ID=${encodeURIComponent(did)}`)).text()).not.toMatch(/DES0356|fits/);
    expect(service.sample.images.inUse).toBe(before);
  });
});

describe("what describes the service", () => {
  it("names releases to those who may read them", async () => {
    for (const path of ["/", "/examples"]) {
      expect(await (await open(path)).text(), path).toContain("des_sample");
      expect(await (await closed(path, { token: member })).text(), path).toContain("des_sample");
      const text = await (await closed(path, { token: outsider })).text();
      expect(text, path).not.toContain("des_sample");
      expect(text, path).toContain("sim_sample");
      expect(await (await closed(path)).text(), path).not.toMatch(/des_sample|sim_sample/);
    }
  });

  it("is open where nobody is answered who is not known", async () => {
    for (const path of ["/", "/capabilities", "/availability", "/docs", "/openapi.json", "/health"]) {
      expect((await known(path)).status, path).toBe(200);
    }
    for (const path of ["/sync", "/async", "/query", "/links", "/examples", "/history", "/account/usage"]) {
      expect((await known(path)).status, path).toBe(401);
    }
  });

  it("says where to sign in: with a password where there are accounts that have one", async () => {
    const federated = await service.serve({ RECORTE_LOCAL_ACCOUNTS: "0" });
    const challenge =
      'ivoa_bearer standard_id="ivo://ivoa.net/sso#tls-with-password", access_url="http://auth.localhost/login"';
    for (const path of ["/capabilities", "/sync?ID=sim_sample&POS=CIRCLE+1+1+1"]) {
      expect((await closed(path)).headers.get("www-authenticate")).toBe(`Bearer realm="localhost", ${challenge}`);
    }
    expect((await federated("/capabilities")).headers.get("www-authenticate")).toBe('Bearer realm="localhost"');
    expect((await closed("/capabilities", { token: member })).headers.get("www-authenticate")).toBeNull();
  });
});

describe("a token that is not known", () => {
  it.each(["/query", "/links", "/query?POS=nonsense"])(
    "is told at %s as a VOTable, with status and challenge",
    async (path) => {
      const response = await open(path, { token: "rct_unknownunknown" });
      expect(response.status).toBe(401);
      expect(response.headers.get("content-type")).toBe("application/x-votable+xml");
      expect(response.headers.get("www-authenticate")).toMatch(
        /^Bearer realm="localhost", error="invalid_token", ivoa_bearer standard_id/,
      );
      expect(await response.text()).toMatch(
        /<INFO name="QUERY_STATUS" value="ERROR">DefaultFault: Cannot use the token/,
      );
    },
  );

  it.each(["/sync", "/async", "/", "/capabilities", "/history", "/no-such-thing"])(
    "is told at %s as text",
    async (path) => {
      const response = await open(path, { token: "rct_unknownunknown" });
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toContain('error="invalid_token"');
      expect(await response.text()).toMatch(/^AuthenticationError: Cannot use the token/);
    },
  );

  it("is answered in that form too where a scope is lacking, or anonymous use is off", async () => {
    const { token } = await service.addUser({ name: "writer" }, ["jobs"]);
    const lacking = await open("/query", { token });
    expect([lacking.status, lacking.headers.get("content-type")]).toEqual([403, "application/x-votable+xml"]);
    expect(lacking.headers.get("www-authenticate")).toContain('error="insufficient_scope", scope="read"');
    const nobody = await known("/links?ID=x");
    expect([nobody.status, nobody.headers.get("content-type")]).toEqual([401, "application/x-votable+xml"]);
  });
});
