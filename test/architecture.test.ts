import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/**
 * What each folder of src/ may import, itself and ROOT_FILES aside. Types count: knowing a type is depending on it.
 * A row here is a decision about the design. If you need an import that goes up, pass the value in.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  sky: [],
  raster: [],
  fits: [],
  wcs: ["fits", "raster", "sky"],
  encode: ["fits", "raster", "wcs"],
  ivoa: ["sky"],
  storage: [],
  codec: ["raster"],
  db: [],
  surveys: ["db", "fits", "sky", "storage", "wcs"],
  cutout: ["codec", "encode", "fits", "raster", "sky", "storage", "surveys", "wcs"],
  photometry: ["raster", "sky", "wcs"],
  catalog: ["db", "photometry", "sky"],
  access: ["db"],
  jobs: ["access", "cutout", "db", "encode", "ivoa", "sky", "storage", "surveys"],
  web: [],
};
/** What everybody may say, and say alike. */
const ROOT_FILES: readonly string[] = ["errors.ts", "format-bytes.ts"];
const FOLDERS = Object.keys(MAY_IMPORT);
const ABOVE: Readonly<Record<string, readonly string[]>> = { http: FOLDERS, bin: [...FOLDERS, "http"] };

/** Everything else uses web-standard APIs only, so that it runs on other runtimes too. */
const MAY_USE_NODE = [
  /^src\/bin\//,
  /^src\/db\//,
  /^src\/storage\/(local[^/]*|blob-folder)\.ts$/,
  /^src\/codec\/worker-[^/]*\.ts$/,
];

