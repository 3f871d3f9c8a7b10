import { once } from "node:events";
import http from "node:http";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createServer } from "../../src/http/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { openEvents, sendCommand, waitForStatus } from "../support/command.ts";
import { readDocument } from "../support/document.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const input = { messages: [{ role: "user", content: "hello" }] };
const json = { "content-type": "application/json" };

type Options = Omit<Parameters<typeof serve>[0], "directory" | "graphs">;

async function withServer(options: Options, use: (url: string) => Promise<void>): Promise<void> {
  await using directory = await temporaryDirectory();
  await using server = await serve({
    graphs: { ask: createAskGraph() },
    directory: directory.path,
    ...options,
  });
  await use(server.url);
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...json, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Sends a body piece by piece, without saying how long it is. */
async function postInPieces(url: string, pieces: string[]): Promise<{ status: number; text: string }> {
  const request = http.request(url, { method: "POST", headers: json });
  const answered = once(request, "response");
  for (const piece of pieces) request.write(piece);
  request.end();
  const [response] = (await answered) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, text };
}

test("a body that is too large is a 413, whether it says how large it is or not", async () => {
  await withServer({ limits: { bodyBytes: 1_000 } }, async (url) => {
    const body = (size: number) => JSON.stringify({ metadata: { text: "x".repeat(size) } });
    expect((await post(`${url}/threads`, body(900))).status).toBe(200);
    const refused = await post(`${url}/threads`, body(1_001));
    expect([refused.status, refused.text]).toEqual([
      413,
      expect.stringMatching(/payload_too_large.*1000 bytes. Send less/),
    ]);
    expect((await postInPieces(`${url}/threads`, ['{"metadata"', ":{}}"])).status).toBe(200);
    const pieces = await postInPieces(`${url}/threads`, ['{"metadata":{"text":"', "x".repeat(2_000), '"}}']);
    expect([pieces.status, pieces.text]).toEqual([413, expect.stringContaining("payload_too_large")]);
    const found = await post(`${url}/threads/search`, {});
    expect(JSON.parse(found.text)).toHaveLength(2);
    const socket = new WebSocket(`${url.replace("http", "ws")}/threads/t/stream/events`);
    await once(socket, "open");
    socket.send(body(1_001));
    expect((await once(socket, "close"))[0]).toBe(1009);
  });
});

test("one stream too many on a thread is a 429, and there is room again when one has closed", async () => {
  await withServer({ limits: { streamsPerThread: 2 } }, async (url) => {
    const threadId = crypto.randomUUID();
    const open = () => openEvents(url, threadId, { channels: ["lifecycle"] });
    const statusOf = async () => {
      await using stream = open();
      return (await stream.response).status;
    };
    await using first = open();
    await using second = open();
    expect([(await first.response).status, (await second.response).status]).toEqual([200, 200]);
    const refused = await post(`${url}/threads/${threadId}/stream/events`, { channels: ["lifecycle"] });
    expect(refused.status).toBe(429);
    expect(refused.text).toMatch(/too_many_streams.*Close one, then try again/);
    expect(refused.headers.get("retry-after")).toBe("1");
    const escaped = `%${threadId.charCodeAt(0).toString(16)}${threadId.slice(1)}`;
    const again = await post(`${url}/threads/${escaped}/stream/events`, { channels: ["lifecycle"] });
    expect(again.status).toBe(429);
    const socket = new WebSocket(`${url.replace("http", "ws")}/threads/${threadId}/stream/events`);
    expect((await once(socket, "close"))[0]).toBe(4429);
    // Nothing was started by a run that could not be streamed; another thread has room of its own.
    expect((await post(`${url}/threads/${threadId}/runs/wait`, { assistant_id: "ask", input })).status).toBe(
      429,
    );
    expect((await fetch(`${url}/threads/${threadId}`)).status).toBe(404);
    expect((await openEvents(url, crypto.randomUUID(), { channels: ["input"] }).response).status).toBe(200);

    first.close();
    await expect.poll(statusOf, { interval: 10 }).toBe(200);
    await expect.poll(statusOf, { interval: 10 }).toBe(200);
    const third = new WebSocket(`${url.replace("http", "ws")}/threads/${threadId}/stream/events`);
    await once(third, "open");
    await expect.poll(statusOf, { interval: 10 }).toBe(429);
    third.close();
    await expect.poll(statusOf, { interval: 10 }).toBe(200);
  });
});

test("runs that are streamed or waited for are counted until they have ended, and refusals are not", async () => {
  await withServer({ limits: { streamsPerThread: 1 } }, async (url) => {
    const threadId = crypto.randomUUID();
    const runs = `${url}/threads/${threadId}/runs`;
    for (let round = 0; round < 3; round += 1) {
      const wrong = await post(`${runs}/wait`, { assistant_id: "nobody", if_not_exists: "create" });
      expect(wrong.status).toBe(404);
    }
    const body = { assistant_id: "ask", input, if_not_exists: "create" };
    expect((await post(`${runs}/stream`, body)).status).toBe(200);
    const resume = { assistant_id: "ask", command: { resume: { send: true } } };
    expect((await post(`${runs}/wait`, resume)).status).toBe(200);
    expect((await post(`${runs}/stream`, body)).status).toBe(200);
  });
});

