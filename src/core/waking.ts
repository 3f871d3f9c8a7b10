/** Readers that wait, each by what wakes it. */
type Waiting = Set<() => void>;

/** Fewer than these are woken at once, whatever it takes: it is not they who keep the process from its work. */
const many = 64;

/** Nobody waits longer than this for others to be served, in ms. */
const longestRestMs = 1_000;

/** A turn that took less, in ms, keeps nothing from its turn. */
const noticedMs = 5;

/**
 * Wakes those who wait. Those whom it wakes share one process with what they wait for: where there are so many of
 * them that serving them all takes a while, they are woken again when as long has passed, and get in one batch what
 * has come meanwhile. Else a thousand readers of a live thread get every word of it by itself, and the thread stands
 * still for most of the time.
 */
export interface Waking {
  /** Wakes them all, now or shortly. */
  wake(waiting: Waiting): void;
}

/** @param now - In ms. */
export function createWaking(now = () => performance.now()): Waking {
  const due = new Set<Waiting>();
  /** Of this turn of the event loop: how many were woken, and since when. */
  let turn: { woken: number; began: number } | undefined;
  let isResting = false;

  function endTurn(): void {
    const { woken, began } = turn ?? { woken: 0, began: 0 };
    turn = undefined;
    const took = now() - began;
    if (woken < many || took < noticedMs) return;
    isResting = true;
    setTimeout(endRest, Math.min(took, longestRestMs));
  }

  function endRest(): void {
    isResting = false;
    const waiting = [...due];
    due.clear();
    for (const one of waiting) wakeNow(one);
  }

  function wakeNow(waiting: Waiting): void {
    if (waiting.size === 0) return;
    if (turn === undefined) {
      turn = { woken: 0, began: now() };
      setImmediate(endTurn);
    }
    turn.woken += waiting.size;
    const woken = [...waiting];
    waiting.clear();
    for (const wake of woken) wake();
  }

  return {
    wake(waiting) {
      if (isResting) due.add(waiting);
      else wakeNow(waiting);
    },
  };
}
