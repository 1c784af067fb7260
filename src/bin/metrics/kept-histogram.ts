import { Histogram, type Aggregator, type HistogramConfiguration } from "prom-client";

/** What one set of labels has observed. */
export class Observations {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last one is of what is above all bounds. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]) bucket++;
    this.#counts[bucket]++;
    this.#sum += value;
  }

  /** As Prometheus has them: each bucket with all below it. */
  values<L extends string>(name: string, labels: Partial<Record<L, string>>) {
    let count = 0;
    const buckets = [...this.#counts].map((counted, index) => ({
      metricName: `${name}_bucket`,
      labels: { le: this.#bounds[index] ?? "+Inf", ...labels },
      value: (count += counted),
    }));
    const total = [
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
    return [...buckets, ...total];
  }
}

/**
 * A histogram whose labels are looked up once, and not at each observation: prom-client then makes objects of them, and a text,
 * which costs more than all that is counted.
 */
export class KeptHistogram<L extends string> extends Histogram<L> {
  readonly #told: {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly aggregator: Aggregator;
  };
  readonly #bounds: readonly number[];
  readonly #kept: { readonly labels: Partial<Record<L, string>>; readonly observations: Observations }[] = [];

  constructor(options: HistogramConfiguration<L> & { readonly buckets: readonly number[] }) {
    super({ ...options, buckets: [...options.buckets] });
    this.#told = { name: options.name, help: options.help, type: "histogram", aggregator: "sum" };
    this.#bounds = options.buckets;
  }

  /** To be kept by who asks: asked for again, the same labels would be told twice. */
  under(labels: Partial<Record<L, string>>): Observations {
    const observations = new Observations(this.#bounds);
    this.#kept.push({ labels, observations });
    return observations;
  }

  /** What prom-client's registry asks, and its own `get`: its types do not tell of it. */
  getForPromString() {
    const values = this.#kept.flatMap(({ labels, observations }) => observations.values(this.#told.name, labels));
    return Promise.resolve({ ...this.#told, values });
  }
}
