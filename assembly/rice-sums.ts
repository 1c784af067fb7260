/**
 * Replaces `count` zigzag differences at `codes` (u32) by the values that they lead to from `value`, wrapped to T and
 * sign-extended (u8: zero-extended) to i32; returns the last one. Up to 3 further words are overwritten.
 *
 *   difference = (code >> 1) ^ -(code & 1)
 */
export function sumDifferences<T>(codes: usize, count: u32, value: i32): i32 {
  const end = codes + (<usize>count << 2);
  for (; codes < end; codes += 4) {
    const code = load<u32>(codes);
    value = <i32>(<T>(value + <i32>((code >> 1) ^ (0 - (code & 1)))));
    store<i32>(codes, value);
  }
  return value;
}
