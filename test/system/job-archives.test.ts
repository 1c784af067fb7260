import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { addResultRoutes } from "../../src/http/result-routes.ts";
import type { CoordinateRow } from "../../src/jobs/coordinate-list.ts";
import { ANA } from "../support/job-services.ts";
import { requireProgram, runPython } from "../support/outside-program.ts";
import { storedResults, type StoredResults } from "../support/stored-results.ts";
import { createRoutesApp, everybodyIs } from "../support/service-frame.ts";

let stored: StoredResults;
let id: string;

const COLUMNS: Readonly<Record<string, string>>[] = [
  { name: "plain", RA: "10.5", DEC: "-10.5" },
  { name: 'a "b", c\r\nd', RA: "11.5", DEC: "-5" },
  { name: "räße α 星", RA: "12.5", DEC: "+5" },
  { name: "=1+1", RA: "13.5", DEC: "0" },
];

beforeAll(async () => {
  requireProgram("python3", "python3");
  stored = await storedResults();
  const rows = COLUMNS.map((columns, i): CoordinateRow => {
    const position = { raDegrees: Number(columns.RA), decDegrees: Number(columns.DEC) };
    return { number: i + 1, id: columns.name, position, overrides: [], columns };
  });
  id = await stored.queue({ results: 0, list: { rows } });
  await stored.finish(id, 1, "one.fits", "1".repeat(100_000));
  await stored.finish(id, 2, `${"l".repeat(150)}.fits`, "2");
  stored.settle(id, 3, "FAILED", "Error: The image's file is damaged");
});
afterAll(() => stored.close());

/** Reads an archive as a user would: every file that the manifest names, and its sum; what the csv and the json say. */
const READ = `
import csv, hashlib, io, json, sys, tarfile, zipfile
path = sys.argv[1]
if path.endswith(".zip"):
    archive = zipfile.ZipFile(path); read = archive.read; names = archive.namelist()
else:
    archive = tarfile.open(path); read = lambda name: archive.extractfile(name).read(); names = archive.getnames()
rows = list(csv.DictReader(io.StringIO(read("manifest.csv").decode("utf-8"), newline=""), strict=True))
results = json.loads(read("manifest.json"))["results"]
for row, result in zip(rows, results, strict=True):
    assert row["file"] == (result["file"] or ""), row
    if row["file"]:
        data = read(row["file"])
        assert hashlib.sha256(data).hexdigest() == row["sha256"] == result["sha256"], row
        assert len(data) == int(row["bytes"]) == result["byteLength"], row
assert sorted(names) == sorted(["manifest.json", "manifest.csv"] + [row["file"] for row in rows if row["file"]]), names
print(json.dumps([[row["state"], row["why"], row["row_id"], row["name"], row["RA"], row["DEC"]] for row in rows]))
`;

it.each(["zip", "tar"])(
  "Python finds every file of a job's %s by its manifest, and the list's columns",
  async (format) => {
    const app = createRoutesApp((routes) => addResultRoutes(routes, stored), everybodyIs(ANA));
    const response = await app.request(`/async/${id}/results/all.${format}`);
    const path = join(stored.folder, `all.${format}`);
    await writeFile(path, new Uint8Array(await response.arrayBuffer()));
    const rows = JSON.parse(runPython(READ, path)) as unknown;
    const guarded = (text: string) => (text.startsWith("=") ? `'${text}` : text);
    const expected = COLUMNS.map(({ name, RA, DEC }, i) => [
      ["DONE", "DONE", "FAILED", "WAITING"][i],
      i === 2 ? "Error: The image's file is damaged" : "",
      guarded(name),
      guarded(name),
      RA,
      DEC,
    ]);
    expect(rows).toEqual(expected);
  },
);
