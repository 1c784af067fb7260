import type { IndexDatabase } from "../db/index-database.ts";
import type { VectorBox } from "../sky/bounding-box.ts";
import type { Dataset } from "./dataset.ts";
import type { Selection } from "./image-selection.ts";
import type { ImageOutline } from "./stencil-match.ts";
import type { Interval } from "./survey.ts";

// Some 30 MB when all are full: a vertex that is ready for questions takes 360 bytes. Images have four vertices mostly.
const MAX_DATASETS = 2000;
const MAX_DATASET_VERTICES = 20_000;
const MAX_OUTLINES = 10_000;
const MAX_OUTLINE_VERTICES = 40_000;
const MAX_SELECTIONS = 5000;
const MAX_SELECTED = 100;
const MAX_RELEASES = 1000;

/**
 * Rows and selections that were read before, for as long as nobody writes to the index, in this process or another:
 * `refresh` looks, which costs a tenth of the search that it saves, and is to be called before each search.
 */
export class IndexMemory {
  readonly releaseNumbers = new BoundedMap<string, number>({ entries: MAX_RELEASES });
  readonly datasets = new BoundedMap<number, Dataset>({ entries: MAX_DATASETS, weight: MAX_DATASET_VERTICES });
  readonly outlines = new BoundedMap<number, ImageOutline>({ entries: MAX_OUTLINES, weight: MAX_OUTLINE_VERTICES });
  /** null: asked for once. */
  readonly #selections = new BoundedMap<string, readonly number[] | null>({ entries: MAX_SELECTIONS });
  readonly #readChangesOfOthers: () => number | undefined;
  readonly #readChangesOfThis: () => number | undefined;
  #changesOfOthers: number | undefined;
  #changesOfThis: number | undefined;

  constructor({ sqlite }: IndexDatabase) {
    const others = sqlite.prepare<[], number>("PRAGMA data_version").pluck();
    const own = sqlite.prepare<[], number>("SELECT total_changes()").pluck();
    this.#readChangesOfOthers = () => others.get();
    // What a transaction of this connection has changed, it may take back, and that is not counted.
    this.#readChangesOfThis = () => (sqlite.inTransaction ? undefined : own.get());
  }

  /** Forgets everything where the index may have changed. What is read after this is at least as new as the version. */
  refresh(): void {
    const own = this.#readChangesOfThis();
    const others = this.#readChangesOfOthers();
    if (own !== undefined && own === this.#changesOfThis && others === this.#changesOfOthers) return;
    this.#changesOfThis = own;
    this.#changesOfOthers = others;
    this.releaseNumbers.clear();
    this.datasets.clear();
    this.outlines.clear();
    this.#selections.clear();
  }

  /**
   * The ids of a selection, or those of a slightly larger one: a small box is widened to the cells of a grid, so that
   * searches near one another are one. Not the first time: a wider search takes twice as long, and where nobody looks
   * again it saves nothing.
   */
  select(selection: Selection, read: (selection: Selection) => number[]): readonly number[] {
    const cells = selection.box === undefined ? undefined : cellsAround(selection.box);
    if (cells === null) return read(selection);
    const key = keyOf(selection, cells);
    const known = this.#selections.get(key);
    if (known !== undefined && known !== null) return known;
    if (cells !== undefined && known === undefined) {
      this.#selections.set(key, null);
      return read(selection);
    }
    const ids = read(cells === undefined ? selection : { ...selection, box: boxOfCells(cells) });
    // Names that no image has are not kept: there is no end of them, and of their lengths.
    if (ids.length <= MAX_SELECTED && (cells !== undefined || ids.length > 0)) this.#selections.set(key, ids);
    return ids;
  }
}

/** In unit vectors: 13 minutes of arc. */
const CELLS_PER_UNIT = 256;
const MAX_BOX_CELLS = 8;
// Of x, then y, then z, 14 bits each: where the cells begin, moved to be positive, and how many they are.
const FIRST_CELL = 512;
const COUNT_VALUES = 16;
const AXIS_VALUES = 1024 * COUNT_VALUES;

/** The cells that a box lies in as one number, which is made into a key several times faster; null for a large box. */
function cellsAround({ min, max }: VectorBox): number | null {
  let cells = 0;
  for (let axis = 0; axis < 3; axis++) {
    const first = Math.floor(min[axis] * CELLS_PER_UNIT);
    const count = Math.ceil(max[axis] * CELLS_PER_UNIT) - first;
    if (count > MAX_BOX_CELLS) return null;
    cells = cells * AXIS_VALUES + (first + FIRST_CELL) * COUNT_VALUES + count;
  }
  return cells;
}

function boxOfCells(cells: number): VectorBox {
  const x = rangeOfCells(Math.floor(cells / AXIS_VALUES ** 2));
  const y = rangeOfCells(Math.floor(cells / AXIS_VALUES) % AXIS_VALUES);
  const z = rangeOfCells(cells % AXIS_VALUES);
  return { min: [x.min, y.min, z.min], max: [x.max, y.max, z.max] };
}

function rangeOfCells(ofAxis: number): Interval {
  const first = Math.floor(ofAxis / COUNT_VALUES) - FIRST_CELL;
  return { min: first / CELLS_PER_UNIT, max: (first + (ofAxis % COUNT_VALUES)) / CELLS_PER_UNIT };
}

/** Different for different selections; `cells` take the place of the selection's box. */
function keyOf(selection: Selection, cells: number | undefined): string {
  const { releaseNumber, key, fieldName, bands, wavelengthMetres, timeMjd, limit } = selection;
  let text = cells === undefined ? `${releaseNumber}` : `${releaseNumber} cells ${cells}`;
  if (key !== undefined) text += ` key ${JSON.stringify(key)}`;
  if (fieldName !== undefined) text += ` field ${JSON.stringify(fieldName)}`;
  if (bands !== undefined) text += ` bands ${JSON.stringify(bands)}`;
  if (wavelengthMetres !== undefined) text += ` wavelength ${wavelengthMetres.min} ${wavelengthMetres.max}`;
  if (timeMjd !== undefined) text += ` time ${timeMjd.min} ${timeMjd.max}`;
  if (limit !== undefined) text += ` limit ${limit}`;
  return text;
}

/** The entries written last: at most so many, of at most so much weight together. */
class BoundedMap<K, V> {
  readonly #map = new Map<K, { readonly value: V; readonly weight: number }>();
  readonly #entries: number;
  readonly #weight: number;
  #weightNow = 0;

  constructor({ entries, weight = Infinity }: { readonly entries: number; readonly weight?: number }) {
    this.#entries = entries;
    this.#weight = weight;
  }

  get(key: K): V | undefined {
    return this.#map.get(key)?.value;
  }

  set(key: K, value: V, weight = 0): void {
    this.#delete(key);
    this.#map.set(key, { value, weight });
    this.#weightNow += weight;
    for (const oldest of this.#map.keys()) {
      if (this.#map.size <= this.#entries && this.#weightNow <= this.#weight) return;
      this.#delete(oldest);
    }
  }

  #delete(key: K): void {
    const entry = this.#map.get(key);
    if (entry === undefined) return;
    this.#weightNow -= entry.weight;
    this.#map.delete(key);
  }

  clear(): void {
    this.#map.clear();
    this.#weightNow = 0;
  }
}
