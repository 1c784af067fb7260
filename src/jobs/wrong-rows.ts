import { ServiceError } from "../errors.ts";
import type { ListTable } from "../ivoa/list-table.ts";

export type WrongRowsOptions = {
  readonly rowsAre: ListTable["rowsAre"];
  /** Rows that are told with their reasons; the others by their numbers. */
  readonly maxReportedRows: number;
};

/** What the numbers of the other rows may take of an error. */
const MAX_NUMBERS_LENGTH = 4000;

/** Collects the rows of a list that are wrong, in order, for one error that names them all. */
export class WrongRows {
  readonly #options: WrongRowsOptions;
  readonly #told: string[] = [];
  readonly #others: [first: number, last: number][] = [];
  #count = 0;

  constructor(options: WrongRowsOptions) {
    this.#options = options;
  }

  add(place: number, reason: string): void {
    const { rowsAre, maxReportedRows } = this.#options;
    this.#count++;
    if (this.#told.length < maxReportedRows) {
      this.#told.push(`${rowsAre} ${place}: ${reason}`);
      return;
    }
    const last = this.#others.at(-1);
    if (last?.[1] === place - 1) last[1] = place;
    else this.#others.push([place, place]);
  }

  /** "usage" where there are any. */
  check(allRows: number): void {
    if (this.#count === 0) return;
    const count = `${this.#count} of its ${allRows} rows ${this.#count === 1 ? "is" : "are"} wrong`;
    throw new ServiceError("usage", `Cannot use the list: ${count}: ${this.#told.join("; ")}${this.#tellOthers()}`);
  }

  /** `; and 301 more: lines 101–400, 402` */
  #tellOthers(): string {
    const others = this.#count - this.#told.length;
    if (others === 0) return "";
    let text = "";
    let named = 0;
    for (const [first, last] of this.#others) {
      const range = first === last ? `${first}` : `${first}–${last}`;
      if (text.length + range.length + 2 > MAX_NUMBERS_LENGTH) break;
      text += named === 0 ? range : `, ${range}`;
      named += last - first + 1;
    }
    const beyond = named === others ? "" : `, and ${others - named} beyond`;
    return `; and ${others} more: ${this.#options.rowsAre}${others === 1 ? "" : "s"} ${text}${beyond}`;
  }
}
