import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/app.ts";
import { getJson, sendCommand, waitForStatus } from "../support/command.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";
import { cli, runCli } from "../support/terminal.ts";

/** `countersign inbox`, `approve`, `reject` and `answer` as scripts use them, against the built app. */

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let app: RunningApp;

beforeAll(async () => {
  directory = await temporaryDirectory();
  app = await startApp({ directory: directory.path });
});

afterAll(async () => {
  await app.stop();
  await directory[Symbol.asyncDispose]();
});

interface Listed {
  id: string;
  thread_id: string;
  status: string;
  value: { type: string; plan: { revision: number; digest: string } };
  answered_by: string | null;
}

async function ask(content: string): Promise<string> {
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content }] };
  await sendCommand(app.url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  await waitForStatus(app.url, threadId, "interrupted");
  return threadId;
}

async function openOn(threadId: string): Promise<Listed> {
  const { code, stdout } = await runCli(["inbox", "--json"], { url: app.url });
  expect(code).toBe(0);
  const found = (JSON.parse(stdout) as Listed[]).find((one) => one.thread_id === threadId);
  expect(found).toBeDefined();
  return found!;
}

test("ask, look into the inbox, send back, approve: each with JSON and an exit code", async () => {
  const threadId = await ask('write "milk" to shopping.txt');
  const first = await openOn(threadId);
  expect(first).toMatchObject({ status: "open", value: { type: "plan_review", plan: { revision: 1 } } });

  const again = ["reject", first.id, "--feedback", "write it to kept.txt instead", "--as", "ana", "--json"];
  const rejected = await runCli([...again, "--wait"], { url: app.url });
  const second = await openOn(threadId);
  expect(second.value.plan.revision).toBe(2);
  expect(rejected.code, "another question waits").toBe(4);
  expect(JSON.parse(rejected.stdout)).toMatchObject({
    interrupt_id: first.id,
    thread_id: threadId,
    repeated: false,
    status: "interrupted",
    interrupts: [second.id],
  });

  const repeated = await runCli(again, { url: app.url });
  expect([repeated.code, JSON.parse(repeated.stdout).repeated]).toEqual([0, true]);
  expect(existsSync(join(app.workspace, "kept.txt")), "nothing ran yet").toBe(false);

  const approved = await runCli(["approve", second.id, "--wait", "--as", "ben"], { url: app.url });
  expect(approved).toMatchObject({ code: 0, stderr: "" });
  expect(approved.stdout).toContain("The run is done.");
  expect(existsSync(join(app.workspace, "shopping.txt"))).toBe(false);
  expect(existsSync(join(app.workspace, "kept.txt"))).toBe(true);
  const { values } = await getJson<{ values: { decisions: object[] } }>(
    `${app.url}/threads/${threadId}/state`,
  );
  expect(values.decisions).toMatchObject([
    { type: "reject", feedback: "write it to kept.txt instead", by: { id: "local:ana", verified: false } },
    { type: "approve", by: { id: "local:ben" } },
  ]);
});

test("somebody else has decided: exit code 3, and who", async () => {
  const { id } = await openOn(await ask("create the folder decided"));
  expect((await runCli(["approve", id, "--as", "ana", "--wait"], { url: app.url })).code).toBe(0);
  const late = await runCli(["approve", id, "--as", "ben", "--json"], { url: app.url });
  expect(late.code).toBe(3);
  expect(late.stderr).toMatch(/^ana was first .*: your answer did not count\.\n$/);
  expect(JSON.parse(late.stdout)).toMatchObject({
    error: "no_such_interrupt",
    winner: { answered_by: "local:ana", answered_at: expect.any(String) },
  });
});

test("ten at once: one wins, nine are told who", async () => {
  const { id } = await openOn(await ask("create the folder race"));
  const names = Array.from({ length: 10 }, (_, index) => `person-${index}`);
  const ended = await Promise.all(
    names.map((name) => runCli(["approve", id, "--as", name], { url: app.url })),
  );
  const winner = names[ended.findIndex(({ code }) => code === 0)];
  expect(ended.map(({ code }) => code).toSorted()).toEqual([0, ...Array(9).fill(3)]);
  for (const { code, stderr } of ended) if (code === 3) expect(stderr).toContain(`${winner} was first`);
});

test("any question is answered with JSON, by option or from stdin; what is not valid is said, and stays open", async () => {
  const threadId = await ask('write "milk" to list.txt');
  const { id, value } = await openOn(threadId);
  const { digest } = value.plan;
  const wrong = await runCli(["answer", id], { url: app.url, input: '{"type":"approve","digest":"other"}' });
  expect(wrong.code).toBe(1);
  expect(JSON.parse(wrong.stdout || "{}")).toEqual({});
  expect(wrong.stderr).toContain("is not valid");
  expect((await openOn(threadId)).id).toBe(id);
  const asText = await runCli(["answer", id], { url: app.url, input: "yes please" });
  expect([asText.code, asText.stderr]).toEqual([2, expect.stringContaining("is no JSON")]);
  const done = await runCli(["answer", id, "--wait"], {
    url: app.url,
    input: JSON.stringify({ type: "approve", digest }),
  });
  expect([done.code, JSON.parse(done.stdout).status]).toEqual([0, "idle"]);
  expect(readFileSync(join(app.workspace, "list.txt"), "utf8")).toContain("milk");
});

