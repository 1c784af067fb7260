import type { IndexDatabase } from "../db/index-database.ts";
import type { Dataset } from "./dataset.ts";
import type { Selection } from "./image-selection.ts";
import type { ImageOutline } from "./stencil-match.ts";

/** Some 6 MB when all are full. */
const MAX_DATASETS = 2000;
const MAX_OUTLINES = 10_000;
const MAX_SELECTIONS = 5000;
const MAX_SELECTED = 100;

/**
 * Rows and selections that were read before, for as long as nobody writes to the index, in this process or another:
 * `refresh` looks, which costs a tenth of the search that it saves, and is to be called before each search.
 */
export class IndexMemory {
  readonly datasets = new BoundedMap<number, Dataset>(MAX_DATASETS);
  readonly outlines = new BoundedMap<number, ImageOutline>(MAX_OUTLINES);
  /** null: asked for once. */
  readonly selections = new BoundedMap<string, readonly number[] | null>(MAX_SELECTIONS);
  readonly #changesOfOthers: () => number | undefined;
  readonly #changesOfThis: () => number | undefined;
  #version = "";

  constructor({ sqlite }: IndexDatabase) {
    const others = sqlite.prepare<[], number>("PRAGMA data_version").pluck();
    const own = sqlite.prepare<[], number>("SELECT total_changes()").pluck();
    this.#changesOfOthers = () => others.get();
    // What a transaction of this connection has changed, it may take back, and that is not counted.
    this.#changesOfThis = () => (sqlite.inTransaction ? undefined : own.get());
  }

  /** Forgets everything where the index may have changed. What is read after this is at least as new as the version. */
  refresh(): void {
    const own = this.#changesOfThis();
    const version = `${this.#changesOfOthers()} ${own}`;
    if (own !== undefined && version === this.#version) return;
    this.#version = own === undefined ? "" : version;
    this.datasets.clear();
    this.outlines.clear();
    this.selections.clear();
  }

  /**
   * The ids of a selection, or those of a slightly larger one: a small box is widened to the cells of a grid, so that
   * searches near one another are one. Not the first time: a wider search takes twice as long, and where nobody looks
   * again it saves nothing.
   */
  select(selection: Selection, read: (selection: Selection) => number[]): readonly number[] {
    const widened = widenToCells(selection);
    if (widened === null) return read(selection);
    const key = `${widened.text}|${JSON.stringify(widened.values)}`;
    const known = this.selections.get(key);
    if (known === undefined) {
      this.selections.set(key, null);
      return read(selection);
    }
    if (known !== null) return known;
    const ids = read(widened);
    if (ids.length > MAX_SELECTED) return ids;
    this.selections.set(key, ids);
    return ids;
  }
}

/** In unit vectors: 13 minutes of arc. */
const CELLS_PER_UNIT = 256;
const MAX_BOX_CELLS = 8;
const AXES = ["x", "y", "z"] as const;

/** null for a selection without a box, or with a large one. */
function widenToCells({ text, values }: Selection): Selection | null {
  const widened = { ...values };
  for (const axis of AXES) {
    const low = values[`${axis}Min`];
    const high = values[`${axis}Max`];
    if (typeof low !== "number" || typeof high !== "number") return null;
    const [first, last] = [Math.floor(low * CELLS_PER_UNIT), Math.ceil(high * CELLS_PER_UNIT)];
    if (last - first > MAX_BOX_CELLS) return null;
    widened[`${axis}Min`] = first / CELLS_PER_UNIT;
    widened[`${axis}Max`] = last / CELLS_PER_UNIT;
  }
  return { text, values: widened };
}

/** The entries written last. */
class BoundedMap<K, V> {
  readonly #map = new Map<K, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  set(key: K, value: V): void {
    this.#map.set(key, value);
    if (this.#map.size <= this.#limit) return;
    for (const oldest of this.#map.keys()) {
      this.#map.delete(oldest);
      return;
    }
  }

  clear(): void {
    this.#map.clear();
  }
}
