// Target 6: very many followers of live threads, against the fastest writer there is; and one reader that
// stalls among others.
import { figure, judge, ratio } from "../markdown.mjs";
import { makeDirectory, removeDirectory, startChild } from "../processes.mjs";

const endless = 1_000_000;

export async function measure(counts, say) {
  const { followers, followedThreads, fanoutMs: windowMs, stallMs } = counts;
  const threads = Array.from({ length: followedThreads }, () => crypto.randomUUID());
  say(`${followers} readers of the plain writer`);
  const raw = await withServer("./servers/raw-writer.mjs", (driver, url) =>
    driver.ask("follow", { url, threads, followers, windowMs }),
  );
  say(`${followers} followers of ${followedThreads} live threads`);
  const ours = await withServer("./servers/countersign.mjs", (driver, url) =>
    driver.ask("follow", { url, threads, followers, windowMs, tokens: endless }),
  );
  say("one reader stalls");
  const stall = await measureStall({ windowMs: stallMs });
  return { raw, ours, stall, threads: followedThreads };
}

async function withServer(file, use, prepare = async () => {}) {
  const directory = makeDirectory();
  await prepare(directory);
  const [server, driver] = [await startChild(file, { directory }), await startChild("./driver/driver.mjs")];
  try {
    return await use(driver, server.info.url);
  } finally {
    await server.stop();
    await driver.stop();
    removeDirectory(directory);
  }
}

/** The first thread has a log longer than all buffers on the way to a reader, so that one does stall. */
function measureStall({ windowMs }) {
  const threads = Array.from({ length: 10 }, () => crypto.randomUUID());
  const events = 100_000;
  const prepare = async (directory) => {
    const filler = await startChild("./store-filler.mjs", { directory });
    await filler.ask("fillLog", { threadId: threads[0], graphId: "talk", events });
    await filler.stop();
  };
  return withServer(
    "./servers/countersign.mjs",
    async (driver, url) => {
      const job = { url, threads, each: 10, windowMs, delayMs: 10, since: events };
      const before = [];
      const during = [];
      await driver.ask("followPaced", { ...job, windowMs: windowMs / 4, stalled: 0 });
      for (let time = 0; time < 2; time += 1) {
        // The runs of a measurement are over before the next begins: `since` must not skip its events.
        before.push(await driver.ask("followPaced", { ...job, stalled: 0 }));
        during.push(await driver.ask("followPaced", { ...job, stalled: 1 }));
      }
      return { before, during };
    },
    prepare,
  );
}

export function describe({ raw, ours, stall, threads }) {
  const share = ours.deliveriesPerSecond / raw.deliveriesPerSecond;
  const worst = (times) => Math.min(...times.map(({ p99 }) => p99));
  const [before, during] = [worst(stall.before), worst(stall.during)];
  const markdown = [
    `${ours.followers.toLocaleString("en-US")} followers of ${threads} threads that stream as fast as they can: ${figure(ours.deliveriesPerSecond)} deliveries a second (${ours.heard} of the followers heard something); a plain \`node:http\` writer of the same frames, 50 to a write, to as many readers: ${figure(raw.deliveriesPerSecond)} (${ratio(share)}).`,
    "",
    `10 threads at 10 ms a token with 10 followers each, ms from an event's timestamp to its arrival, p50 / p99: ${stall.before.map(show).join(", ")} without, ${stall.during.map(show).join(", ")} with a reader on the first thread that stops reading 100,000 events from the end.`,
  ].join("\n");
  const isWhole = ours.followers >= 10_000;
  return {
    markdown,
    targets: [
      judge(6, `deliveries/s to ${ours.followers.toLocaleString("en-US")} followers, to the plain writer`, {
        value: share,
        ...(isWhole ? { atLeast: 0.5 } : { unmeasured: "too few followers" }),
      }),
      judge(6, "p99 of the others with a stalled reader, to without", {
        value: during / before,
        atMost: 1.25,
      }),
    ],
  };
}

const show = ({ p50, p99 }) => `${figure(p50)} / ${figure(p99)}`;
