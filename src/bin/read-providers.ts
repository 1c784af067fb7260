import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseProviders, type ProviderConfiguration, type SecretReader } from "../access/sign-in/providers-schema.ts";
import { ServiceError } from "../errors.ts";
import type { Configuration } from "./configuration.ts";

/** The providers of the file that the configuration names, checked. "usage" tells all that is wrong with it, a line each. */
export function readProviders(
  { signInProviders: file, authUrl }: Pick<Configuration, "signInProviders" | "authUrl">,
  env: Readonly<Record<string, string | undefined>>,
): readonly ProviderConfiguration[] {
  if (file === undefined) return [];
  const { providers, problems } = parseProviders(readJson(file), createSecretReader(dirname(file), env));
  const found = [...problems, ...providers.flatMap(keyProblems)];
  if (authUrl === undefined && providers.length + problems.length > 0) {
    found.unshift("RECORTE_AUTH_URL is not set: providers of sign-in must know where to send users back to");
  }
  if (found.length === 0) return providers;
  throw new ServiceError("usage", `Cannot use the providers of sign-in in "${file}"\n  ${found.join("\n  ")}`);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (cause) {
    const what = (cause as NodeJS.ErrnoException).code ?? "it is not JSON"; // the message may quote a secret
    throw new ServiceError("usage", `Cannot read RECORTE_SIGN_IN_PROVIDERS "${file}": ${what}`, { cause });
  }
}

/** `env:NAME`, or the path of a file, from the folder of the file that names it. */
function createSecretReader(folder: string, env: Readonly<Record<string, string | undefined>>): SecretReader {
  const needed = "it must be env:NAME, or the path of a file that can be read";
  return {
    read(name) {
      const variable = /^env:(\w+)$/.exec(name)?.[1];
      const value = (variable === undefined ? readText(resolve(folder, name)) : env[variable])?.trim();
      if (value === undefined) throw new Error(variable === undefined ? needed : `${variable} is not set: ${needed}`);
      if (value === "") throw new Error("what it names is empty");
      return value;
    },
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** What would fail at the first sign-in only. */
function keyProblems(provider: ProviderConfiguration): string[] {
  if (provider.kind !== "saml") return [];
  const problems: string[] = [];
  for (const [index, certificate] of provider.certificates.entries()) {
    if (readCertificate(certificate) === null) {
      problems.push(`${provider.id}.certificates[${index}]: it must name a certificate in PEM form`);
    }
  }
  const ours = readCertificate(provider.certificate);
  const key = readKey(provider.privateKey);
  if (ours === null) problems.push(`${provider.id}.certificate: it must name a certificate in PEM form`);
  if (key?.asymmetricKeyType !== "rsa") {
    problems.push(`${provider.id}.privateKey: it must name an RSA key in PEM form, without a passphrase`);
  } else if (ours !== null && !ours.checkPrivateKey(key)) {
    problems.push(`${provider.id}.certificate: it is not of the private key`);
  }
  return problems;
}

function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

function readKey(pem: string): ReturnType<typeof createPrivateKey> | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}
