interface Waiting {
  stops: Set<() => void>;
  all: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `stop` when a signal aborts that very many wait for, such as that of a server that stops: a signal looks
 * through all of its listeners whenever one comes or goes, so that ten thousand open streams make it slow.
 *
 * @returns How to wait no more.
 */
export function onAbort(signal: AbortSignal, stop: () => void): () => void {
  const { stops, all } = waiting.get(signal) ?? createWaiting(signal);
  if (stops.size === 0) signal.addEventListener("abort", all);
  stops.add(stop);
  return () => {
    if (stops.delete(stop) && stops.size === 0) signal.removeEventListener("abort", all);
  };
}

function createWaiting(signal: AbortSignal): Waiting {
  const stops = new Set<() => void>();
  const made: Waiting = {
    stops,
    all() {
      for (const stop of stops) stop();
    },
  };
  waiting.set(signal, made);
  return made;
}
