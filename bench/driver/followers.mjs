// Readers by the thousand: they count what arrives and look no closer than they must.
import { quantile } from "../statistics.mjs";
import { startRun } from "./runs.mjs";
import { post } from "./sse.mjs";

const marker = Buffer.from("\nid: ");
const stamp = Buffer.from('"timestamp":');

function count(chunk) {
  let found = 0;
  for (let at = chunk.indexOf(marker); at >= 0; at = chunk.indexOf(marker, at + marker.length)) found += 1;
  return found;
}

async function open(url, threadId, body, take) {
  const response = await post(`${url}/threads/${threadId}/stream/events`, {
    channels: ["messages"],
    ...body,
  });
  response.on("error", () => {});
  if (take) response.on("data", take);
  else response.pause();
  return response;
}

async function openAll(requests) {
  const opened = [];
  const width = 100;
  for (let from = 0; from < requests.length; from += width) {
    opened.push(...(await Promise.all(requests.slice(from, from + width).map((request) => request()))));
  }
  return opened;
}

/**
 * Opens `followers` streams, spread over `threads`, starts a run on each of these that streams as fast as timers
 * let it (a model that waits for nothing would keep the server from all else), and counts what
 * arrives in `windowMs` once the first tenth of it is over. Without `tokens`, of a server that just writes.
 */
export async function follow({ url, threads, followers, windowMs, tokens }) {
  let deliveries = 0;
  let bytes = 0;
  const heard = new Uint8Array(followers);
  const responses = await openAll(
    Array.from({ length: followers }, (_, reader) => () => {
      return open(url, threads[reader % threads.length], {}, (chunk) => {
        deliveries += count(chunk);
        bytes += chunk.length;
        heard[reader] = 1;
      });
    }),
  );
  if (tokens === undefined) (await post(`${url}/begin`)).resume();
  else {
    await Promise.all(
      threads.map((threadId) => startRun(url, threadId, { assistant: "talk", tokens, delayMs: 1 })),
    );
  }
  await sleep(windowMs / 10);
  [deliveries, bytes] = [0, 0];
  const began = performance.now();
  await sleep(windowMs);
  const seconds = (performance.now() - began) / 1000;
  const result = { deliveriesPerSecond: deliveries / seconds, bytesPerSecond: bytes / seconds };
  for (const response of responses) response.destroy();
  return { ...result, followers: responses.length, heard: heard.reduce((sum, one) => sum + one, 0) };
}

/**
 * Followers of paced threads: ms from an event's timestamp to its arrival. `stalled` readers open the first
 * thread from its beginning and never read.
 */
export async function followPaced({ url, threads, each, windowMs, delayMs, since, stalled }) {
  const delays = [];
  let isOn = false;
  const take = (chunk) => {
    if (!isOn) return;
    const now = performance.timeOrigin + performance.now();
    for (let at = chunk.indexOf(stamp); at >= 0; at = chunk.indexOf(stamp, at + 1)) {
      delays.push(now - Number(chunk.latin1Slice(at + stamp.length, at + stamp.length + 13)));
    }
  };
  const readers = threads.flatMap((threadId) =>
    Array.from({ length: each }, () => () => open(url, threadId, since ? { since } : {}, take)),
  );
  const responses = await openAll(readers);
  const idle = await openAll(
    Array.from({ length: stalled }, () => () => open(url, threads[0], {}, undefined)),
  );
  const tokens = Math.ceil((windowMs * 1.6) / delayMs);
  await Promise.all(threads.map((id) => startRun(url, id, { assistant: "talk", tokens, delayMs })));
  await sleep(windowMs / 4);
  isOn = true;
  await sleep(windowMs);
  isOn = false;
  for (const response of [...responses, ...idle]) response.destroy();
  await sleep(windowMs / 2);
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), deliveries: delays.length };
}

/** Reads a thread's log from its beginning. Returns the ms until so many events had arrived. */
export async function replay({ url, threadId, events }) {
  const began = performance.now();
  let seen = 0;
  let bytes = 0;
  let rest = Buffer.alloc(0);
  await new Promise((resolve, reject) => {
    open(url, threadId, {}, (chunk) => {
      const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      seen += count(text);
      bytes += chunk.length;
      // What a marker may have begun in; shorter than one, so that none is counted twice.
      rest = text.subarray(Math.max(0, text.length - marker.length + 1));
      if (seen >= events) resolve();
    }).then((response) => {
      response.on("close", () => reject(new Error(`the stream ended after ${seen} events`)));
    }, reject);
  });
  return { ms: performance.now() - began, seen, bytes };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
