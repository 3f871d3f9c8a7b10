// Target 4: a conversation of many turns, 2 messages of 1 kB each, no model: what a turn costs, and what is
// stored of it.
import { figure, judge, megabytes, ratio, table } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";
import { median } from "../statistics.mjs";

const length = 1_000;
const samples = 40;
/** Turns of both kinds before any of them is measured. */
const warmUp = 100;
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
  const { afterRestart, tenth, late } = await compareTurns(second, driver, threadId);
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

/**
 * Turn 10 of a fresh thread and a turn of the long one, by turns, so that both have the same neighbours. The client of
 * the long thread is there from the beginning to the end: what its coming costs is not a turn's. Each is measured
 * after a turn of its own kind that is not, and in ms and in CPU of the server: on a machine that others use, the
 * ms say as much about them.
 */
async function compareTurns(server, driver, threadId) {
  const { url } = server.info;
  const measured = async (client) => {
    const before = await server.ask("cpuUs");
    const ms = await driver.ask("takeTurns", { client, turns: 1, length });
    return { ms, cpuMs: ((await server.ask("cpuUs")) - before) / 1_000 };
  };
  const long = await driver.ask("arrive", { url, threadId });
  const afterRestart = await driver.ask("takeTurns", { client: long, turns: 1, length });
  await driver.ask("takeTurns", { client: long, turns: warmUp, length });
  await driver.ask("turns", { url, threadId: crypto.randomUUID(), turns: warmUp, length });
  const [late, tenth] = [[], []];
  for (let sample = 0; sample < samples; sample += 1) {
    const client = await driver.ask("arrive", { url, threadId: crypto.randomUUID() });
    await driver.ask("takeTurns", { client, turns: 9, length });
    tenth.push(await measured(client));
    await driver.ask("leave", { client });
    await driver.ask("takeTurns", { client: long, turns: 1, length });
    late.push(await measured(long));
  }
  await driver.ask("leave", { client: long });
  return { afterRestart, tenth, late };
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
  const times = await driver.ask("open", { url: serving.info.url, threadId, times: 9 });
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
  const of = (list, unit) => median(list.map((one) => one[unit]));
  const [growth, cpuGrowth] = ["ms", "cpuMs"].map((unit) => of(late, unit) / of(tenth, unit));
  const openMs = median(opening.stateMs.slice(1));
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
    `With the server restarted and warm: turn 10 of a fresh thread ${figure(of(tenth, "ms"))} ms, turn ${turns + 1} and those after it ${figure(of(late, "ms"))} ms (${ratio(growth)}); in CPU of the server ${figure(of(tenth, "cpuMs"))} and ${figure(of(late, "cpuMs"))} ms (${ratio(cpuGrowth)}). The first of them, which reads the thread from the file, ${figure(afterRestart)} ms.`,
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
    `A thread of ${opening.turns} turns: its state (${megabytes(opening.bytes)}, to its last byte) in ${figure(openMs)} ms, ${figure(opening.stateMs[0])} ms the first time; its newest history entry in ${figure(median(opening.historyMs))} ms.`,
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
      judge(4, `CPU of turn ${turns} to turn 10`, {
        value: cpuGrowth,
        ...(isWhole ? { atMost: 1.5 } : short),
      }),
      judge(4, `ms to open a thread of ${opening.turns} turns`, {
        value: openMs,
        ...(opening.turns >= 10_000 ? { atMost: 100 } : short),
      }),
    ],
  };
}
