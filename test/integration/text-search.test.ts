import { describe, expect, test } from "vitest";
import type { ServerOptions, Store } from "../../src/http/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { byApiKey, type Place, serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { sayingGraphs } from "../support/said.ts";

interface Hit {
  thread_id: string;
  graph_id: string | null;
  title: string | null;
  message_id: string | null;
  type: string;
  snippet: string;
  match: [number, number];
  updated_at: string;
}
interface Page {
  hits: Hit[];
  next: string | null;
}
type Message = Record<string, unknown>;

/** A clock by which everything takes a millisecond: no search's time is up before it is done. */
function steady(): () => number {
  let at = Date.now();
  return () => {
    at += 1;
    return at;
  };
}

const human = (id: string, content: unknown): Message => ({ type: "human", id, content });

/** Somebody who says things and looks for them. */
function as(url: string, id = "ana") {
  async function post<T>(path: string, body: object, method = "POST"): Promise<{ status: number; body: T }> {
    const headers = { "content-type": "application/json", "x-api-key": id };
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as T };
  }
  const search = async (query: string, more: object = {}): Promise<Page> => {
    const { status, body } = await post<Page>("/threads/search/text", { query, ...more });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };
  return {
    post,
    search,
    /** Says these on a thread, which is made when need be. */
    async say(
      messages: Message[],
      { graph = "notes", thread = crypto.randomUUID() as string, ...more } = {},
    ) {
      const input = { messages, ...more };
      const run = { assistant_id: graph, input, if_not_exists: "create" };
      const { status, body } = await post(`/threads/${thread}/runs/wait`, run);
      expect(status, JSON.stringify(body)).toBe(200);
      return thread;
    },
    /** All hits, and how many each page had. */
    async all(query: string, more: object = {}): Promise<{ hits: Hit[]; pages: number[] }> {
      const hits: Hit[] = [];
      const pages: number[] = [];
      for (let before: string | null = null; pages.length < 1_000; ) {
        const page = await search(query, { ...more, ...(before ? { before } : {}) });
        hits.push(...page.hits);
        pages.push(page.hits.length);
        before = page.next;
        if (before === null) return { hits, pages };
      }
      throw new Error(`No end of the pages: ${pages}`);
    },
  };
}

const idsOf = (hits: Hit[]) => hits.map(({ message_id }) => message_id);

