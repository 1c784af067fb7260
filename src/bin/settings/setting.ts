import type { ParseSetting } from "../setting-types.ts";

/** One environment variable. */
export type Setting<T> = {
  readonly variable: string;
  readonly parse: ParseSetting<T>;
  /** As one would write it in the environment; null where there is none, and the value may be undefined. */
  readonly fallback: string | null;
  readonly explanation: string;
  /** Its value is never printed. */
  readonly secret?: boolean;
};

export const required = <T>(setting: Setting<T> & { fallback: string }) => setting;
export const optional = <T>(setting: Omit<Setting<T>, "fallback">) => ({ ...setting, fallback: null });
