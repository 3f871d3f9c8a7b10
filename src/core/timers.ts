/** How often to look for what is due, in ms. */
const intervalMs = 1_000;

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
  looks: Readonly<Record<string, Look>>,
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
      const act = looks[name];
      if (act) begin(name, act);
    },
    start() {
      isStarted = true;
      const timer = setInterval(() => {
        for (const [name, act] of Object.entries(looks)) begin(name, act);
      }, intervalMs);
      return async () => {
        isStarted = false;
        clearInterval(timer);
        await Promise.all(running.values());
      };
    },
  };
}
