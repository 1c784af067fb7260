#!/usr/bin/env node
import { runCommandLine } from "./command-line.ts";
import { runAsProcess } from "./process-context.ts";

await runAsProcess((context) => runCommandLine(process.argv.slice(2), context));
