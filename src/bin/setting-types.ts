import { resolve } from "node:path";
import { formatByteAmount, parseByteAmount } from "../access/limits/byte-amount.ts";

/** Reads one environment variable. Throws an Error that says what is needed ("it must be …"). */
export type ParseSetting<T> = (text: string) => T;

/** An integer in [least, most]. */
export function integer(least: number, most: number): ParseSetting<number> {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new Error(`it must be an integer from ${least} to ${most}`);
  };
}

/** A number of bytes: `1048576`, `512MiB`, `1.5GB`. */
export function bytes(least: number): ParseSetting<number> {
  return (text) => {
    const value = parseByteAmount(text);
    if (value !== null && value >= least) return value;
    throw new Error(`it must be bytes, at least ${formatByteAmount(least)}, such as 536870912, 512MiB or 1.5GB`);
  };
}

/** Seconds in [least, most]; fractions are allowed. */
export function seconds(least: number, most: number): ParseSetting<number> {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new Error(`it must be seconds, from ${least} to ${most}`);
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): ParseSetting<T> {
  return (text) => {
    const choice = choices.find((known) => known === text);
    if (choice !== undefined) return choice;
    throw new Error(`it must be one of ${choices.join(", ")}`);
  };
}

/** 1 or 0. */
export const onOrOff: ParseSetting<boolean> = (text) => {
  if (text === "0" || text === "1") return text === "1";
  throw new Error("it must be 1 or 0");
};

/** Values apart by commas, spaces around them dropped; an empty text is an empty list. */
export function listOf<T>(parse: ParseSetting<T>): ParseSetting<readonly T[]> {
  return (text) => (text.trim() === "" ? [] : text.split(",").map((part) => parse(part.trim())));
}

/** Services of a process: one at least, each once. */
export const serviceNames: ParseSetting<readonly ("cutout" | "auth")[]> = (text) => {
  const names = listOf(oneOf(["cutout", "auth"]))(text);
  if (names.length > 0 && new Set(names).size === names.length) return names;
  throw new Error("it must name services, each once: cutout, auth");
};

/** A path of an address, of plain names, that begins and ends with a slash. */
export const internalFolder: ParseSetting<string> = (text) => {
  if (/^\/(?:[\w-]+\/)+$/.test(text)) return text;
  throw new Error("it must be a path of letters, digits, - and _ that begins and ends with /, such as /-results/");
};

/** A file or folder of this machine, made absolute. */
export const path: ParseSetting<string> = (text) => {
  if (text !== "" && !text.includes("\0")) return resolve(text);
  throw new Error("it must be a path");
};

/** An http or https address without user, query or fragment; the slash at its end is dropped. */
export const url: ParseSetting<string> = (text) => {
  const parsed = URL.canParse(text) ? new URL(text) : null;
  const plain = parsed !== null && parsed.username + parsed.password + parsed.search + parsed.hash === "";
  if (parsed !== null && plain && /^https?:$/.test(parsed.protocol)) return parsed.href.replace(/\/+$/, "");
  throw new Error("it must be an address such as https://cutout.example.org");
};

/** A DNS name without a port. */
export const hostName: ParseSetting<string> = (text) => {
  if (/^(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*$/i.test(text) && text.length <= 253) return text.toLowerCase();
  throw new Error("it must be a host name such as example.org, without port and path");
};

/** The authority of an IVOA identifier (IVOA Identifiers 2.0, section 2.3.1). */
export const authorityName: ParseSetting<string> = (text) => {
  if (/^[a-z0-9][a-z0-9\-_.!~*'()+=]{2,}$/i.test(text)) return text;
  throw new Error("it must be an IVOA authority such as linea.org.br");
};

/** What an Authorization header can carry (RFC 6750, section 2.1), long enough not to be guessed. */
export const token: ParseSetting<string> = (text) => {
  if (/^[\w.~+/-]{16,}=*$/.test(text)) return text;
  throw new Error("it must be at least 16 of the characters A-Z a-z 0-9 - . _ ~ + /");
};

export const anyText: ParseSetting<string> = (text) => text;
