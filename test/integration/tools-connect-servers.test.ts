import { copyFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type ConnectedServers,
  type ConnectOptions,
  connectServers,
  describeTool,
  type McpConfig,
} from "../../src/tools/index.ts";
import { fixtureServer, temporaryDirectory, toolOf } from "./tools-support.ts";

const open: ConnectedServers[] = [];
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connected) => connected.close()));
  await directory.remove();
});

async function connect(
  mcpServers: McpConfig["mcpServers"],
  options?: ConnectOptions,
): Promise<ConnectedServers> {
  const connected = await connectServers({ mcpServers }, options);
  open.push(connected);
  return connected;
}

const fixture = { command: process.execPath, args: [fixtureServer] };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("connecting", () => {
  test("a server that ends, one that is not there and one that says nothing are reported; the rest work", async () => {
    const connected = await connect(
      {
        ends: { ...fixture, env: { FIXTURE_EXIT: "1" } },
        missing: { command: join(directory.path, "no-such-command") },
        silent: { ...fixture, env: { FIXTURE_SILENT: "1" } },
        unreachable: { url: "http://127.0.0.1:1/mcp" },
        off: { ...fixture, disabled: true },
        works: fixture,
      },
      { connectTimeoutMs: 3_000 },
    );
    expect(connected.servers).toMatchObject([
      {
        name: "ends",
        status: "failed",
        error: /It wrote: “fixture: starting”\. Check its command/,
        tools: [],
      },
      { name: "missing", status: "failed", error: /no-such-command was not found\. Install it/, tools: [] },
      {
        name: "silent",
        status: "failed",
        error: /did not start as an MCP server .*Check its command/,
        tools: [],
      },
      {
        name: "unreachable",
        status: "failed",
        error: /could not be reached .*Check that it runs/,
        tools: [],
      },
      { name: "works", status: "ready" },
    ]);
    expect(await toolOf(connected, "pid").invoke({})).toMatch(/^\d+$/);
  });

  test("a tool keeps its schema, and its name as far as models take it", async () => {
    const connected = await connect({ one: fixture, two: fixture });
    const odd = toolOf(connected, "odd_name_with_things");
    expect(describeTool(odd).inputSchema).toMatchObject({
      properties: { post: { type: "string" } },
      required: ["post"],
    });
    expect(await odd.invoke({ post: "x" })).toBe("odd");
    expect(toolOf(connected, "two__odd_name_with_things")).toMatchObject({ metadata: { server: "two" } });
    const pids = await Promise.all(["pid", "two__pid"].map((name) => toolOf(connected, name).invoke({})));
    expect(new Set(pids).size).toBe(2);
  });

  test("the configuration can say which arguments are content", async () => {
    const name = "odd name/with.things";
    const connected = await connect({
      one: { ...fixture, countersign: { contentArguments: { [name]: ["post"] } } },
    });
    expect(describeTool(toolOf(connected, "odd_name_with_things")).contentArguments).toEqual(["post"]);
  });

  test("a server sees the variables it is given and the few that every program needs, no others", async () => {
    process.env.COUNTERSIGN_TEST_SECRET = "not for children";
    const connected = await connect({ one: { ...fixture, env: { GIVEN: "yes" } } });
    delete process.env.COUNTERSIGN_TEST_SECRET;
    const environment = JSON.parse(await toolOf(connected, "environment").invoke({}));
    expect(environment).toMatchObject({ GIVEN: "yes", PATH: process.env.PATH });
    expect(environment).not.toHaveProperty("COUNTERSIGN_TEST_SECRET");
  });

  test("a configuration of the wrong shape is refused before anything is started", async () => {
    const wrong = { mcpServers: { one: { command: "x", args: [1] } } } as unknown as McpConfig;
    await expect(connectServers(wrong)).rejects.toThrow("mcp.json: mcpServers.one.args[0] is wrong");
  });
});

