import { resolve } from "node:path";
import { gunzipIfWrapped } from "../../cutout/gzip-source.ts";
import { ServiceError } from "../../errors.ts";
import { readHdus, type Hdu } from "../../fits/hdu.ts";
import { formatCardText, summarizeHdu, type HduSummary } from "../../fits/listing.ts";
import { verifyHdu } from "../../fits/verify.ts";
import type { RangeSource } from "../../storage/range-source.ts";
import { createStore } from "../../storage/store.ts";
import { isAddress } from "../../surveys/archive-files.ts";
import { EXIT_FAILURE, EXIT_OK, parseArguments, type Command, type CommandContext } from "../command.ts";
import { readConfiguration } from "../configuration.ts";
import { oneLine } from "../one-line.ts";
import { remoteStores } from "../remote-stores.ts";

export const command: Command = {
  name: "fits",
  summary: "List the HDUs of a FITS file, show a header, check its sums and form",
  help: `
Usage: recorte fits FILE [--hdu N] [--header | --check]

Lists the HDUs of a FITS file (plain, .fz or .gz; a path, or an http(s) or s3 address, of which only headers are read).

Options:
  --hdu N       only this HDU: its number, counted from 0, or its EXTNAME
  --header      print the cards as they stand in the file
  --check       read everything; compare CHECKSUM and DATASUM, and say what is against the FITS Standard 4.0

Exit status: 0 done; 1 the file cannot be read, or --check found something; 2 called wrongly.

Example:
  recorte fits sample/des/DESJ035621.6-524840.0_g.fits.fz
  recorte fits sample/des/DESJ035621.6-524840.0_i.fits --hdu 0 --header`,

  async run(args, context) {
    const { values, positionals } = parseArguments(args, {
      options: { hdu: { type: "string" }, header: { type: "boolean" }, check: { type: "boolean" } },
      positionals: ["file"],
    });
    if (values.header && values.check) throw new ServiceError("usage", "Cannot use both --header and --check");
    const [file = ""] = positionals;
    const print = values.header ? printHeader : values.check ? printCheck : null;
    return withFile(file, context, async (source) => {
      const hdus = selectedHdus(source, values.hdu, context.signal);
      if (print === null) return printList(hdus, context);
      let code = EXIT_OK;
      for await (const hdu of hdus) code = Math.max(code, await print(hdu, source, context));
      return code;
    });
  },
};

async function withFile(
  file: string,
  { env, signal }: CommandContext,
  use: (source: RangeSource) => Promise<number>,
): Promise<number> {
  const configuration = readConfiguration(env);
  const store = createStore({ roots: ["/"], ...remoteStores(configuration) }); // whoever calls may read what they may
  try {
    const source = await store.open(isAddress(file) ? file : resolve(file), { signal });
    try {
      const { readable } = await gunzipIfWrapped(source, configuration.maxGzipBytes);
      return await use(readable);
    } finally {
      await source.close();
    }
  } finally {
    await store.close();
  }
}

async function* selectedHdus(source: RangeSource, selector: string | undefined, signal: AbortSignal) {
  let found = false;
  for await (const hdu of readHdus(source, signal)) {
    const matches = selector === undefined || selector === String(hdu.index) || selector === hdu.name;
    if (matches) yield hdu;
    found ||= matches;
  }
  if (!found) throw new ServiceError("not-found", `Cannot find HDU "${selector}" in ${source.key}`);
}

async function printList(hdus: AsyncIterable<Hdu>, { stdout }: CommandContext): Promise<number> {
  const lines = [["HDU", "NAME", "TYPE", "CONTENT", "COMPRESSION", "BYTES"]];
  const problems: string[] = [];
  for await (const hdu of hdus) {
    const summary = summarizeHdu(hdu);
    lines.push(cellsOf(summary));
    if (summary.problem !== undefined) problems.push(`HDU ${summary.index}: ${summary.problem}`);
  }
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0))) ?? [];
  for (const cells of lines) {
    stdout.write(
      `${cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}\n`,
    );
  }
  for (const problem of problems) stdout.write(`${oneLine(problem)}\n`);
  return problems.length > 0 ? EXIT_FAILURE : EXIT_OK;
}

function cellsOf({ index, name, version, type, content, compression, dataLength }: HduSummary): string[] {
  const fullName = version === 1 ? name : `${name},${version}`;
  return [String(index), fullName, type, content, compression, String(dataLength)].map(oneLine);
}

function printHeader(hdu: Hdu, _source: RangeSource, { stdout }: CommandContext): Promise<number> {
  for (const card of hdu.header.cards) stdout.write(`${formatCardText(card)}\n`);
  stdout.write("\n");
  return Promise.resolve(EXIT_OK);
}

async function printCheck(hdu: Hdu, source: RangeSource, { stdout, signal }: CommandContext): Promise<number> {
  const { checksum, datasum, problems } = await verifyHdu(source, hdu, signal);
  const { problem } = summarizeHdu(hdu);
  const all = problem === undefined ? problems : [...problems, problem];
  stdout.write(oneLine(`HDU ${hdu.index} ${hdu.name}`.trimEnd()) + `: CHECKSUM ${checksum}, DATASUM ${datasum}\n`);
  for (const text of all) stdout.write(`  ${oneLine(text)}\n`);
  return all.length > 0 || checksum === "wrong" || datasum === "wrong" ? EXIT_FAILURE : EXIT_OK;
}