test("one stream too many of an actor is a 429; another has room", async () => {
  const authenticate = (request: Request) => ({ id: request.headers.get("x-api-key") ?? "ana" });
  await withServer({ limits: { streamsPerActor: 1 }, authenticate }, async (url) => {
    await using first = openEvents(url, crypto.randomUUID(), { channels: ["lifecycle"] });
    expect((await first.response).status).toBe(200);
    const path = () => `${url}/threads/${crypto.randomUUID()}/stream/events`;
    const refused = await post(path(), { channels: ["lifecycle"] });
    expect([refused.status, refused.text]).toEqual([429, expect.stringContaining("actor ana")]);
    const socket = new WebSocket(path().replace("http", "ws"));
    expect((await once(socket, "close"))[0]).toBe(4429);
    const ben = new WebSocket(path().replace("http", "ws"), { headers: { "x-api-key": "ben" } });
    await once(ben, "open");
    await expect
      .poll(async () => (await post(path(), { channels: ["x"] }, { "x-api-key": "ben" })).status, {
        interval: 10,
      })
      .toBe(429);
    ben.close();
    // A subscription that is wrong is refused for that as soon as there is room.
    await expect
      .poll(async () => (await post(path(), { channels: ["x"] }, { "x-api-key": "ben" })).status, {
        interval: 10,
      })
      .toBe(400);
  });
});

test("pages and recursion limits beyond the server's are refused by the path of the field", async () => {
  await withServer({ limits: { pageSize: 5, recursionLimit: 30 } }, async (url) => {
    const threadId = crypto.randomUUID();
    const start = (recursion_limit: number) =>
      sendCommand(url, threadId, {
        method: "run.start",
        params: { assistant_id: "ask", input, config: { recursion_limit } },
      });
    expect(await start(31)).toMatchObject({
      type: "error",
      error: "invalid_argument",
      message: "Invalid request. params.config.recursion_limit: at most 30 here. Ask for less.",
    });
    expect((await fetch(`${url}/threads/${threadId}`)).status).toBe(404);
    expect(await start(30)).toMatchObject({ type: "success" });
    await waitForStatus(url, threadId, "interrupted");
    const refused = [
      await post(`${url}/threads/search`, { limit: 6 }),
      await post(`${url}/threads/${threadId}/history`, { limit: 6 }),
      await post(`${url}/interrupts/search`, { limit: 6 }),
      await post(`${url}/assistants/search`, { limit: 6 }),
    ];
    for (const { status, text } of refused) {
      expect([status, text]).toEqual([400, expect.stringContaining("limit: at most 5 here")]);
    }
    const runs = await fetch(`${url}/threads/${threadId}/runs?limit=6`);
    expect([runs.status, await runs.text()]).toEqual([400, expect.stringContaining("limit: at most 5 here")]);
    const config = { recursion_limit: 31 };
    const batch = await post(`${url}/runs/batch`, [{ assistant_id: "ask", input, config }]);
    expect([batch.status, batch.text]).toEqual([400, expect.stringContaining("config.recursion_limit")]);
    expect((await post(`${url}/threads/search`, { limit: 5 })).status).toBe(200);
    const listed = await sendCommand(url, threadId, {
      method: "state.listCheckpoints",
      params: { limit: 6 },
    });
    expect(listed).toMatchObject({ type: "error", message: expect.stringContaining("params.limit") });
  });
});

test("what is wrong is named by its path, and fields that nobody knows are ignored", async () => {
  await withServer({}, async (url) => {
    const wrong = await post(`${url}/threads/search`, { metadata: { a: 1 }, status: "asleep", limit: 0 });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringMatching(/status: .*limit: /)]);
    const nested = await post(`${url}/runs`, { assistant_id: "ask", config: { tags: [1] } });
    expect([nested.status, nested.text]).toEqual([400, expect.stringContaining("config.tags.0: ")]);
    expect((await post(`${url}/threads`, { colour: "red", ttl: null })).status).toBe(200);
  });
});

test("the limits in the README are the code's, and one that is none is refused", () => {
  const rows = [...readDocument("README.md").matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm)];
  const shown = Object.fromEntries(rows.map(([, name, value]) => [name, Number(value)]));
  const options = { graphs: {}, store: sqlite(":memory:") };
  const server = createServer(options);
  expect(shown).toEqual(server.limits);
  for (const bodyBytes of [0, -1, 1.5, Number.NaN]) {
    expect(() => createServer({ ...options, limits: { bodyBytes } })).toThrow(
      /limits\.bodyBytes is .* above 0/,
    );
  }
  return server.close();
});
