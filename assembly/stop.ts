/**
 * How the host ends a long call early: it sets a word of the shared memory, at which the decoders look once in a while,
 * every 0.1 s at the latest in tiles of 256 MB that no one made to be slow.
 */

/** Its address; 0: none. A global is one of this instance, so of this thread. */
let word: usize = 0;

/** `address` of a u32 that is 0 until the host wants the call to end. */
export function watchStop(address: usize): void {
  word = address;
}

export function isStopped(): bool {
  return word != 0 && atomic.load<u32>(word) != 0;
}
