import type { IndexDatabase } from "../db/index-database.ts";
import type { VectorBox } from "../sky/bounding-box.ts";
import type { Dataset } from "./dataset.ts";
import type { Selection } from "./image-selection.ts";
import type { ImageOutline } from "./stencil-match.ts";

// Some 25 MB when all are full; a vertex that is ready for questions takes 360 bytes.
const MAX_DATASETS = 2000;
const MAX_OUTLINES = 20_000;
const MAX_VERTICES = 20_000;
const MAX_SELECTIONS = 5000;
const MAX_SELECTED = 100;
const MAX_RELEASES = 1000;

/**
 * Rows and selections that were read before, for as long as nobody writes to the index, in this process or another:
 * `refresh` looks, which costs a tenth of the search that it saves, and is to be called before each search.
 */
export class IndexMemory {
  readonly releaseNumbers = new BoundedMap<string, number>({ entries: MAX_RELEASES });
  readonly datasets = new BoundedMap<number, Dataset>({ entries: MAX_DATASETS, weight: MAX_VERTICES });
  readonly outlines = new BoundedMap<number, ImageOutline>({ entries: MAX_OUTLINES, weight: MAX_VERTICES });
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
    const box = selection.box === undefined ? undefined : widenToCells(selection.box);
    if (box === null) return read(selection);
    const key = keyOf(selection, box);
    const known = this.#selections.get(key);
    if (known !== undefined && known !== null) return known;
    if (box !== undefined && known === undefined) {
      this.#selections.set(key, null);
      return read(selection);
    }
    const ids = read(box === undefined ? selection : { ...selection, box });
    // Names that no image has are not kept: there is no end of them, and of their lengths.
    if (ids.length <= MAX_SELECTED && (box !== undefined || ids.length > 0)) this.#selections.set(key, ids);
    return ids;
  }
}

/** In unit vectors: 13 minutes of arc. */
const CELLS_PER_UNIT = 256;
const MAX_BOX_CELLS = 8;

/** null for a large box. */
function widenToCells({ min, max }: VectorBox): VectorBox | null {
  const xMin = floorToCell(min[0]);
  const yMin = floorToCell(min[1]);
  const zMin = floorToCell(min[2]);
  const xMax = -floorToCell(-max[0]);
  const yMax = -floorToCell(-max[1]);
  const zMax = -floorToCell(-max[2]);
  if (Math.max(xMax - xMin, yMax - yMin, zMax - zMin) > MAX_BOX_CELLS / CELLS_PER_UNIT) return null;
  return { min: [xMin, yMin, zMin], max: [xMax, yMax, zMax] };
}

function floorToCell(component: number): number {
  return Math.floor(component * CELLS_PER_UNIT) / CELLS_PER_UNIT;
}

/** Different for different selections; `box` takes the place of the selection's own. */
function keyOf(selection: Selection, box: VectorBox | undefined): string {
  const { key, fieldName, bands, wavelengthMetres, timeMjd, limit } = selection;
  let text = String(selection.releaseNumber);
  if (box !== undefined) {
    // Whole numbers, which are written the fastest.
    const [x0, y0, z0] = box.min;
    const [x1, y1, z1] = box.max;
    text += ` box ${x0 * CELLS_PER_UNIT} ${y0 * CELLS_PER_UNIT} ${z0 * CELLS_PER_UNIT}`;
    text += ` ${x1 * CELLS_PER_UNIT} ${y1 * CELLS_PER_UNIT} ${z1 * CELLS_PER_UNIT}`;
  }
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
