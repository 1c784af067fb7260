import { describe, expect, it } from "vitest";

import { s3Store, type S3StoreOptions } from "../../../src/storage/s3.ts";

type Sent = { url: string; headers: Record<string, string> };

/** A store whose server holds one byte under every name, and what was asked of it. */
function recordingStore(options: Partial<S3StoreOptions> = {}) {
  const sent: Sent[] = [];
  const store = s3Store({
    endpoint: "https://s3.example.org:9000",
    ...options,
    fetch: (url, init) => {
      sent.push({ url, headers: init.headers as Record<string, string> });
      const headers = { "content-range": "bytes 0-0/1", etag: '"one"' };
      return Promise.resolve(new Response("x", { status: 206, headers }));
    },
  });
  return { store, sent };
}

const keys = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };

describe("s3Store", () => {
  it("puts the bucket into the path, or in front of the host", async () => {
    const { store, sent } = recordingStore();
    const other = recordingStore({ pathStyle: false });
    await store.open("s3://des/dr2/a b.fits");
    await other.store.open("s3://des/dr2/a b.fits");
    expect(sent[0]?.url).toBe("https://s3.example.org:9000/des/dr2/a%20b.fits");
    expect(other.sent[0]?.url).toBe("https://des.s3.example.org:9000/dr2/a%20b.fits");
  });

  it("keeps the path of its endpoint", async () => {
    const { store, sent } = recordingStore({ endpoint: "https://example.org/objects/" });
    await store.open("s3://des/a//b");
    expect(sent[0]?.url).toBe("https://example.org/objects/des/a//b");
  });

  it("takes the key as it is, percent signs and all", async () => {
    const { store, sent } = recordingStore();
    await store.open("s3://des/a%20b?c#d+e\n");
    expect(sent[0]?.url).toBe("https://s3.example.org:9000/des/a%2520b%3Fc%23d%2Be%0A");
  });

  it("does not sign without keys", async () => {
    const { store, sent } = recordingStore();
    await store.open("s3://des/a");
    expect(sent[0]?.headers).toEqual({ range: "bytes=0-0" });
  });

  // The signatures are those of botocore 1.43.11 (S3SigV4Auth) for the same request and time.
  it.each([
    ["s3://des/a", "1591230eab792b3227d43b6ac6aea2ed8999e2053461edd2130ff2eee797e9c5"],
    ["s3://des/a b/\u00e9+=(x).fits", "9ab3dc9f140685382b68638bcfcc21921e267bfe60bde780c5c918e64ebcde01"],
  ])(
    "signs the request for %s as botocore does, without the headers a proxy may change",
    async (location, signature) => {
      const now = () => Date.UTC(2013, 4, 24);
      const { store, sent } = recordingStore({ ...keys, sessionToken: "TOKEN", region: "eu-west-1", now });
      await store.open(location);
      expect(sent[0]?.headers).toEqual({
        authorization:
          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/eu-west-1/s3/aws4_request, " +
          `SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature=${signature}`,
        range: "bytes=0-0",
        "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-amz-date": "20130524T000000Z",
        "x-amz-security-token": "TOKEN",
      });
    },
  );

  it.each([
    "s3://",
    "s3://des",
    "s3://des/",
    "s3:///a",
    "s3://-des/a",
    "s3://user:pw@des/a",
    "http://des/a",
    "s3://des/\ud800",
  ])("refuses the location %s", async (location) => {
    await expect(recordingStore().store.open(location)).rejects.toMatchObject({ code: "missing-file" });
  });

  it.each(["s3://des/../other/a", "s3://des/a/./b", "s3://des/.."])(
    "refuses %s, which a URL would turn into another object",
    async (location) => {
      await expect(recordingStore().store.open(location)).rejects.toMatchObject({ code: "unsupported" });
    },
  );

  it("refuses half a pair of keys, and an endpoint that is none or carries a password", () => {
    expect(() => s3Store({ endpoint: "https://x", accessKeyId: "a" })).toThrow(/both/);
    expect(() => s3Store({ endpoint: "x" })).toThrow(/endpoint/);
    expect(() => s3Store({ endpoint: "https://me:secret@x" })).toThrow(/^(?!.*secret)/);
  });

  it("does not follow a redirect: the signature holds for one host", async () => {
    const store = s3Store({
      endpoint: "https://x",
      ...keys,
      fetch: () =>
        Promise.resolve(new Response(null, { status: 301, headers: { "x-amz-bucket-region": "eu-west-1" } })),
    });
    await expect(store.open("s3://des/a")).rejects.toThrow(/301 for a bucket in region eu-west-1/);
  });
});
