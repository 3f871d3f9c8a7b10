// Target 7: a long log from the disk to a socket.
import { figure, judge } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";
import { median } from "../statistics.mjs";

export async function measure({ replayEvents: events, replayTimes }, say) {
  const directory = makeDirectory();
  const threadId = crypto.randomUUID();
  say(`writing ${events} events`);
  const filler = await startChild("./store-filler.mjs", { directory });
  await filler.ask("fillLog", { threadId, graphId: "talk", events });
  await filler.stop();
  const server = await startChild("./servers/countersign.mjs", { directory });
  const driver = await startChild("./driver/driver.mjs");
  const times = [];
  let cpuUs = 0;
  for (let time = 0; time < replayTimes; time += 1) {
    say(`reading them, ${time + 1}`);
    const before = await server.ask("usage");
    times.push(await driver.ask("replay", { url: server.info.url, threadId, events }));
    cpuUs += (await server.ask("usage")).cpuUs - before.cpuUs;
  }
  await server.stop();
  await driver.stop();
  removeDirectory(directory);
  return { events, times, cpuUs: cpuUs / replayTimes };
}

export function describe({ events, times, cpuUs }) {
  const rates = times.map(({ ms }) => (events / ms) * 1000);
  const markdown = `${events.toLocaleString("en-US")} events (${figure(times[0].bytes / 1e6)} MB): ${figure(median(rates))} events a second, ${figure(rates[0])} the first time; ${figure(cpuUs / events)} us of the server's CPU for an event.`;
  const target = events >= 100_000 ? { atLeast: 200_000 } : { unmeasured: "too few events" };
  return {
    markdown,
    targets: [
      judge(7, `events/s, replay of ${events.toLocaleString("en-US")}`, { value: median(rates), ...target }),
    ],
  };
}