test("a plan is asked about: --wait comes back with the answer in the thread, and the plan under a new id", async () => {
  const threadId = await ask('write "milk" to asked.txt');
  const first = await openOn(threadId);
  const question = { type: "ask", digest: first.value.plan.digest, question: "What does step 1 do?" };
  const asked = await runCli(["answer", first.id, "--json", JSON.stringify(question), "--wait"], {
    url: app.url,
  });
  const again = await openOn(threadId);
  expect(asked.code, "the plan waits again").toBe(4);
  expect(JSON.parse(asked.stdout)).toMatchObject({ status: "interrupted", interrupts: [again.id] });
  expect(again.id).not.toBe(first.id);
  expect(again.value).toEqual(first.value);
  expect(existsSync(join(app.workspace, "asked.txt"))).toBe(false);
  const { values } = await getJson<{ values: { messages: { content: string }[] } }>(
    `${app.url}/threads/${threadId}/state`,
  );
  expect(values.messages.at(-1)?.content).toContain("creates asked.txt");
  expect((await runCli(["approve", again.id, "--wait"], { url: app.url })).code).toBe(0);
  expect(existsSync(join(app.workspace, "asked.txt"))).toBe(true);
});

test("a question that offers no approval is not approved: it says what it takes", async () => {
  await using own = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: own.path });
  const threadId = crypto.randomUUID();
  const params = { assistant_id: "ask", input: { messages: [{ role: "user", content: "hello" }] } };
  await sendCommand(server.url, threadId, { method: "run.start", params });
  await waitForStatus(server.url, threadId, "interrupted");
  const listed = await runCli(["inbox", "--json", "--graph", "ask"], { url: server.url });
  const [{ id }] = JSON.parse(listed.stdout) as [Listed];
  expect(JSON.parse((await runCli(["inbox", "--json", "--graph", "x"], { url: server.url })).stdout)).toEqual(
    [],
  );
  const approved = await runCli(["approve", id], { url: server.url });
  expect(approved.code).toBe(1);
  expect(approved.stderr).toContain(`countersign answer ${id}`);
  const answered = await runCli(["answer", id, "--json", '{"send":true}', "--wait"], { url: server.url });
  expect(answered).toMatchObject({ code: 0, stderr: "" });
});

test("an inbox that is watched tells what opens and what became of it", async () => {
  const child = spawn(process.execPath, [cli, "inbox", "--watch", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH ?? "", COUNTERSIGN_URL: app.url },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (id: string): Promise<Listed> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("The inbox ended.");
      const question = JSON.parse(value) as Listed;
      if (question.id === id) return question;
    }
  };
  try {
    const { id } = await openOn(await ask("create the folder watched"));
    expect(await next(id)).toMatchObject({ status: "open" });
    await runCli(["approve", id, "--as", "ana"], { url: app.url });
    expect(await next(id)).toMatchObject({ status: "answered", answered_by: "local:ana" });
  } finally {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    expect(await exited).toBe(0);
  }
});

test("a wrong command line is 2, and says how it goes; no server, or something else there, is 1", async () => {
  for (const args of [
    ["approve"],
    ["approve", "a", "b"],
    ["reject", "a"],
    ["inbox", "--colour"],
    ["inbox", "--url", "localhost"],
  ]) {
    const { code, stderr, stdout } = await runCli(args, { url: app.url });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`countersign ${args[0]}`);
  }
  const help = await runCli(["approve", "--help"], {});
  expect([help.code, help.stdout]).toEqual([0, expect.stringContaining("countersign approve <interrupt>")]);
  const nobody = await runCli(["inbox", "--json"], { url: "http://127.0.0.1:1" });
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toMatch(/^No server answers at http:\/\/127\.0\.0\.1:1.*countersign start/);
  expect(JSON.parse(nobody.stdout)).toMatchObject({ error: "unreachable" });
  const unknown = await runCli(["approve", "0123", "--json"], { url: app.url });
  expect([unknown.code, JSON.parse(unknown.stdout).error]).toEqual([1, "no_such_interrupt"]);
});

test("a server that asks for a login gets the token of the environment", async () => {
  await using own = await temporaryDirectory();
  const token = "a-long-enough-secret";
  await using guarded = await startApp({ directory: own.path, env: { COUNTERSIGN_TOKEN: token } });
  const without = await runCli(["inbox"], { url: guarded.url });
  expect([without.code, without.stderr]).toEqual([
    1,
    "This server asks for a token. Set COUNTERSIGN_TOKEN.\n",
  ]);
  const withIt = await runCli(["inbox"], { url: guarded.url, env: { COUNTERSIGN_TOKEN: token } });
  expect(withIt).toMatchObject({ code: 0, stdout: "No question is open.\n" });
});
