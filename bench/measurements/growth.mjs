// Target 4: a conversation of many turns, 2 messages of 1 kB each, no model: what a turn costs, and what is
// stored of it.
import { figure, judge, megabytes, ratio, table } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";
import { median } from "../statistics.mjs";

const length = 1_000;
const samples = 15;
/** Checkpoints that a thread keeps, where not all of them are. */
const kept = 20;
const server = (directory, options) => startChild("./servers/countersign.mjs", { directory, ...options });

export async function measure(counts, say) {
  const directory = makeDirectory();
  const driver = await startChild("./driver/driver.mjs");
  const { turns } = counts;
  const threadId = crypto.randomUUID();

  say(`${turns} turns`);
  const { curve, stored } = await holdAndMeasure(directory, driver, { threadId, turns });
  say(`${turns} turns with a retention of ${kept} checkpoints`);
  const thinned = makeDirectory();
  const retained = await holdAndMeasure(thinned, driver, {
    threadId,
    turns,
    options: { retention: { checkpoints: kept } },
  });
  removeDirectory(thinned);

  say("turn 10 of fresh threads beside the turns that follow");
  const second = await server(directory);
  const { url } = second.info;
  const [afterRestart] = await driver.ask("turns", { url, threadId, turns: 1, length });
  await driver.ask("turns", { url, threadId: crypto.randomUUID(), turns: 100, length });
  const [late, tenth] = [[], []];
  for (let sample = 0; sample < samples; sample += 1) {
    tenth.push((await driver.ask("turns", { url, threadId: crypto.randomUUID(), turns: 10, length }))[9]);
    // As in the fresh threads, the client is there already: what it costs to come back is measured by itself.
    late.push((await driver.ask("turns", { url, threadId, turns: 5, length }))[4]);
  }
  await second.stop();
  removeDirectory(directory);

  const opening = await measureOpening(counts, driver, say);
  await driver.stop();
  return {
    turns,
    curve: pick(curve),
    stored,
    retained: { curve: pick(retained.curve), stored: retained.stored },
    afterRestart,
    late,
    tenth,
    opening,
  };
}

/** Holds a conversation with a server of its own, and measures what it left in the file. */
async function holdAndMeasure(directory, driver, { threadId, turns, options }) {
  const serving = await server(directory, options);
  const curve = await driver.ask("turns", { url: serving.info.url, threadId, turns, length });
  await serving.ask("close");
  await serving.stop();
  const reader = await startChild("./store-reader.mjs", { directory });
  const stored = await reader.ask("measureFile");
  await reader.stop();
  return { curve, stored };
}

/** Opening a thread whose state holds very many turns, as a client that comes back does. */
async function measureOpening({ longThreadTurns: turns }, driver, say) {
  say(`opening a thread of ${turns} turns`);
  const directory = makeDirectory();
  const filler = await startChild("./store-filler.mjs", { directory });
  const threadId = crypto.randomUUID();
  await filler.ask("fillState", { threadId, turns, length });
  await filler.stop();
  const serving = await server(directory);
  const times = await driver.ask("open", { url: serving.info.url, threadId, times: 5 });
  await serving.stop();
  removeDirectory(directory);
  return { turns, ...times };
}

const pick = (curve) =>
  Object.fromEntries(
    [10, 100, 500, 1000]
      .filter((turn) => turn <= curve.length)
      .map((turn) => [turn, median(curve.slice(Math.max(0, turn - 10), turn))]),
  );

export function describe({ turns, curve, stored, retained, afterRestart, late, tenth, opening }) {
  const useful = turns * 2 * length;
  const growth = median(late) / median(tenth);
  const openMs = Math.min(...opening.stateMs);
  const markdown = [
    `A turn is sent as a run and ends when its end is signalled; the client follows lifecycle events alone.`,
    "",
    table(
      ["turn", ...Object.keys(curve)],
      [
        ["ms (median of the ten turns up to it)", ...Object.values(curve).map(figure)],
        [`the same, ${kept} checkpoints kept`, ...Object.values(retained.curve).map(figure)],
      ],
    ),
    "",
    `With the server restarted and warm: turn 10 of a fresh thread ${figure(median(tenth))} ms, turn ${turns + 1} and those after it ${figure(median(late))} ms (${ratio(growth)}); the first of them, which reads the thread from the file, ${figure(afterRestart)} ms.`,
    "",
    `Stored after ${turns} turns, for ${megabytes(useful)} of text: ${megabytes(stored.bytes)} with every checkpoint, ${megabytes(retained.stored.bytes)} when a thread keeps ${kept} (\`retention: { checkpoints: ${kept} }\`; ${megabytes(retained.stored.freeBytes)} of it free).`,
    "",
    table(
      ["table, with its indexes", "every checkpoint", "of the text", `${kept} kept`, "of the text"],
      stored.tables
        .filter(({ bytes }) => bytes > stored.bytes / 100)
        .map(({ name, bytes }) => {
          const thin = retained.stored.tables.find((one) => one.name === name)?.bytes ?? 0;
          return [name, megabytes(bytes), ratio(bytes / useful), megabytes(thin), ratio(thin / useful)];
        }),
    ),
    "",
    `A thread of ${opening.turns} turns: its state (${megabytes(opening.bytes)}, to its last byte) in ${figure(openMs)} ms at best, ${figure(opening.stateMs[0])} ms the first time; its newest history entry in ${figure(Math.min(...opening.historyMs))} ms.`,
  ].join("\n");
  const isWhole = turns >= 1_000;
  const short = { unmeasured: "too few turns" };
  return {
    markdown,
    targets: [
      judge(4, `stored bytes to useful bytes, ${turns} turns, every checkpoint kept`, {
        value: stored.bytes / useful,
        ...(isWhole ? { atMost: 3 } : short),
      }),
      judge(4, `stored bytes to useful bytes, ${turns} turns, ${kept} checkpoints kept`, {
        value: retained.stored.bytes / useful,
        ...(isWhole ? { atMost: 3 } : short),
      }),
      judge(4, `ms of turn ${turns} to turn 10`, { value: growth, ...(isWhole ? { atMost: 1.5 } : short) }),
      judge(4, `ms to open a thread of ${opening.turns} turns`, {
        value: openMs,
        ...(opening.turns >= 10_000 ? { atMost: 100 } : short),
      }),
    ],
  };
}
