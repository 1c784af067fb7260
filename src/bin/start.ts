import { fileURLToPath } from "node:url";
import { migrateIndex, openIndexDatabase } from "../db/index-database.ts";
import { createImageIndex } from "../surveys/image-index.ts";
import { createRegistry } from "../surveys/registry.ts";
import { describeError, runCommandLine } from "./command-line.ts";
import { EXIT_FAILURE, EXIT_OK, type CommandContext } from "./command.ts";
import { readConfiguration, type Configuration } from "./configuration.ts";
import { indexDatabaseFile } from "./data-files.ts";
import { sendConsoleToLog } from "./console-log.ts";
import { adviseFirstAdministrator } from "./first-administrator.ts";
import { createLog } from "./log.ts";
import { runAsProcess } from "./process-context.ts";
import { startServer } from "./server.ts";

/** The images that come with the repository: folders of sample/, named as the releases without "_sample". */
const SAMPLES = ["des", "sim"];
const EXAMPLE = { release: "des_sample", pos: "CIRCLE 59.09 -52.811 0.005", filter: "g" };
