import { existsSync } from "node:fs";
import { readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createServer } from "../../src/http/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { type RunningApp, startApp } from "../support/app.ts";
import { clientOf, serveAt, temporaryPlace } from "../support/both-stores.ts";
import { getJson, openInterrupts, readEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { openConversation } from "../support/conversation.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/** What the servers of docs/reference-servers.md lose in a restart; the app here is killed with SIGKILL. */

const input = { messages: [{ role: "user", content: "hello" }] };
const write = (file: string) => ({ messages: [{ role: "user", content: `Write hello into ${file}` }] });
const [waiting, running, followed] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let app: RunningApp;
let chat: Awaited<ReturnType<typeof openConversation>> | undefined;
let threads: string[];

const start = (threadId: string, file: string) =>
  sendCommand(app.url, threadId, {
    method: "run.start",
    params: { assistant_id: "agent", input: write(file) },
  });

beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(async () => {
  await chat?.[Symbol.asyncDispose]();
  await app?.stop();
  await directory[Symbol.asyncDispose]();
});

let killed: Promise<void> | undefined;

/** Once for all tests: much is going on, and the app is killed and started anew. */
function restart(): Promise<void> {
  killed ??= killAmidst();
  return killed;
}

async function killAmidst(): Promise<void> {
  app = await startApp({ directory: directory.path, env: { COUNTERSIGN_OFFLINE_DELAY_MS: "5" } });
  const client = clientOf(app.url);
  await start(waiting, "waiting.txt");
  await waitForStatus(app.url, waiting, "interrupted");
  chat = await openConversation(app.url, followed);
  await chat.ask("Write hello into followed.txt");
  await chat.review(1);
  await start(running, "running.txt");
  const created = Array.from({ length: 50 }, () => client.threads.create());
  threads = (await Promise.all(created)).map(({ thread_id: id }) => id);
  const { port } = new URL(app.url);
  await app.kill();
  app = await startApp({ directory: directory.path, env: { COUNTERSIGN_PORT: port } });
}

test("D1: a question asked before a restart is answered after it, over the thread protocol", async () => {
  await restart();
  const [question] = openInterrupts(await waitForStatus(app.url, waiting, "interrupted"));
  const { plan } = (question?.value ?? {}) as { plan?: { digest: string } };
  const reply = await sendCommand(app.url, waiting, {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: { type: "approve", digest: plan?.digest } },
  });
  expect(reply).toMatchObject({ type: "success" });
  await waitForStatus(app.url, waiting, "idle");
  expect(existsSync(join(app.workspace, "waiting.txt"))).toBe(true);
});

test("D2: a client that stayed open hears of the run after the restart: event ids are never used twice", async () => {
  await restart();
  if (chat === undefined) throw new Error("There is no chat.");
  const { value } = await chat.review(1);
  await chat.answer({ type: "approve", digest: value.plan.digest });
  await chat.finished();
  expect(existsSync(join(app.workspace, "followed.txt"))).toBe(true);
  const ids = (await readEvents(app.url, followed)).map(({ event_id }) => event_id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("D3: what was accepted right before kill -9 is there", async () => {
  await restart();
  const found = await clientOf(app.url).threads.search({ ids: threads, limit: 100 });
  expect(found.map(({ thread_id: id }) => id).sort()).toEqual([...threads].sort());
});

test("D4: a damaged file is refused by name and stays as it is; nobody starts over with nothing", async () => {
  await using place = await temporaryDirectory();
  const first = await serve({ graphs: { ask: createAskGraph() }, directory: place.path });
  await clientOf(first.url).threads.create();
  await first.stop();
  const file = join(place.path, "test.db");
  await truncate(file, 5_000);
  const damaged = await readFile(file);
  const open = async () => {
    const server = createServer({ graphs: { ask: createAskGraph() }, store: sqlite(file) });
    await server.ready;
  };
  await expect(open()).rejects.toThrow(/test\.db|malformed|damaged/);
  expect(await readFile(file)).toEqual(damaged);
});

test("D5: a run that was running at kill -9 is finished, and the thread takes the next one", async () => {
  await restart();
  const [question] = openInterrupts(await waitForStatus(app.url, running, "interrupted"));
  expect(question?.value).toMatchObject({ type: "plan_review" });
  const { result } = await sendCommand(app.url, running, {
    method: "run.start",
    params: { assistant_id: "agent", input: write("another.txt"), multitask_strategy: "interrupt" },
  });
  await expect
    .poll(async () => (await getJson(`${app.url}/threads/${running}/runs/${result?.run_id}`)).status)
    .toBe("success");
});

test("D25: a second process on one file is refused by name; on PostgreSQL many servers share the work", async () => {
  await restart();
  const second = startApp({ directory: directory.path });
  await expect(second).rejects.toThrow(/in use|already/i);
  await using place = await temporaryPlace("postgres");
  const graphs = { ask: createAskGraph() };
  await using one = await serveAt(place, { graphs });
  await using two = await serveAt(place, { graphs });
  const { thread_id: threadId } = await clientOf(one.url).threads.create();
  const asked = (await clientOf(two.url).runs.wait(threadId, "ask", { input })) as Record<string, unknown>;
  expect(asked.__interrupt__).toHaveLength(1);
  const command = { resume: { send: true } };
  const answers = await Promise.allSettled(
    [one, two].map(({ url }) => clientOf(url).runs.wait(threadId, "ask", { command })),
  );
  expect(answers.map(({ status }) => status).sort()).toContain("fulfilled");
  const { values } = await clientOf(one.url).threads.getState<{ messages: { content: string }[] }>(threadId);
  expect(values.messages.filter(({ content }) => content === "Sent.")).toHaveLength(1);
});

test("E6: a resume forgets nothing that was said, and neither does a restart", async () => {
  await using place = await temporaryDirectory();
  const first = await serve({ graphs: { ask: createAskGraph() }, directory: place.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "ask", input };
  await sendCommand(first.url, threadId, { method: "run.start", params });
  const [question] = openInterrupts(await waitForStatus(first.url, threadId, "interrupted"));
  await sendCommand(first.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: { send: true } },
  });
  await waitForStatus(first.url, threadId, "idle");
  const told = await readEvents(first.url, threadId);
  const lifecycle = told.filter(
    ({ method, params }) => method === "lifecycle" && params.namespace.length === 0,
  );
  expect(lifecycle.map(({ params: { data } }) => data.event)).toEqual([
    "running",
    "interrupted",
    "running",
    "completed",
  ]);
  expect(told.map(({ method }) => method)).toEqual(
    expect.arrayContaining(["messages", "input.requested", "input.answered", "values"]),
  );
  await first.stop();
  await using second = await serve({ graphs: { ask: createAskGraph() }, directory: place.path });
  expect(await readEvents(second.url, threadId)).toEqual(told);
});
