/** How often to look for what is due, in ms, where nothing else is said. */
const defaultMs = 1_000;

/** Does what is due now. */
export type Look = () => Promise<unknown>;

export interface Timers {
  /** Takes this look now. */
  look(name: string): void;
  /** Looks from time to time. Returns how to stop; it resolves when no look is on any more. */
  start(): () => Promise<void>;
}

/**
 * The one loop over everything that is due some time: each look reads rows with a due time and does what they
 * say. Several processes may look at once; the rows say who does it.
 *
 * @param looks - By name, for reports of what goes wrong; one that is still on is not begun again.
 */
export function createTimers(
  looks: Readonly<Record<string, Look | { look: Look; everyMs: number }>>,
  report: (error: unknown, context: Record<string, unknown>) => void,
): Timers {
  const running = new Map<string, Promise<unknown>>();
  let isStarted = false;

  function begin(during: string, act: Look): void {
    if (!isStarted || running.has(during)) return;
    const done = Promise.resolve()
      .then(act)
      .catch((error: unknown) => report(error, { during }))
      .finally(() => running.delete(during));
    running.set(during, done);
  }

  return {
    look(name) {
      const one = looks[name];
      if (one) begin(name, toLook(one));
    },
    start() {
      isStarted = true;
      const timers = Object.entries(looks).map(([name, one]) => {
        const act = toLook(one);
        return setInterval(() => begin(name, act), typeof one === "function" ? defaultMs : one.everyMs);
      });
      return async () => {
        isStarted = false;
        for (const timer of timers) clearInterval(timer);
        await Promise.all(running.values());
      };
    },
  };
}

function toLook(one: Look | { look: Look }): Look {
  return typeof one === "function" ? one : one.look;
}
