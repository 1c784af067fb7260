import { Summary, type SummaryConfiguration } from "prom-client";

/**
 * A summary without quantiles: how many there were of each handler, and their sum. What prom-client gathers for quantiles
 * costs more than all other metrics of a request together.
 */
export class SizeSummary extends Summary<"handler"> {
  readonly #name: string;
  readonly #byHandler = new Map<string, { count: number; sum: number }>();

  constructor(options: Pick<SummaryConfiguration<"handler">, "name" | "help" | "registers">) {
    super({ ...options, labelNames: ["handler"], percentiles: [] });
    this.#name = options.name;
  }

  add(handler: string, bytes: number): void {
    const sizes = this.#byHandler.get(handler);
    if (sizes === undefined) {
      this.#byHandler.set(handler, { count: 1, sum: bytes });
    } else {
      sizes.count++;
      sizes.sum += bytes;
    }
  }

  override async get() {
    const values = [...this.#byHandler].flatMap(([handler, { count, sum }]) => [
      { metricName: `${this.#name}_sum`, labels: { handler }, value: sum },
      { metricName: `${this.#name}_count`, labels: { handler }, value: count },
    ]);
    return { ...(await super.get()), values };
  }
}
