import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSampleServer, type SampleServer } from "../support/sample-server.ts";
import { PYTHON, requireProgram, requirePythonModule } from "../support/outside-program.ts";

const DES_G = "ivo://localhost/des_sample?DESJ035621.6-524840.0/g";
const DES_R = "ivo://localhost/des_sample?DESJ035621.6-524840.0/r";
const run = promisify(execFile);

let folder: string;
let server: SampleServer;
/** Its address. */
let url: string;

beforeAll(async () => {
  requireProgram("stilts", "stilts");
  requireProgram("xmllint", "libxml2-utils");
  requirePythonModule("pyvo", "python3-pyvo");
  folder = await mkdtemp(join(tmpdir(), "recorte-vo-"));
  server = await startSampleServer();
  ({ url } = server);
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A document of the service, as a file. */
async function save(path: string): Promise<string> {
  const file = join(folder, "document.xml");
  await writeFile(file, await (await fetch(url + path)).text());
  return file;
}

/** What stilts says; it also says things when all is well. */
async function stilts(...args: string[]): Promise<string> {
  const running = run("stilts", args);
  running.child.stdin?.end(); // it would ask for what it does not understand, and wait
  const { stdout, stderr } = await running.catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

const links = (ids: string[], more = "") =>
  `/links?${ids.map((id) => `ID=${encodeURIComponent(id)}`).join("&")}${more}`;

describe("CLI-9: stilts finds nothing to complain about", () => {
  test.each([
    ["VOT-1", "/query"],
    ["VOT-1", "/query?MAXREC=0"],
    ["VOT-1", "/query?MAXREC=2"],
    ["VOT-1", "/query?POS=CIRCLE+59.09+-52.811+0.1&BAND=5e-7"],
    ["VOT-1", "/query?POS=CIRCLE+59.09"],
    ["VOT-1", "/links"],
    ["VOT-1", links([DES_G, DES_R, "sim_sample", "nothing"])],
    ["VOT-1", "/links?RESPONSEFORMAT=csv"],
  ])("%s: votlint of %s", async (_, path) => {
    expect(await stilts("votlint", await save(path))).toBe("");
  });

  test("DL-22: datalinklint of links, and of none", async () => {
    for (const path of [links([DES_G, DES_R, "sim_sample", "nothing"]), "/links"]) {
      expect(await stilts("datalinklint", `votable=${url}${path}`)).toMatch(/^Totals: Errors: 0; Warnings: 0;/m);
    }
  });

  test.each([
    ["VOSI-2", "/capabilities", "capabilities"],
    ["VOSI-8", "/availability", "availability"],
  ])("%s: the schema of %s", async (_, path, root) => {
    const file = await save(path);
    expect(await stilts("xsdvalidate", "uselocals=true", file)).toBe("");
    // And it would complain.
    const text = await (await fetch(url + path)).text();
    await writeFile(file, text.replace(/<(vosi:)?(\w+)([^>]*)>\s*<(capability|available)/, `<$1$2$3><nonsense/><$4`));
    expect(await stilts("xsdvalidate", "uselocals=true", file)).toMatch(/nonsense/);
    expect(text).toContain(root);
  });

  test("its reader finds every row and column of a search", async () => {
    const file = await save("/query");
    expect(await stilts("tpipe", `in=${file}`, "ifmt=votable", "omode=count")).toMatch(/columns: 35\s+rows: 9$/m);
  });
});

test("VOSI-7: every address of the capabilities answers", async () => {
  const text = await (await fetch(`${url}/capabilities`)).text();
  const addresses = [...text.matchAll(/<accessURL use="\w+">([^<]+)</g)].map(([, address = ""]) => address);
  expect(addresses).toHaveLength(7);
  for (const address of addresses) {
    // Of /sync: that there is no ID.
    expect([address, (await fetch(address)).status]).toEqual([address, address.endsWith("/sync") ? 400 : 200]);
  }
});

test("VOSI-12: there are no capabilities below a resource", async () => {
  for (const path of ["sync", "async", "links", "query"]) {
    expect([path, (await fetch(`${url}/${path}/capabilities`)).status]).toEqual([path, 404]);
  }
});

test("VOSI-11: the examples are well-formed", async () => {
  await run("xmllint", ["--noout", await save("/examples")]);
});

describe("pyvo", () => {
  const python = async (script: string) => {
    const program = `import sys, warnings, json\nwarnings.simplefilter("ignore")\nbase = sys.argv[1]\n${script}`;
    return (await run(PYTHON, ["-c", program, url], { maxBuffer: 1e8 })).stdout.trim();
  };

  test("SIA-1, CLI-1: finds {query} through the capabilities, and reads ObsCore", async () => {
    const out = await python(`
import astropy.units as u
from pyvo.dal.sia2 import SIAService
service = SIAService(base)
assert service.query_ep == base + "/query"
assert service.available
rows = service.search(pos=(59.09 * u.deg, -52.811 * u.deg, 0.01 * u.deg), band=(4e-7, 5e-7), data_type="image", calib_level=3)
row = next(row for row in rows if "/g" in row.obs_publisher_did)
print(json.dumps([len(rows), row.obs_publisher_did, row.s_ra.unit.to_string(), row.s_region.split()[:2], row.em_min.to_value("nm"), row.access_format, float(row.access_estsize.value)]))
`);
    const [count, did, unit, region, nanometres, format, size] = JSON.parse(out) as unknown[];
    expect(count).toBeGreaterThan(0);
    expect([did, unit, region, format]).toEqual([
      expect.stringContaining("/g"),
      "deg",
      ["POLYGON", "ICRS"],
      "application/x-votable+xml;content=datalink",
    ]);
    expect(nanometres).toBeCloseTo(417.6, 9);
    expect(size).toBeGreaterThan(1);
  });

  test("SIA-18: has our words when a query is wrong", async () => {
    const out = await python(`
from pyvo.dal.sia2 import SIAQuery
from pyvo.dal.exceptions import DALQueryError, DALServiceError
query = SIAQuery(base + "/query")
query["TIME"] = ["yesterday"]
try:
    query.execute()
except (DALQueryError, DALServiceError) as error:
    print(error)
`);
    expect(out).toMatch(/400|UsageFault: Cannot read TIME/);
  });

  test("SIA-17: hears that there is more", async () => {
    const out = await python(`
from pyvo.dal.sia2 import SIAService
print([(len(rows), rows._infos["QUERY_STATUS"]) for rows in (SIAService(base).search(maxrec=n) for n in (2, 1000))])
`);
    expect(out).toBe("[(2, 'OVERFLOW'), (9, 'OK')]");
  });

  test("DL-18: asks for the links of all images at once", async () => {
    const out = await python(`
from pyvo.dal.sia2 import SIAService
rows = SIAService(base).search(maxrec=7)
found = list(rows.iter_datalinks())
assert [links[0].id for links in found] == [row.obs_publisher_did for row in rows], found
print(len(found), sorted({link.semantics for links in found for link in links}))
`);
    expect(out).toBe("7 ['#auxiliary', '#cutout', '#this', '#weight']");
  });

  test("DL-14, CLI-3: cuts through the descriptor of a search, of links, and of links' own service", async () => {
    const out = await python(`
import io
import astropy.units as u
from astropy.io import fits
from pyvo.dal.sia2 import SIAService
rows = SIAService(base).search(pos=(59.09 * u.deg, -52.811 * u.deg, 0.01 * u.deg), collection="DES sample")
row = next(row for row in rows if row.obs_publisher_did.endswith("/g"))
circle = (59.09 * u.deg, -52.811 * u.deg, 0.003 * u.deg)
def shape(data):
    with fits.open(io.BytesIO(data)) as hdus:
        hdus.verify("exception")
        return next(hdu.data.shape for hdu in hdus if hdu.data is not None)
one = shape(row.processed(circle=circle).read())
links = row.getdatalink()
proc = links.get_first_proc()
names = sorted(param.name for param in proc.input_params)
two = shape(proc.process(circle=circle).read())
three = shape(proc.process(circle=circle, FILTER="g", PLANE="mask").read())
whole = next(links.bysemantics("#this", include_narrower=False))
import requests
answer = requests.get(whole.access_url)
assert len(answer.content) == whole.content_length, (len(answer.content), whole.content_length)
assert answer.headers["content-type"] == whole.content_type
print(json.dumps([one, two, three, shape(answer.content), names]))
`);
    const [one, two, three, whole, names] = JSON.parse(out) as unknown[];
    expect(two).toEqual(one);
    expect(three).toEqual(one);
    expect(whole).toEqual([228, 228]);
    expect(names).toContain("FILTER");
  });

  test("astropy reads a table back as it was written, without a warning", async () => {
    const out = await python(`
import io, requests
from astropy.io.votable import parse
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message=".*W06") # its list of UCDs is that of 2005
warnings.filterwarnings("ignore", message=".*E02") # SODA has one number as MIN and MAX of an interval, it wants two
answer = requests.get(base + "/query").content
table = parse(io.BytesIO(answer), verify="warn").get_first_table()
rows = table.array
row = next(row for row in rows if row["obs_publisher_did"].endswith("/g"))
unknown = bool(rows["t_resolution"].mask.all())
print(json.dumps([len(rows), len(table.fields), unknown, float(row["em_min"]), int(row["t_xel"]), str(rows["access_estsize"].dtype)]))
`);
    expect(JSON.parse(out)).toEqual([9, 35, true, 4.176e-7, 1, "int64"]);
  });
});
