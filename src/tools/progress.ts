/** Most pieces of progress that wait for a slow reader; of more, the oldest are dropped. */
const maxWaiting = 1_000;

/**
 * Runs `run` and yields each text that it reports while it runs; returns what it returns, throws what it throws.
 * When the reader stops early, `run` goes on: it is ended through the signal that it was given.
 */
export async function* streamReports<T>(
  run: (report: (text: string) => void) => Promise<T>,
): AsyncGenerator<string, T> {
  const waiting: string[] = [];
  let isFinished = false;
  let wake = () => {};
  const done = run((text) => {
    waiting.push(text);
    if (waiting.length > maxWaiting) waiting.shift();
    wake();
  }).finally(() => {
    isFinished = true;
    wake();
  });
  // It is awaited below, but perhaps only after the reader has taken the last report.
  done.catch(() => undefined);
  for (;;) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else if (isFinished) return done;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
}
