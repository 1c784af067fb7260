const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener once when the signal fires, at once where it has; what is returned takes it off again. A signal has
 * one listener however many reads it is shared by: Node warns of a leak where there are eleven.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener();
    return () => {};
  }
  const listeners = listenersOf.get(signal) ?? listen(signal);
  const call = () => listener(); // each its own, should one be given twice
  listeners.add(call);
  return () => {
    if (!listeners.delete(call) || listeners.size > 0) return;
    listenersOf.delete(signal);
    signal.removeEventListener("abort", callAll);
  };
}

function listen(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  signal.addEventListener("abort", callAll, { once: true });
  return listeners;
}

function callAll({ target }: Event): void {
  const listeners = listenersOf.get(target as AbortSignal);
  listenersOf.delete(target as AbortSignal);
  listeners?.forEach((listener) => listener()); // those that one of them takes off are passed over
}
