import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";

let server: SampleServer;
beforeAll(async () => (server = await startSampleServer()));
afterAll(() => server.close());

/** The columns of LIneA's own sample list; the second position is where no image is. */
const LIST =
  "meta_id,ra,dec,_meta_rating_id,_meta_rating,_meta_reject_id,_meta_reject,size\n" +
  "1105,59.09,-52.811,,,12,true,0.5\n" +
  "1106,10.0,45.0,,,,,\n" +
  "1107,03:56:21.6,-52 48 40,7,5,,,0.5 x 0.25\n";

type Manifest = {
  readonly job: { readonly phase: string; readonly results: Readonly<Record<string, number>> };
  readonly results: readonly Readonly<Record<string, unknown>>[];
};

async function post(path: string, body: BodyInit): Promise<string> {
  const response = await fetch(`${server.url}${path}`, { method: "POST", body, redirect: "manual" });
  const text = await response.text();
  if (response.status !== 303) throw new Error(`${response.status} ${text}`);
  return response.headers.get("location") ?? "";
}

async function ended(job: string): Promise<Manifest> {
  for (let phase = "EXECUTING"; ["PENDING", "QUEUED", "EXECUTING"].includes(phase); ) {
    await (await fetch(`${job}?WAIT=10`)).text();
    phase = await (await fetch(`${job}/phase`)).text();
  }
  return (await (await fetch(`${job}/manifest.json`)).json()) as Manifest;
}

describe("a job with a list", () => {
  it("has a file of each row and band, the same that /sync gives, and says which row it came from", async () => {
    const form = new FormData();
    form.set("ID", "des_sample");
    form.set("FILTER", "gr");
    form.set("PHASE", "RUN");
    form.set("UPLOAD", new File([LIST], "targets.csv", { type: "text/csv" }));
    const job = await post("/async", form);
    const { job: summary, results } = await ended(job);
    expect(summary).toMatchObject({ phase: "COMPLETED", results: { total: 6, done: 4, empty: 2 } });
    expect(results.map(({ row, rowId, state }) => `${String(row)} ${String(rowId)} ${String(state)}`)).toEqual([
      "1 1105 DONE",
      "1 1105 DONE",
      "2 1106 EMPTY",
      "2 1106 EMPTY",
      "3 1107 DONE",
      "3 1107 DONE",
    ]);
    const files = results.flatMap(({ file }) => (typeof file === "string" ? [file] : []));
    expect(new Set(files).size).toBe(4);
    expect(files[0]).toMatch(/^des_sample_J\S+_circle15as_g_0+1\.fits$/);
    expect(files[3]).toMatch(/^des_sample_J\S+_polygon4_r_0+6\.fits$/);

    for (const { result, request } of results) {
      const kept = await fetch(`${job}/results/${String(result)}`);
      const fresh = await fetch(`${server.url}/sync?${String(request)}`);
      if (fresh.status === 204) {
        expect(kept.status).toBe(200);
        expect(await kept.text()).toMatch(/^\w+: /);
      } else {
        const [a, b] = [Buffer.from(await kept.arrayBuffer()), Buffer.from(await fresh.arrayBuffer())];
        expect(b.length).toBeGreaterThan(2880);
        expect(Buffer.compare(a, b)).toBe(0);
      }
    }
    const csv = await (await fetch(`${job}/manifest.csv`)).text();
    expect(csv.split("\r\n")[0]).toMatch(/meta_id.*_meta_reject/);
    expect(csv).toContain("1105,59.09,-52.811,,,12,true,0.5");
  });

  it("is refused whole where rows are wrong, and none is made", async () => {
    const headers = { "content-type": "text/csv" };
    const response = await fetch(`${server.url}/async?ID=des_sample&PHASE=RUN`, {
      method: "POST",
      body: "ra,dec\n1,2\nx,2\n1,91\n",
      headers,
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(
      /^UsageError: Cannot use the list: 2 of its 3 rows are wrong: line 3.*line 4/,
    );
  });
});
