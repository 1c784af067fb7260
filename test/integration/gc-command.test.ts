import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCommandLine } from "../../src/bin/command-line.ts";
import { migrateRecords, openRecordsDatabase } from "../../src/db/records-database.ts";
import { capturedContext } from "../unit/bin/captured-output.ts";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "recorte-gc-"))));
afterEach(() => rm(folder, { recursive: true }));

async function gc(...args: string[]) {
  const { context, stdout, stderr } = capturedContext({ RECORTE_DATA: folder });
  const code = await runCommandLine(["gc", ...args], context);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Jobs whose time was over long ago, each with a result of 1000 bytes; and a folder of a job that is gone. */
async function litter(jobs: number): Promise<void> {
  const records = openRecordsDatabase(join(folder, "records.sqlite"));
  migrateRecords(records);
  for (let i = 0; i < jobs; i++) {
    records.sqlite.exec(`
      insert into job (id, owner, priority, phase, parameters, created_at, destruction_at, execution_duration_s)
        values ('job${i}', 'ana', 20, 'COMPLETED', '[]', 0, 1, 0);
      insert into job_result (job_id, number, recipe, state, file_name, media_type, byte_length, sha256)
        values ('job${i}', 1, '[]', 'DONE', 'a.fits', 'application/fits', 1000, '');`);
  }
  records.sqlite.exec(`insert into usage (owner, stored_bytes) values ('ana', ${jobs * 1000})`);
  records.close();
  for (const name of [...Array.from({ length: jobs }, (_, i) => `job${i}`), "gone"]) {
    await mkdir(join(folder, "results", name), { recursive: true });
    await writeFile(join(folder, "results", name, "a.fits"), new Uint8Array(1000));
    await utimes(join(folder, "results", name), 1e9, 1e9);
  }
}

it("prints what it did, and with --dry-run what it would do", async () => {
  await litter(12);
  const counts =
    "   12  jobs removed whose time was over\n" +
    "12000  bytes of results of theirs\n" +
    "    1  folders removed of jobs that are gone\n";
  expect(await gc("--dry-run")).toEqual({
    code: 0,
    stdout: `Nothing is done: a pass would tell\n${counts}`,
    stderr: "",
  });
  expect(await readdir(join(folder, "results"))).toHaveLength(13);
  expect(await gc()).toEqual({ code: 0, stdout: counts, stderr: "" });
  expect(await readdir(join(folder, "results"))).toEqual([]);
  expect(await gc()).toEqual({ code: 0, stdout: "Nothing has outlived its use\n", stderr: "" });
});

it("makes an empty data folder ready, and finds nothing in it", async () => {
  expect(await gc()).toMatchObject({ code: 0, stdout: "Nothing has outlived its use\n" });
});

it("tells what it could not do, and exits with 1", async () => {
  await litter(0);
  const records = openRecordsDatabase(join(folder, "records.sqlite"));
  records.sqlite.exec(`
    insert into job (id, owner, priority, phase, parameters, created_at, destruction_at, execution_duration_s)
      values ('kept', 'ana', 20, 'COMPLETED', '[]', 0, ${Date.now() + 1e9}, 0);
    insert into job_result (job_id, number, recipe, state, file_name, media_type, byte_length, sha256)
      values ('kept', 1, '[]', 'DONE', 'a.fits', 'application/fits', 1000, '');`);
  records.close();
  const { code, stderr } = await gc();
  expect(code).toBe(1);
  expect(stderr).toBe(
    "recorte gc: No job has a folder, and 1 have files on record: is the disk of the results there?\n",
  );
});

it("takes no other arguments, and explains itself", async () => {
  expect((await gc("now")).code).toBe(2);
  const { code, stdout } = await gc("--help");
  expect(code).toBe(0);
  expect(stdout).toContain("--dry-run");
});