describe.each(storeKinds)("%s", (kind) => {
  async function serving(options: Partial<Omit<ServerOptions, "store">> = {}) {
    const place = await temporaryPlace(kind);
    const server = await serveAt(place, {
      graphs: sayingGraphs,
      authenticate: byApiKey,
      now: steady(),
      ...options,
    });
    return {
      url: server.url,
      place,
      async [Symbol.asyncDispose]() {
        await server.stop();
        await place[Symbol.asyncDispose]();
      },
    };
  }

  test("a text is found in messages of every kind, in any case, newest threads and messages first", async () => {
    await using server = await serving();
    const ana = as(server.url);
    const call = { id: "c", name: "look", args: { for: "NEEDLE in arguments" }, type: "tool_call" };
    const first = await ana.say([
      human("h1", "Is there a needle in this haystack? A needle!"),
      { type: "ai", id: "a1", content: "", tool_calls: [call] },
      { type: "tool", id: "t1", content: "One Needle,\nfound.", tool_call_id: "c" },
      { type: "ai", id: "a2", content: [{ type: "text", text: "There is: a NEEDLE" }] },
      human("h2", "Thanks."),
    ]);
    const second = await ana.say([{ role: "user", content: "needle" }], { graph: "plain" });
    await ana.say([human("x", "Nothing but hay, needl e.")]);
    await ana.post(`/threads/${first}`, { metadata: { title: "Sewing" } }, "PATCH");
    const { hits, next } = await ana.search("  Needle ");
    expect(next).toBeNull();
    const ofFirst = { thread_id: first, graph_id: "notes", title: "Sewing" };
    expect(hits).toEqual(
      [
        { ...ofFirst, message_id: "a2", type: "ai", snippet: "There is: a NEEDLE", match: [12, 18] },
        { ...ofFirst, message_id: "t1", type: "tool", snippet: "One Needle, found.", match: [4, 10] },
        {
          ...{ ...ofFirst, message_id: "h1", type: "human", match: [11, 17] },
          snippet: "Is there a needle in this haystack? A needle!",
        },
        {
          ...{ thread_id: second, graph_id: "plain", title: null, message_id: null, type: "human" },
          ...{ snippet: "needle", match: [0, 6] },
        },
      ].map((hit) => ({ ...hit, updated_at: expect.stringMatching(/Z$/) })),
    );
    expect((await ana.search("needle", { graph_id: "plain" })).hits).toHaveLength(1);
    expect(await ana.search("needle", { graph_id: "nobody's" })).toEqual({ hits: [], next: null });
    expect((await ana.search("needle, found")).hits).toHaveLength(1);
    expect((await ana.search("NEEDLE in arguments")).hits).toEqual([]);
  });

  test("page by page nothing is missed and nothing comes twice, also when threads change in between", async () => {
    await using server = await serving();
    const ana = as(server.url);
    const threads: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const messages = Array.from({ length: 70 }, (_, m) =>
        human(`${n}-${m}`, m % 20 === 0 ? "rare" : "common"),
      );
      threads.push(await ana.say(messages));
    }
    const rare = [4, 3, 2, 1, 0].flatMap((n) => [60, 40, 20, 0].map((m) => `${n}-${m}`));
    for (const limit of [1, 3, 4, 20, 100]) {
      const { hits, pages } = await ana.all("rare", { limit });
      expect(idsOf(hits)).toEqual(rare);
      for (const length of pages) expect(length).toBeLessThanOrEqual(limit);
    }
    const page = await ana.search("common", { limit: 10 });
    await ana.post(`/threads/${threads[4]}`, { metadata: { title: "changed" } }, "PATCH");
    await ana.post(`/threads/${threads[3]}`, {}, "DELETE");
    const rest = await ana.all("common", { before: page.next });
    const seen = idsOf([...page.hits, ...rest.hits]);
    expect(seen).toHaveLength(4 * 66);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => id?.startsWith("3-"))).toEqual([]);
  });

  test("each request does little, and says where to go on", async () => {
    // At every look at this clock a minute has passed: the time of a request is up at once.
    let at = Date.now();
    const now = () => {
      at += 60_000;
      return at;
    };
    await using server = await serving({ now });
    const ana = as(server.url);
    await ana.say(Array.from({ length: 300 }, (_, m) => human(`a-${m}`, `word ${m}`)));
    await ana.say([human("b", "word")]);
    const { hits, pages } = await ana.all("word", { limit: 100 });
    expect(hits).toHaveLength(301);
    expect(pages.length).toBeGreaterThan(5);
    for (const length of pages) expect(length).toBeLessThanOrEqual(64);
    // Where there is nothing to be found, too, and with a clock that is put back.
    expect((await ana.search("nowhere")).next).not.toBeNull();
    expect(await ana.all("nowhere")).toMatchObject({ hits: [] });
    at -= 3_600_000;
    expect((await ana.all("word", { limit: 100 })).hits).toHaveLength(301);
  });

  test("what was deleted, and what is another's, is not found", async () => {
    const hidden = new Set<string>();
    await using server = await serving({
      authorize: (_identity, action, thread) =>
        action !== "threads.read" || !hidden.has(thread?.threadId ?? ""),
    });
    const [ana, ben] = [as(server.url), as(server.url, "ben")];
    const mine = await ana.say([human("1", "secret one"), human("2", "secret two"), human("3", "other")]);
    const deleted = await ana.say([human("4", "secret four")]);
    const page = await ana.search("secret", { limit: 2 });
    expect(idsOf(page.hits)).toEqual(["4", "2"]);
    expect(await ben.all("secret")).toMatchObject({ hits: [] });
    expect(await ben.all("secret", { before: page.next })).toMatchObject({ hits: [] });
    expect(idsOf((await ana.all("secret", { before: page.next })).hits)).toEqual(["1"]);
    await ana.post(`/threads/${deleted}`, {}, "DELETE");
    await ana.say([human("5", "more")], { thread: mine, gone: ["2"] } as never);
    expect(idsOf((await ana.all("secret")).hits)).toEqual(["1"]);
    hidden.add(mine);
    expect(await ana.all("secret")).toMatchObject({ hits: [] });
    expect(await ana.all("secret", { before: page.next })).toMatchObject({ hits: [] });
  });

  test("what is found is what the state shows, also in the middle of a super-step", async () => {
    await using server = await serving();
    const ana = as(server.url);
    const old = human("old", "Old words");
    const thread = await ana.say([old, human("new", "New words")], { graph: "beside" });
    const { body } = await ana.post<{ values: { messages: { id: string }[] } }>("/threads/search", {
      ids: [thread],
    });
    const [state] = body as unknown as { values: { messages: { id: string }[] } }[];
    expect(state?.values.messages.map(({ id }) => id)).toEqual(["new", "heard"]);
    expect(idsOf((await ana.all("words")).hits)).toEqual(["heard", "new"]);
    expect(idsOf((await ana.all("words", { limit: 1 })).hits)).toEqual(["heard", "new"]);
  });

  test("of a thread of 10,000 messages only what is looked at is read", async () => {
    await using place = await temporaryPlace(kind);
    const read = { contents: 0 };
    const store = reading(place, ({ checkpoints }, threadId, hashes) => {
      read.contents += hashes.length;
      return checkpoints.contents(threadId, hashes);
    });
    const server = createServer({ graphs: sayingGraphs, authenticate: byApiKey, now: steady(), store });
    const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
    try {
      const ana = as(url);
      const messages = Array.from({ length: 10_000 }, (_, n) =>
        human(`${n}`, n === 0 || n > 9_990 ? "Found" : "hay"),
      );
      const thread = await ana.say([human("start", "begin")]);
      await ana.post(`/threads/${thread}/state`, { values: { messages }, as_node: "tidy" });
      read.contents = 0;
      const newest = await ana.search("found", { limit: 2 });
      expect(idsOf(newest.hits)).toEqual(["9999", "9998"]);
      expect(read.contents).toBeLessThan(100);
      const rest = await ana.all("found", { before: newest.next });
      expect(idsOf(rest.hits)).toEqual([...Array.from({ length: 7 }, (_, n) => `${9_997 - n}`), "0"]);
    } finally {
      await stop();
    }
  });
});

