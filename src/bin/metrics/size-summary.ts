import { Summary, type SummaryConfiguration } from "prom-client";

export class Sizes {
  count = 0;
  sum = 0;

  add(bytes: number): void {
    this.count++;
    this.sum += bytes;
  }
}

/**
 * A summary without quantiles: how many there were of each handler, and their sum. What prom-client gathers for quantiles
 * costs more than all other metrics of a request together.
 */
export class SizeSummary extends Summary<"handler"> {
  readonly #name: string;
  readonly #byHandler = new Map<string, Sizes>();

  constructor(options: Pick<SummaryConfiguration<"handler">, "name" | "help" | "registers">) {
    super({ ...options, labelNames: ["handler"], percentiles: [] });
    this.#name = options.name;
  }

  /** What counts those of one handler: to be kept by who asks. */
  under(handler: string): Sizes {
    const sizes = new Sizes();
    this.#byHandler.set(handler, sizes);
    return sizes;
  }

  override async get() {
    const values = [...this.#byHandler].flatMap(([handler, { count, sum }]) => [
      { metricName: `${this.#name}_sum`, labels: { handler }, value: sum },
      { metricName: `${this.#name}_count`, labels: { handler }, value: count },
    ]);
    return { ...(await super.get()), values };
  }
}
