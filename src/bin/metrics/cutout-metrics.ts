import { Counter, Gauge, type Registry } from "prom-client";
import type { JobServices } from "../job-services.ts";
import type { Services } from "../services.ts";

/** What cutting counts by itself, looked up when somebody asks. */
export function addCutoutMetrics(
  registry: Registry,
  { images, pixels, background, reads }: Services,
  { resultEnds }: Pick<JobServices, "resultEnds">,
): void {
  const registers = [registry];
  const decoders = new Set([pixels.decoder, background.decoder]);
  new Counter({
    name: "recorte_decoded_pixels_total",
    help: "Pixels that were decoded, with those before the first that was wanted",
    registers,
    collect() {
      this.reset();
      this.inc([...decoders].reduce((sum, { decodedPixels }) => sum + decodedPixels, 0));
    },
  });
  new Counter({
    name: "recorte_archive_read_bytes_total",
    help: "Bytes that were read of archives: headers, tables and compressed pixels",
    labelNames: ["place"],
    registers,
    collect() {
      this.reset();
      for (const [place, { bytes }] of Object.entries(reads)) this.inc({ place }, bytes);
    },
  });
  new Counter({
    name: "recorte_archive_reads_total",
    help: "Reads of archives, each of one range or of several at once",
    labelNames: ["place"],
    registers,
    collect() {
      this.reset();
      for (const [place, { reads: count }] of Object.entries(reads)) this.inc({ place }, count);
    },
  });
  new Counter({
    name: "recorte_cache_requests_total",
    help: "What was looked for in caches: compressed planes, seek indices, and opened images",
    labelNames: ["cache", "result"],
    registers,
    collect() {
      const { heapHits, heapMisses, indexHits, indexMisses } = pixels.planes.counts;
      const { hits, misses } = images.counts;
      this.reset();
      for (const [cache, hit, miss] of [
        ["planes", heapHits, heapMisses],
        ["seek_indices", indexHits, indexMisses],
        ["images", hits, misses],
      ] as const) {
        this.inc({ cache, result: "hit" }, hit);
        this.inc({ cache, result: "miss" }, miss);
      }
    },
  });
  new Gauge({
    name: "recorte_cache_bytes",
    help: "Bytes that caches hold",
    labelNames: ["cache"],
    registers,
    collect() {
      const { heapBytes, indexBytes } = pixels.planes.usage;
      this.set({ cache: "planes" }, heapBytes);
      this.set({ cache: "seek_indices" }, indexBytes);
      this.set({ cache: "images" }, images.usedBytes);
    },
  });
  new Gauge({
    name: "recorte_images_in_use",
    help: "Images that a cutout holds at present",
    registers,
    collect() {
      this.set(images.inUse);
    },
  });
  new Counter({
    name: "recorte_job_results_total",
    help: "Results of jobs that this process has worked on, by how that ended; other workers count their own",
    labelNames: ["end"],
    registers,
    collect() {
      this.reset();
      for (const [what, end] of Object.entries(RESULT_ENDS)) this.inc({ end }, resultEnds.get(what) ?? 0);
    },
  });
}

/** As the worker tells them, and as they are counted. */
const RESULT_ENDS = {
  DONE: "done",
  EMPTY: "empty",
  FAILED: "failed",
  retry: "retry",
  "given-back": "given-back",
  lost: "lost",
  failed: "not-recorded",
};
