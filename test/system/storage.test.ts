import { AwsClient } from "aws4fetch";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { httpStore } from "../../src/storage/http.ts";
import { s3Store } from "../../src/storage/s3.ts";
import { createStore } from "../../src/storage/store.ts";
import { type NginxServer, startNginx } from "../support/range-server-nginx.ts";
import { startSwift, type SwiftServer } from "../support/range-server-swift.ts";
import { describeRangeStore, patternOf } from "../unit/storage/describe-range-store.ts";

/** nginx makes its ETag of the length and the time in seconds: each file gets a second of its own. */
let seconds = 1_000_000_000;
function putFile(path: string, bytes: Uint8Array): void {
  fs.writeFileSync(`${path}.part`, bytes);
  fs.utimesSync(`${path}.part`, seconds, seconds++);
  fs.renameSync(`${path}.part`, path);
}

for (const [name, directives] of [
  ["nginx", ""],
  ["nginx that sends no ETag", "etag off;"],
  ["nginx that compresses", "gzip on; gzip_types *; gzip_min_length 1;"],
] as const) {
  describeRangeStore(`httpStore in front of ${name}`, async () => {
    const nginx = await startNginx(directives);
    return {
      store: httpStore(),
      put: (file, bytes) => Promise.resolve(putFile(join(nginx.root, file), bytes)),
      remove: (file) => Promise.resolve(fs.rmSync(join(nginx.root, file))),
      locationOf: (file) => `${nginx.origin}/${file}`,
      stop: () => nginx.stop(),
    };
  });
}

describe("httpStore in front of nginx", () => {
  const bytes = patternOf(300_000, 9);
  let nginx: NginxServer;
  beforeAll(async () => {
    nginx = await startNginx(`
      location /moved/ { rewrite ^/moved/(.*) /$1 redirect; }
      location /whole/ { rewrite ^/whole/(.*) /$1 break; max_ranges 0; }
      location /closed/ { return 403; }
      location /busy/ { return 503; }
    `);
    fs.writeFileSync(join(nginx.root, "a.fits"), bytes);
  });
  afterAll(() => nginx?.stop()); // it may not have started

  it("follows its redirects", async () => {
    const source = await httpStore().open(`${nginx.origin}/moved/a.fits`);
    expect(await source.read({ start: 100_000, length: 50 })).toEqual(bytes.slice(100_000, 100_050));
  });

  it.each([
    ["whole", "unsupported"],
    ["closed", "forbidden"],
    ["busy", "unavailable"],
  ])("reports /%s/ as %s", async (folder, code) => {
    const store = httpStore({ retries: 1, delay: (ms) => (ms < 30_000 ? Promise.resolve() : new Promise(() => {})) });
    await expect(store.open(`${nginx.origin}/${folder}/a.fits`)).rejects.toMatchObject({ code });
  });

  it("gives the same bytes as the local disk", async () => {
    const store = createStore({ roots: [nginx.root], http: httpStore() });
    const sources = [await store.open(join(nginx.root, "a.fits")), await store.open(`${nginx.origin}/a.fits`)];
    const [local, remote] = await Promise.all(sources.map((source) => source.read({ start: 0, length: 300_000 })));
    expect(local).toEqual(bytes);
    expect(remote).toEqual(bytes);
    await store.close();
  });
});

describe("s3Store in front of OpenStack Swift", () => {
  let swift: SwiftServer;
  let owner: AwsClient;
  const put = async (path: string, body?: Uint8Array<ArrayBuffer>) => {
    const response = await owner.fetch(`${swift.endpoint}/${path}`, { method: "PUT", body: body ?? null });
    expect(response.status).toBe(200);
  };
  beforeAll(async () => {
    swift = await startSwift();
    owner = new AwsClient({ ...swift, service: "s3", region: "us-east-1" });
    await put("archive");
  }, 60_000);
  afterAll(() => swift?.stop());

  describeRangeStore("s3Store", () =>
    Promise.resolve({
      store: s3Store(swift),
      put: (file, bytes) => put(`archive/${file}`, Uint8Array.from(bytes)),
      remove: async (file) => void (await owner.fetch(`${swift.endpoint}/archive/${file}`, { method: "DELETE" })),
      locationOf: (file) => `s3://archive/${file}`,
      stop: () => Promise.resolve(),
    }),
  );

  it("signs keys with spaces, signs and accents", async () => {
    await put("archive/a%20b/%C3%A9%2B%3D%28x%29%27%2A%21~%3F%23%25.fits", new Uint8Array(10).fill(7));
    const source = await s3Store(swift).open("s3://archive/a b/é+=(x)'*!~?#%.fits");
    expect(await source.read({ start: 2, length: 3 })).toEqual(new Uint8Array(3).fill(7));
  });

  it("is refused with a wrong secret", async () => {
    const store = s3Store({ ...swift, secretAccessKey: "wrong" });
    await expect(store.open("s3://archive/plain.fits")).rejects.toMatchObject({ code: "forbidden" });
  });

  it("is refused with a clock that is a day slow", async () => {
    const store = s3Store({ ...swift, now: () => Date.now() - 86_400_000 });
    await expect(store.open("s3://archive/plain.fits")).rejects.toMatchObject({ code: "forbidden" });
  });

  it("reports a missing bucket as a missing file", async () => {
    await expect(s3Store(swift).open("s3://no-such-bucket/x")).rejects.toMatchObject({ code: "missing-file" });
  });
});
