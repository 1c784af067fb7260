import { stat, statfs } from "node:fs/promises";
import type { RecordsDatabase } from "../../db/records-database.ts";
import type { Configuration } from "../configuration.ts";
import { indexDatabaseFile, recordsDatabaseFile, resultsFolder, seekIndexFolder } from "../data-files.ts";
import { countAdministrators } from "../first-administrator.ts";
import { openRecords } from "../records.ts";

/** What is well, and what may be or not. */
export type Finding = { readonly text: string; readonly isNote?: boolean };

/** Opens the records, and brings them to this version. */
export function checkRecords(configuration: Configuration): Finding {
  return withRecords(configuration, ({ sqlite }) => {
    const damage = sqlite.pragma("quick_check(1)", { simple: true }) as string;
    if (damage !== "ok") throw new Error(`${recordsDatabaseFile(configuration)} is damaged: ${damage}`);
    const jobs = sqlite.prepare("select count(*) from job").pluck().get() as number;
    return { text: `${jobs} job${jobs === 1 ? "" : "s"}` };
  });
}

/** Whether somebody can sign in, and administer. */
export function checkAccounts(configuration: Configuration): Finding {
  return withRecords(configuration, (records) => {
    const accounts = records.sqlite.prepare("select count(*) from user").pluck().get() as number;
    const administrators = countAdministrators(records);
    const text = `${accounts} account${accounts === 1 ? "" : "s"}, ${administrators} of administrators`;
    if (administrators > 0) return { text };
    return { text: `${text}: recorte user add NAME --role admin makes one`, isNote: true };
  });
}

function withRecords(configuration: Configuration, check: (records: RecordsDatabase) => Finding): Finding {
  const records = openRecords(configuration);
  try {
    return check(records);
  } finally {
    records.close();
  }
}

/**
 * Nobody else on the machine may read the records, nor put files into their folder. What an older version left open to
 * others beside them, should they get to it at all, is a note: images and their results may be public.
 */
export async function checkPermissions(configuration: Configuration): Promise<Finding> {
  if (process.platform === "win32") return { text: "not looked at on this system" };
  const problems: string[] = [];
  const { dataDirectory } = configuration;
  const file = recordsDatabaseFile(configuration);
  for (const path of [file, `${file}-wal`, `${file}-shm`]) {
    if (((await modeOf(path)) & 0o077) !== 0) problems.push(`others may read ${path}: chmod 600 it`);
  }
  const folderMode = await modeOf(dataDirectory);
  if ((folderMode & 0o002) !== 0) problems.push(`others may write to ${dataDirectory}: chmod o-w it`);
  if (problems.length > 0) throw new Error(problems.join("\n  "));
  const text = "nobody else may read the records";
  const open: string[] = [];
  for (const path of [indexDatabaseFile, seekIndexFolder, resultsFolder].map((pathOf) => pathOf(configuration))) {
    if ((folderMode & 0o001) !== 0 && ((await modeOf(path)) & 0o005) !== 0) open.push(path);
  }
  if (open.length === 0) return { text };
  return { text: `${text}; they may read ${open.join(", ")}: chmod -R o= closes them`, isNote: true };
}

/** 0: it is not there. */
async function modeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.mode ?? 0;
}

const GIB = 2 ** 30;
const LEAST_FREE_BYTES = 1 * GIB;
/** A job of ten thousand cutouts. */
const FEW_FREE_BYTES = 10 * GIB;

export async function checkFreeDisk({ dataDirectory }: Configuration): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDirectory);
  const text = `${(bavail * bsize / GIB).toFixed(1)} GiB free at ${dataDirectory}`; // prettier-ignore
  if (bavail * bsize < LEAST_FREE_BYTES) throw new Error(`${text}: jobs will wait for room`);
  return { text, isNote: bavail * bsize < FEW_FREE_BYTES };
}
