import { expect, test } from "vitest";
import { openEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";
import { openSocket } from "../support/socket.ts";

/** What becomes of those who follow a thread when it is deleted. */

const input = { messages: [{ role: "user", content: "hello" }] };

/** A server whose clock can be put forward. */
async function open() {
  const directory = await temporaryDirectory();
  let ahead = 0;
  const server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    now: () => Date.now() + ahead,
  });
  const { url } = server;
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    expect(response.status, path).toBeLessThan(300);
    return JSON.parse((await response.text()) || "{}") as Record<string, unknown>;
  };
  return {
    url,
    send,
    /** A thread that asks. */
    async ask(terms: object = {}): Promise<string> {
      const threadId = crypto.randomUUID();
      await send("POST", "/threads", { thread_id: threadId, ...terms });
      const params = { assistant_id: "ask", input };
      await sendCommand(url, threadId, { method: "run.start", params });
      await waitForStatus(url, threadId, "interrupted");
      return threadId;
    },
    putForward(ms: number) {
      ahead += ms;
    },
    async [Symbol.asyncDispose]() {
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

const ways: [string, (opened: Opened, threadId: string) => unknown][] = [
  ["by name", ({ send }, threadId) => send("DELETE", `/threads/${threadId}`)],
  [
    "among others",
    ({ send }, threadId) => send("POST", "/threads/prune", { thread_ids: [threadId], strategy: "delete" }),
  ],
  ["since its time is up", ({ putForward }) => putForward(120_000)],
  [
    "with its assistant",
    async ({ send }, threadId) => {
      const { assistant_id: id } = await send("POST", "/assistants", { graph_id: "ask" });
      await send("PATCH", `/threads/${threadId}`, { metadata: { assistant_id: id } });
      await send("DELETE", `/assistants/${id}?delete_threads=true`);
    },
  ],
];

test.each(ways)(
  "a thread that is deleted %s ends its event stream, its socket and its classic stream",
  async (_way, remove) => {
    await using opened = await open();
    const { url, ask } = opened;
    const threadId = await ask({ ttl: 1 }); // in minutes
    const other = await ask();
    await using stream = openEvents(url, threadId, { channels: ["lifecycle", "input"] });
    await using elsewhere = openEvents(url, other, { channels: ["input"] });
    expect((await stream.events.next()).value?.method).toBe("lifecycle");
    expect((await elsewhere.events.next()).value?.method).toBe("input.requested");
    using socket = openSocket(url, threadId);
    await socket.opened;
    await socket.command("subscription.subscribe", { channels: ["input"] });
    await expect.poll(() => socket.events().length).toBe(1);
    const reader = (await fetch(`${url}/threads/${threadId}/stream`)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^:/);
    const classic = reader?.read();

    await remove(opened, threadId);
    while (!(await stream.events.next()).done);
    expect(await classic).toEqual({ done: true, value: undefined });
    expect(await socket.closed).toBe(4404);
    // Others are followed as before.
    const said = elsewhere.events.next();
    await opened.send("DELETE", `/threads/${other}`);
    expect(await said).toEqual({ done: true, value: undefined });
  },
);

test("the stream of a run that waits its turn, and whoever waits for it, end with the thread", async () => {
  await using opened = await open();
  const { url, ask, send } = opened;
  const threadId = await ask();
  const queued = { assistant_id: "ask", input, multitask_strategy: "enqueue" };
  const { run_id: runId } = await send("POST", `/threads/${threadId}/runs`, queued);
  const run = `${url}/threads/${threadId}/runs/${runId}`;
  const [streamed, joined] = await Promise.all([fetch(`${run}/stream`), fetch(`${run}/join`)]);
  expect([streamed.status, joined.status]).toEqual([200, 200]);
  const texts = [streamed.text(), joined.text()];
  await send("DELETE", `/threads/${threadId}`);
  const [said = "", result = ""] = await Promise.all(texts);
  expect(said).toMatch(/event: end\ndata: .*"status":"pending"/);
  expect(JSON.parse(result)).toMatchObject({ __error__: { error: "no_such_thread" } });
});

test("a stream that is opened when a thread was deleted waits for the next one of its id", async () => {
  await using opened = await open();
  const { url, ask, send } = opened;
  const threadId = await ask();
  await using before = openEvents(url, threadId, { channels: ["input"] });
  expect((await before.events.next()).value?.method).toBe("input.requested");
  await send("DELETE", `/threads/${threadId}`);
  expect(await before.events.next()).toEqual({ done: true, value: undefined });
  await using after = openEvents(url, threadId, { channels: ["lifecycle"] });
  await after.response;
  const next = after.events.next();
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "ask", input } });
  expect((await next).value).toMatchObject({ seq: 1, params: { data: { event: "running" } } });
});