describe("calling", () => {
  test("an error that the tool reports is a ToolError with its words", async () => {
    const connected = await connect({ one: fixture });
    await expect(toolOf(connected, "fail").invoke({})).rejects.toMatchObject({
      name: "ToolError",
      message: "No luck today. Try tomorrow.",
    });
  });

  test("arguments that do not fit the server's schema are refused with the reason, and not sent", async () => {
    const connected = await connect({ one: fixture });
    await expect(toolOf(connected, "odd_name_with_things").invoke({ post: 5 })).rejects.toThrow(/post/);
  });

  test("what is not text is described", async () => {
    const connected = await connect({ one: fixture });
    expect(await toolOf(connected, "picture").invoke({})).toBe(
      "Here it is.\n[image image/png, 12 kB]\n[resource memo:1 text/plain]\na memo",
    );
  });

  test("the effect's idempotency key reaches the server in _meta", async () => {
    const connected = await connect({ one: fixture });
    const meta = toolOf(connected, "meta");
    const config = { configurable: { countersign_call: { idempotencyKey: "key-1" } } };
    expect(JSON.parse(await meta.invoke({}, config))).toMatchObject({
      "countersign/idempotency-key": "key-1",
    });
    expect(JSON.parse(await meta.invoke({}))).not.toHaveProperty("countersign/idempotency-key");
  });

  test("progress comes out as partial output while the tool runs, the result after it", async () => {
    const connected = await connect({ one: fixture });
    const events: unknown[] = [];
    const release = toolOf(connected, "release");
    const result = await toolOf(connected, "work").invoke(
      { type: "tool_call", id: "call-1", name: "work", args: {} },
      {
        callbacks: [
          {
            async handleToolEvent(chunk: unknown) {
              events.push(chunk);
              if (events.length === 2) await release.invoke({});
            },
          },
        ],
      },
    );
    expect(events).toEqual(["half of it\n", "2 of 2\n"]);
    expect(result).toMatchObject({ content: "all of it", tool_call_id: "call-1" });
  });

  test("an abort ends the call with its reason and reaches the server", async () => {
    const connected = await connect({ one: fixture });
    const abort = new AbortController();
    const reason = new DOMException("the run was cancelled", "AbortError");
    const hanging = toolOf(connected, "hang").invoke(
      {},
      { signal: abort.signal, callbacks: [{ handleToolEvent: () => abort.abort(reason) }] },
    );
    await expect(hanging).rejects.toBe(reason);
    expect(await toolOf(connected, "was_cancelled").invoke({})).toMatch(
      /^cancelled: .*the run was cancelled/,
    );
  });

  test("a signal that aborts later does not cancel a call that is done", async () => {
    const connected = await connect({ one: fixture });
    const abort = new AbortController();
    await toolOf(connected, "pid").invoke({}, { signal: abort.signal });
    abort.abort();
    expect(await toolOf(connected, "pid").invoke({})).toMatch(/^\d+$/);
    await expect(toolOf(connected, "pid").invoke({}, { signal: abort.signal })).rejects.toThrow(/abort/i);
  });

  test("a call without an answer ends with the code of a time-out, and says that it may have run", async () => {
    const connected = await connect({ one: fixture }, { callTimeoutMs: 200 });
    await expect(toolOf(connected, "hang").invoke({})).rejects.toMatchObject({
      name: "ToolCallError",
      code: -32001,
      message: /hang on server "one" gave no answer within 200 ms\. It may have run: look before/,
    });
  });
});

describe("a server that dies", () => {
  test("under a call: the call has the code of a lost connection, and the next one starts the server again", async () => {
    const connected = await connect({ one: fixture });
    const before = await toolOf(connected, "pid").invoke({});
    await expect(toolOf(connected, "die").invoke({})).rejects.toMatchObject({
      code: -32000,
      message: /The answer of die on server "one" was lost/,
    });
    const after = await toolOf(connected, "pid").invoke({});
    expect(after).toMatch(/^\d+$/);
    expect(after).not.toBe(before);
    expect(connected.servers).toMatchObject([{ name: "one", status: "ready" }]);
  });

  test("between calls: it is started again once for all the calls that come then", async () => {
    const connected = await connect({ one: fixture });
    const pid = Number(await toolOf(connected, "pid").invoke({}));
    process.kill(pid, "SIGKILL");
    await expect.poll(() => isAlive(pid)).toBe(false);
    await setImmediate();
    const pids = await Promise.all([1, 2, 3].map(() => toolOf(connected, "pid").invoke({})));
    expect(new Set(pids).size).toBe(1);
    expect(pids[0]).not.toBe(String(pid));
  });

  test("for good: the call says that it was not made, with a code that is not one of doubt", async () => {
    const script = join(directory.path, "server.mjs");
    await copyFile(fixtureServer, script);
    await symlink(join(import.meta.dirname, "../../node_modules"), join(directory.path, "node_modules"));
    const connected = await connect({ one: { command: process.execPath, args: [script] } });
    await expect(toolOf(connected, "die").invoke({})).rejects.toMatchObject({ code: -32000 });
    await rm(script);
    await expect(toolOf(connected, "pid").invoke({})).rejects.toMatchObject({
      name: "ToolCallError",
      code: "server_unavailable",
      message: /^pid was not called: server "one" is not available: .*Cannot find module.*Check its command/s,
    });
    expect(connected.servers).toMatchObject([{ name: "one", status: "failed", error: /Cannot find module/ }]);
    await copyFile(fixtureServer, script);
    expect(await toolOf(connected, "pid").invoke({})).toMatch(/^\d+$/);
    expect(connected.servers).toMatchObject([{ name: "one", status: "ready" }]);
  });
});

test("closing ends the servers that were started, and later calls say so", async () => {
  const connected = await connect({ one: fixture });
  const pid = Number(await toolOf(connected, "pid").invoke({}));
  await connected.close();
  expect(isAlive(pid)).toBe(false);
  await expect(toolOf(connected, "pid").invoke({})).rejects.toMatchObject({
    code: "server_unavailable",
    message: /the connections were closed\. Connect again/,
  });
});
