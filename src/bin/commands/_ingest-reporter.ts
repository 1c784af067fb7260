import { basename } from "node:path";
import type { IngestEvent } from "../../surveys/ingest-options.ts";
import type { OutputStream } from "../command.ts";
import { oneLine } from "../one-line.ts";

/** How many missing files, and how many problems, are named. The rest is counted. */
const MAX_NAMED = 10;
const REDRAW_MILLISECONDS = 100;

export type IngestReporter = { readonly report: (event: IngestEvent) => void; readonly end: () => void };

/** Shows what ingest reports: problems as lines, progress as one line that is redrawn, on a terminal only. */
export function createIngestReporter(stderr: OutputStream): IngestReporter {
  const missing: string[] = [];
  let missingCount = 0;
  let problemCount = 0;
  let lastDrawn = 0;
  const clear = () => {
    if (stderr.isTTY) stderr.write("\r\u001b[K");
  };
  return {
    report(event) {
      switch (event.kind) {
        case "progress":
          if (!stderr.isTTY || Date.now() - lastDrawn < REDRAW_MILLISECONDS) return;
          lastDrawn = Date.now();
          stderr.write(`\r\u001b[K${oneLine(basename(event.path))}: ${event.images} images`);
          return;
        case "problem":
          problemCount += 1;
          if (problemCount > MAX_NAMED) return;
          clear();
          stderr.write(`${oneLine(`${event.path}${event.line === null ? "" : `:${event.line}`}: ${event.message}`)}\n`);
          return;
        case "missing":
          missingCount += 1;
          if (missing.length < MAX_NAMED) missing.push(oneLine(event.path));
          return;
        case "ignored":
          return; // counted in the summary
        default:
          return event satisfies never;
      }
    },
    end() {
      clear();
      if (problemCount > MAX_NAMED)
        stderr.write(`… and ${problemCount - MAX_NAMED} more that could not be registered\n`);
      if (missingCount === 0) return;
      stderr.write(`${missingCount} files are missing:\n${missing.map((path) => `  ${path}\n`).join("")}`);
      if (missingCount > missing.length) stderr.write(`  … and ${missingCount - missing.length} more\n`);
    },
  };
}
