import { ServiceError } from "../errors.ts";
import { nearestName } from "./nearest-name.ts";
import { ACCESS_SETTINGS } from "./settings/access-settings.ts";
import { IMAGE_SETTINGS } from "./settings/image-settings.ts";
import { JOB_SETTINGS } from "./settings/job-settings.ts";
import { NETWORK_SETTINGS } from "./settings/network-settings.ts";
import { REQUEST_SETTINGS } from "./settings/request-settings.ts";
import { SERVER_SETTINGS } from "./settings/server-settings.ts";
import type { Setting } from "./settings/setting.ts";

/** Every setting there is. `recorte serve --help` prints this table; nothing else reads the environment. */
const SETTINGS = {
  ...SERVER_SETTINGS,
  ...NETWORK_SETTINGS,
  ...ACCESS_SETTINGS,
  ...IMAGE_SETTINGS,
  ...REQUEST_SETTINGS,
  ...JOB_SETTINGS,
};

type Value<S extends Setting<unknown>> = ReturnType<S["parse"]> | (S["fallback"] extends null ? undefined : never);

export type Configuration = { readonly [K in keyof typeof SETTINGS]: Value<(typeof SETTINGS)[K]> };

/** Variables that tests and tools read, not the service. */
const OTHER_VARIABLES = ["RECORTE_TEST_DATA", "RECORTE_BENCH_DATA"];

/** Reads and checks every setting. "usage" names all that is wrong, a line each. An empty variable counts as not set. */
export function readConfiguration(env: Readonly<Record<string, string | undefined>>): Configuration {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries<Setting<unknown>>(SETTINGS)) {
    const text = env[setting.variable] || setting.fallback; // "": `RECORTE_X= recorte …` asks for the default
    try {
      values[key] = text === null ? undefined : setting.parse(text);
    } catch (error) {
      const value = setting.secret ? "(secret)" : JSON.stringify(text);
      problems.push(`${setting.variable} is ${value}: ${error instanceof Error ? error.message : "unreadable"}`);
    }
  }
  problems.push(...unknownVariables(env), ...contradictions(values));
  if (problems.length > 0) throw new ServiceError("usage", `Cannot use the configuration\n  ${problems.join("\n  ")}`);
  return values as Configuration;
}

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.values<Setting<unknown>>(SETTINGS).map((setting) => setting.variable);
  return Object.keys(env)
    .filter((name) => !known.includes(name) && !OTHER_VARIABLES.includes(name))
    .sort()
    .flatMap((name) => {
      const nearest = nearestName(name, known);
      // Other programs have settings of DSA-110 too: there it is wrong only where it looks like one of ours.
      if (!name.startsWith("RECORTE_") && !(name.startsWith("DSA110_") && nearest !== null)) return [];
      return [`${name} is not a setting${nearest === null ? "" : `: did you mean ${nearest}?`}`];
    });
}

/** What each value allows and the two together do not. */
function contradictions(values: Partial<Configuration>): string[] {
  const problems: string[] = [];
  if ((values.s3AccessKeyId === undefined) !== (values.s3SecretAccessKey === undefined)) {
    problems.push("RECORTE_S3_ACCESS_KEY_ID and RECORTE_S3_SECRET_ACCESS_KEY go together: one of them is not set");
  }
  const { jobDurationSeconds: usual = 0, jobMaxDurationSeconds: most = 0 } = values;
  if (most > 0 && (usual === 0 || usual > most)) {
    problems.push(`RECORTE_JOB_DURATION is ${usual}: it must be 1 to ${most}, which is RECORTE_JOB_MAX_DURATION`);
  }
  return problems;
}

/** Every setting with its default and explanation, for `--help`. */
export function describeConfiguration(): string {
  const settings = Object.values<Setting<unknown>>(SETTINGS);
  const width = Math.max(...settings.map((setting) => setting.variable.length)) + 2;
  return settings
    .map((setting) => {
      const fallback = setting.fallback === null || setting.fallback === "" ? "not set" : setting.fallback;
      return `  ${setting.variable.padEnd(width)}${setting.explanation} [${fallback}]\n`;
    })
    .join("");
}