/** Where each package may be imported; a package without a line may not be. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  "@hono/node-server": /^src\/bin\//,
  "@lucia-auth/adapter-drizzle": /^src\/access\/sessions\.ts$/,
  "@node-rs/argon2": /^src\/access\/accounts\/passwords\.ts$/,
  "@node-saml/node-saml": /^src\/access\/sign-in\/saml[^/]*\.ts$/,
  "@oslojs/crypto": /^src\/(cutout|access)\//,
  "@oslojs/encoding": /^src\/access\//,
  aws4fetch: /^src\/storage\//,
  "better-sqlite3": /^src\/db\//,
  "drizzle-orm": /^src\/(db|surveys|catalog|access|jobs)\//,
  "fast-xml-parser": /^src\/ivoa\//,
  hono: /^src\/http\//,
  "hono/html": /^src\/(http|web)\//, // a template that escapes what is put into it, and nothing of the server
  lucia: /^src\/access\/sessions\.ts$/,
  "openid-client": /^src\/access\/sign-in\/oidc[^/]*\.ts$/,
  pino: /^src\/bin\//,
  "prom-client": /^src\/bin\//,
  "swagger-ui-dist": /^src\/bin\//,
  zod: /^src\/(access|ivoa|jobs|http)\//,
};

const MOST_LINES = 500;

const files = listSources("src").map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, imports: importsOf(path, text) };
});

test("every import of src/ goes down the table of folders", () => {
  const problems = files.flatMap(({ path, imports }) =>
    imports.flatMap((target) => (isAllowed(path, target) ? [] : [`${path} imports ${target}`])),
  );
  expect(problems).toEqual([]);
});

test("every folder of src/ has a row in the table", () => {
  const folders = new Set(files.map(({ path }) => folderOf(path)));
  expect([...folders].filter((folder) => allowedFor(folder) === undefined)).toEqual([]);
});

// Types count here too: two files that name one another are read as one. What both speak of has a third.
test("no file of src/ is imported by what it imports", () => {
  expect(findCycles(new Map(files.map(({ path, imports }) => [path, imports])))).toEqual([]);
});

test("a server starts without the packages that few requests need", () => {
  const loaded = new Set(["src/bin/start.ts", "src/bin/cutout-service.ts", "src/bin/auth-service.ts"]);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  for (const path of loaded) for (const target of loadedBy(path, texts.get(path) ?? "")) loaded.add(target);
  expect(loaded).toContain("src/http/sync-routes.ts");
  expect(loaded).toContain("better-sqlite3");
  const large = [
    "@node-rs/argon2",
    "@node-saml/node-saml",
    "fast-xml-parser",
    "openid-client",
    "swagger-ui-dist",
    "zod",
  ];
  expect(large.filter((name) => loaded.has(name))).toEqual([]);
});

test("no file only re-exports others", () => {
  const problems = files.filter(({ text }) => onlyReExports(text)).map(({ path }) => path);
  expect(problems).toEqual([]);
});

test(`no file has more than ${MOST_LINES} lines`, () => {
  const sources = [
    ...files,
    ...listSources("assembly").map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") })),
  ];
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length }))
    .filter(({ lines }) => lines > 400);
  if (long.length > 0)
    console.warn("Look for the second idea in", long.map(({ path, lines }) => `${path} (${lines})`).join(", "));
  expect(long.filter(({ lines }) => lines > MOST_LINES)).toEqual([]);
});

describe("the rules above notice", () => {
  test.each([
    ["an import that goes up", "src/fits/a.ts", 'import { x } from "../wcs/b.ts";'],
    ["a type that goes up", "src/fits/a.ts", 'import type { X } from "../wcs/b.ts";'],
    ["an import type", "src/fits/a.ts", 'type X = import("../wcs/b.ts").X;'],
    ["a dynamic import", "src/http/a.ts", 'const x = await import("../bin/b.ts");'],
    ["a re-export", "src/sky/a.ts", 'export { x } from "../raster/b.ts";'],
    ["a private file of another folder", "src/cutout/a.ts", 'import { x } from "../fits/_b.ts";'],
    ["Node in the core", "src/storage/http.ts", 'import { get } from "node:http";'],
    ["Node without its prefix", "src/bin/a.ts", 'import { get } from "http";'],
    ["Hono outside http", "src/web/a.ts", 'import { Hono } from "hono";'],
    ["an unknown package", "src/http/a.ts", 'import x from "left-pad";'],
    ["tests", "src/bin/a.ts", 'import { x } from "../../test/support/b.ts";'],
  ])("%s", (_, path, text) => {
    expect(importsOf(path, text).filter((target) => !isAllowed(path, target))).toHaveLength(1);
  });

  test("imports that lead back, also by way of others", () => {
    const graph = { a: ["b", "c"], b: ["c", "hono"], c: ["a"], d: ["a"] };
    expect(findCycles(new Map(Object.entries(graph)))).toEqual(["a -> b -> c -> a"]);
    expect(findCycles(new Map(Object.entries({ ...graph, c: [] })))).toEqual([]);
  });

  test("a file that only re-exports", () => {
    expect(onlyReExports('// All of it.\nexport * from "./a.ts";\nexport type { B } from "./b.ts";\n')).toBe(true);
    expect(onlyReExports('export * from "./a.ts";\nexport const b = 1;\n')).toBe(false);
  });
});

/** One way round for each file from which a way leads back, types counted too. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) cycles.push([...way.slice(start), path].join(" -> "));
    if (start !== -1 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return cycles;
}

/** Paths from the root for files of the package; `node:fs` or `hono/html` for others. */
function importsOf(path: string, text: string): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles.map(({ fileName }) =>
    fileName.startsWith(".") ? posix.normalize(posix.join(dirname(path), fileName)) : fileName,
  );
}

/** What is loaded with a file, in the form of `importsOf`: neither types nor what it imports later. */
function loadedBy(path: string, text: string): string[] {
  const statements = text.match(/^(?:import|export)\b(?! type\b)[^;]*?\bfrom "[^"]+";/gm) ?? [];
  return importsOf(path, statements.join("\n"));
}

function isAllowed(path: string, target: string): boolean {
  if (target.startsWith("node:")) return MAY_USE_NODE.some((pattern) => pattern.test(path));
  if (target.startsWith("src/")) return isAllowedInside(path, target);
  const packageName = /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
  const name = Object.hasOwn(PACKAGES, target) ? target : packageName;
  return Object.hasOwn(PACKAGES, name) && PACKAGES[name].test(path);
}

function isAllowedInside(path: string, target: string): boolean {
  if (ROOT_FILES.some((name) => target === `src/${name}`)) return true;
  const [from, to] = [folderOf(path), folderOf(target)];
  if (posix.basename(target).startsWith("_") && dirname(path) !== dirname(target)) return false;
  return from === to || allowedFor(from)?.includes(to) === true;
}

function allowedFor(folder: string): readonly string[] | undefined {
  return ROOT_FILES.includes(folder) ? [] : (MAY_IMPORT[folder] ?? ABOVE[folder]);
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

function onlyReExports(text: string): boolean {
  const { statements } = ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest);
  return statements.length > 0 && statements.every((s) => ts.isExportDeclaration(s) && s.moduleSpecifier !== undefined);
}

function listSources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .sort();
}
