/** A set of byte offsets, kept as ascending half-open intervals that do not touch. */
export class ByteIntervals {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  add(start: number, end: number): void {
    if (end <= start) return;
    const from = this.#firstEndingAtOrAfter(start);
    let to = from;
    while (to < this.#starts.length && this.#starts[to] <= end) {
      start = Math.min(start, this.#starts[to]);
      end = Math.max(end, this.#ends[to]);
      to++;
    }
    this.#starts.splice(from, to - from, start);
    this.#ends.splice(from, to - from, end);
  }

  has(start: number, end: number): boolean {
    const at = this.#firstEndingAtOrAfter(end);
    return end <= start || (at < this.#starts.length && this.#starts[at] <= start);
  }

  #firstEndingAtOrAfter(offset: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
