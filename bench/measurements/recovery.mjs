// How long runs stand still when their process is killed: from the kill to the first token after it.
import { figure } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";
import { median } from "../statistics.mjs";

const [tokens, delayMs] = [150, 20];

export async function measure({ recoveryRuns: runs, recoveryTimes }, say) {
  const times = [];
  for (let time = 0; time < recoveryTimes; time += 1) {
    say(`kill -9 with ${runs} runs, ${time + 1}`);
    const directory = makeDirectory();
    const driver = await startChild("./driver/driver.mjs");
    const first = await startChild("./servers/countersign.mjs", { directory });
    const threads = await driver.ask("beginRuns", { url: first.info.url, runs, tokens, delayMs });
    const killedAt = Date.now();
    await first.kill();
    const second = await startChild("./servers/countersign.mjs", { directory });
    const recovered = await driver.ask("awaitRecovery", { url: second.info.url, threads, killedAt });
    times.push({ startedInMs: second.startedInMs, ...recovered });
    await second.stop();
    await driver.stop();
    removeDirectory(directory);
  }
  return { runs, times };
}

export function describe({ runs, times }) {
  const of = (field) => median(times.map((time) => time[field]));
  const markdown = `kill -9 while ${runs} runs stream at ${delayMs} ms a token, started again at once on the same directory: it serves after ${figure(of("startedInMs"))} ms; the first run goes on (its next attempt is told) ${figure(of("firstMs"))} ms after the kill, the last ${figure(of("lastMs"))} ms, and the first token of the last comes after ${figure(of("lastTokenMs"))} ms. ${times.reduce((sum, { ended }) => sum + ended, 0)} of ${runs * times.length} runs came to their question.`;
  return {
    markdown,
    targets: [
      {
        number: 8,
        what: "two worker processes, and a killed worker's run elsewhere",
        verdict:
          "not measured here (needs PostgreSQL and a core for each process; on SQLite a restart takes the runs up, see Recovery)",
      },
    ],
  };
}
