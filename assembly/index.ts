export * from "./layout";

/** Where the module's constants end: the host allocates above it. */
export function heapBase(): usize {
  return __heap_base;
}
