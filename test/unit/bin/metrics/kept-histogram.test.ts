import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { KeptHistogram } from "../../../../src/bin/metrics/kept-histogram.ts";

const OPTIONS = {
  name: "seconds",
  help: "Of requests",
  labelNames: ["handler", "method"] as const,
  buckets: [0.1, 0.5, 1],
};
const OBSERVED = [0, 0.1, 0.1000001, 0.3, 0.5, 1, 1.5, 60];

/** Lines in any order of labels. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(",").toSorted().join(",")}}`));
}

test("a kept histogram tells what prom-client's does of the same observations", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const kept = new KeptHistogram({ ...OPTIONS, registers: [ours] });
  const plain = new Histogram({ ...OPTIONS, registers: [theirs] });
  for (const labels of [
    { handler: "/sync", method: "GET" },
    { handler: "/async/:id", method: "POST" },
  ]) {
    const observations = kept.under(labels);
    for (const value of OBSERVED) {
      observations.observe(value);
      plain.observe(labels, value);
    }
  }
  expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()));
});

test("without labels there is a histogram before anything is observed", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const options = { name: "seconds", help: "Of requests", buckets: [1] };
  new KeptHistogram({ ...options, registers: [ours] }).under({});
  new Histogram({ ...options, registers: [theirs] });
  expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()));
});
