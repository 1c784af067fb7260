import { ServiceError } from "../errors.ts";

/** Request parameters: names ignore case, values do not, a name may have several values (DALI 1.1, section 3.1). */
export class Parameters {
  readonly #values = new Map<string, string[]>();

  constructor(entries: Iterable<readonly [string, string]>) {
    for (const [name, value] of entries) {
      const key = name.toUpperCase();
      let values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, (values = []));
      if (value.trim() !== "") values.push(value);
    }
  }

  /** Without the empty ones: `POS=` says as little as no POS. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? NONE;
  }

  /** "usage" where the parameter is given twice. */
  single(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) {
      throw new ServiceError("usage", `Cannot use ${name}: it is given ${values.length} times and takes one value`);
    }
    return values[0];
  }

  names(): string[] {
    return [...this.#values.keys()];
  }
}

/** Most parameters are not given: to ask for them makes nothing. */
const NONE: readonly string[] = [];