type Contents = Store["checkpoints"]["contents"];

/** The place's store, in which contents are read in a way of their own. */
function reading(place: Place, read: (store: Store, ...asked: Parameters<Contents>) => ReturnType<Contents>) {
  const store = place.store();
  const contents: Contents = (...asked) => read(store, ...asked);
  return Object.create(store, {
    checkpoints: { get: () => Object.assign(Object.create(store.checkpoints), { contents }) },
  }) as Store;
}

test("a thread that is deleted while it is looked at is not found, whoever has its id by then", async () => {
  await using place = await temporaryPlace("sqlite");
  let isArmed = false;
  const store = reading(place, async ({ checkpoints, threads }, threadId, hashes) => {
    const found = await checkpoints.contents(threadId, hashes);
    // The message itself, the last that is read: a value, by its first byte.
    if (isArmed && [...found.values()].some(([tag]) => tag === 0x76)) {
      await threads.delete(threadId);
      await threads.create({ threadId, owner: "ana", metadata: {}, at: Date.now() + 1e6 });
    }
    return found;
  });
  const server = createServer({ graphs: sayingGraphs, authenticate: byApiKey, now: steady(), store });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  try {
    const ana = as(url);
    await ana.say([human("1", "needle")]);
    expect((await ana.all("needle")).hits).toHaveLength(1);
    isArmed = true;
    expect((await ana.all("needle")).hits).toEqual([]);
  } finally {
    await stop();
  }
});

test("what must not be shown is not found, not even by looking for it letter by letter", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, {
    graphs: sayingGraphs,
    authenticate: byApiKey,
    now: steady(),
    redact: [{ pattern: /sk-[0-9a-f]{16}/g }],
  });
  const ana = as(server.url);
  const key = "sk-0123456789abcdef";
  await ana.say([human("1", `The key is ${key}, keep it.`)]);
  for (let end = 3; end <= key.length; end += 1)
    expect((await ana.search(key.slice(0, end))).hits).toEqual([]);
  expect((await ana.search("89abcdef, keep")).hits).toEqual([]);
  const { hits } = await ana.search("the key");
  expect(hits.map(({ snippet, match }) => [snippet, snippet.slice(...match)])).toEqual([
    ["The key is [redacted], keep it.", "The key"],
  ]);
});

test("a search that cannot be is refused by its field", async () => {
  await using place = await temporaryPlace("sqlite");
  await using server = await serveAt(place, { graphs: sayingGraphs, authenticate: byApiKey });
  const ana = as(server.url);
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const [body, field] of [
    [{}, "query"],
    [{ query: " \n " }, "query"],
    [{ query: "x".repeat(201) }, "query"],
    [{ query: "x", limit: 0 }, "limit"],
    [{ query: "x", limit: 101 }, "limit"],
    [{ query: "x", before: "nonsense" }, "before"],
    [{ query: "x", before: cursor(["t", "now", 1]) }, "before"],
    [{ query: "x", before: cursor(["t"]) }, "before"],
    [{ query: "x", graph_id: 7 }, "graph_id"],
  ] as const) {
    const refused = await ana.post("/threads/search/text", body);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: "invalid_argument", message: expect.stringContaining(field) },
    });
  }
  const ahead = cursor(["nobody's", Date.now() + 1e6, 5]);
  expect(await ana.search("x", { before: ahead })).toEqual({ hits: [], next: null });
});
