import type { EventRecord, Fact, NewEvent } from "./ports.ts";

/**
 * The ordered writes of one attempt, with group commit: while a commit is in flight the next batch
 * collects itself. Deltas wait at most until the event loop turns, so the first token is never held back;
 * facts go out at once, with everything that came before them.
 */
export interface Journal {
  /** Buffers an event. It is durable, and only then visible, with the next commit. */
  event(event: NewEvent): void;
  /** Commits facts after everything buffered so far; resolves once they are durable. */
  commit(facts: Fact[]): Promise<void>;
  /** Takes what is still buffered, for a last transaction of the caller's own. Waits for commits in flight. */
  drain(): Promise<Fact[]>;
  /** Resolves when there is room again: a producer that outruns the disk waits here. */
  room(): Promise<void> | undefined;
}

/** Events that may wait for the disk before a producer has to. */
const highWater = 4096;

export interface JournalOptions {
  record: (facts: Fact[]) => Promise<EventRecord[]>;
  /** Told of committed events, in order. */
  publish: (events: EventRecord[]) => void;
  /** Told once, of the first commit that failed; nothing is committed after it. */
  onFailure: (error: unknown) => void;
}

export function createJournal({ record, publish, onFailure }: JournalOptions): Journal {
  let buffer: Fact[] = [];
  let flight: Promise<void> | undefined;
  let scheduled: NodeJS.Immediate | undefined;
  let failure: { error: unknown } | undefined;

  async function flush(): Promise<void> {
    clearImmediate(scheduled);
    scheduled = undefined;
    while (flight !== undefined) await flight;
    if (failure) throw failure.error;
    if (buffer.length === 0) return;
    const batch = buffer;
    buffer = [];
    flight = record(batch).then(publish, (error: unknown) => {
      failure = { error };
      onFailure(error);
    });
    await flight;
    flight = undefined;
    if (failure) throw (failure as { error: unknown }).error;
    if (buffer.length > 0) schedule();
  }

  function schedule(): void {
    if (scheduled !== undefined || flight !== undefined || failure !== undefined) return;
    scheduled = setImmediate(() => {
      scheduled = undefined;
      flush().catch(() => {}); // told through onFailure
    });
  }

  return {
    event(event) {
      buffer.push({ type: "event", event });
      schedule();
    },
    async commit(facts) {
      buffer.push(...facts);
      await flush();
    },
    async drain() {
      clearImmediate(scheduled);
      scheduled = undefined;
      while (flight !== undefined) await flight;
      if (failure) throw failure.error;
      const left = buffer;
      buffer = [];
      return left;
    },
    room() {
      return buffer.length < highWater ? undefined : flush();
    },
  };
}
