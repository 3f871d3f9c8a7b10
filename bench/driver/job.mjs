// A job: so many conversations, so many at a time, and what was seen of each.
/** Watches one conversation: tokens, and how long the first of each phase and the end after the last took. */
function createNote() {
  const note = { tokens: 0, first: {}, ends: [] };
  let phase;
  let beganAt;
  let lastAt;
  return {
    note,
    begin(name) {
      phase = name;
      beganAt = performance.now();
      lastAt = undefined;
    },
    token() {
      lastAt = performance.now();
      note.tokens += 1;
      note.first[phase] ??= lastAt - beganAt;
    },
    end() {
      if (lastAt !== undefined) note.ends.push(performance.now() - lastAt);
    },
  };
}

/**
 * Runs `job.conversations` conversations, `job.concurrency` at a time, until they are done or `job.budgetMs`
 * is over; those that were begun are finished.
 */
export async function runJob(job, converse) {
  const { conversations, concurrency, budgetMs } = job;
  const began = performance.now();
  const notes = [];
  const failures = [];
  let started = 0;
  async function lane() {
    while (started < conversations && performance.now() - began < budgetMs) {
      started += 1;
      const watch = createNote();
      try {
        await converse(job, watch);
        notes.push(watch.note);
      } catch (error) {
        failures.push(String(error?.message ?? error));
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane));
  const wallMs = performance.now() - began;
  const tokens = notes.reduce((sum, note) => sum + note.tokens, 0);
  const expected = notes.length * job.tokens * (job.answers === false ? 1 : 2);
  const firstTokens = notes.map(({ first }) => first.plan).filter(Number.isFinite);
  const answersToFirst = notes.map(({ first }) => first.execute).filter(Number.isFinite);
  const endSignals = notes.flatMap(({ ends }) => ends);
  return {
    tokens,
    expected,
    failed: failures.length,
    failure: failures[0],
    wallMs,
    tokensPerSecond: (tokens / wallMs) * 1000,
    ...(job.keepsSamples
      ? { samples: { firstToken: firstTokens, answerToFirst: answersToFirst, endSignal: endSignals } }
      : {}),
  };
}
