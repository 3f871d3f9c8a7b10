import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/app.ts";
import { openConversation, type SdkVersion, sdks } from "../support/conversation.ts";
import { temporaryDirectory } from "../support/serve.ts";

const request =
  "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest";

/** Every path below a directory with its size and time: any touch shows. */
function snapshot(directory: string): string[] {
  return (readdirSync(directory, { recursive: true }) as string[])
    .map(
      (path) => `${path} ${statSync(join(directory, path)).size} ${statSync(join(directory, path)).mtimeMs}`,
    )
    .sort();
}

for (const version of Object.keys(sdks) as SdkVersion[]) {
  test(`SDK ${version}: ask, plan, reject with feedback, new revision, approve, done`, async () => {
    await using directory = await temporaryDirectory();
    await using app = await startApp({ directory: directory.path });
    const before = snapshot(app.workspace);
    const threadId = crypto.randomUUID();
    await using chat = await openConversation(app.url, threadId, { version });

    void chat.ask(request);
    const first = await chat.review(1);
    expect(first.value.plan.steps.map(({ tool }) => tool)).toContain("write_file");
    expect(first.value.allowed).toEqual(["approve", "edit", "reject", "ask", "cancel"]);

    const { digest } = first.value.plan;
    await chat.answer({ type: "reject", digest, feedback: "write it to notes.txt instead" });
    const second = await chat.review(2);
    const paths = second.value.plan.steps.map(({ args }) => args.path);
    expect(paths).toContain("notes.txt");
    expect(paths).not.toContain("summary.md");
    expect(second.value.changes?.since).toBe(1);
    expect(second.value.changes?.changed.length).toBeGreaterThan(0);
    expect(snapshot(app.workspace), "nothing was touched before the approval").toEqual(before);

    await chat.answer({ type: "approve", digest: second.value.plan.digest });
    await chat.finished();
    const written = readFileSync(join(app.workspace, "notes.txt"), "utf8");
    for (const path of ["README.md", "todo.md", "data/expenses.csv"]) expect(written).toContain(path);
    expect(existsSync(join(app.workspace, "summary.md"))).toBe(false);
    expect(chat.texts().at(-1)).toMatch(/^ai: .*longest/s);
    const steps = Object.values(chat.now().values.steps ?? {});
    expect(steps.map(({ status }) => status)).toEqual(steps.map(() => "done"));
    expect(chat.now().error).toBeUndefined();
  });
}

test("the process is killed and restarted between any two steps, and nothing that was shown is lost", async () => {
  await using directory = await temporaryDirectory();
  const threadId = crypto.randomUUID();
  let app: RunningApp = await startApp({ directory: directory.path });
  const restart = async () => {
    await app.kill();
    app = await startApp({ directory: directory.path });
    return openConversation(app.url, threadId);
  };
  try {
    let chat = await openConversation(app.url, threadId);
    void chat.ask(request);
    const first = await chat.review(1);
    const shown = chat.texts();
    await chat[Symbol.asyncDispose]();

    chat = await restart();
    expect(await chat.review(1)).toEqual(first);
    expect(chat.texts()).toEqual(shown);
    await chat.answer({ type: "reject", digest: first.value.plan.digest, feedback: "also count the lines" });
    const second = await chat.review(2);
    await chat[Symbol.asyncDispose]();

    chat = await restart();
    expect(await chat.review(2)).toEqual(second);
    expect(second.value.plan.steps.map(({ tool }) => tool)).toContain("count_text");
    await chat.answer({ type: "approve", digest: second.value.plan.digest });
    await chat.finished();
    const done = chat.texts();
    await chat[Symbol.asyncDispose]();

    chat = await restart();
    expect(chat.texts()).toEqual(done);
    expect(chat.now().interrupts).toEqual([]);
    expect(existsSync(join(app.workspace, "summary.md"))).toBe(true);
    await chat[Symbol.asyncDispose]();
  } finally {
    await app.stop();
  }
});

test("a run that was accepted is finished by the next process", async () => {
  await using directory = await temporaryDirectory();
  const threadId = crypto.randomUUID();
  const slow = await startApp({ directory: directory.path, env: { COUNTERSIGN_OFFLINE_DELAY_MS: "40" } });
  {
    await using chat = await openConversation(slow.url, threadId);
    void chat.ask(request);
    await expect.poll(() => chat.now().isLoading).toBe(true);
    await expect.poll(async () => (await chat.client.threads.get(threadId)).status).toBe("busy");
    await slow.kill();
  }
  await using app = await startApp({ directory: directory.path });
  await using chat = await openConversation(app.url, threadId);
  const { value } = await chat.review(1);
  expect(value.plan.steps.length).toBeGreaterThan(2);
});

test("an edited plan runs as edited, and is recorded as edited", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using chat = await openConversation(app.url, crypto.randomUUID());
  void chat.ask('write "milk" to shopping.txt and copy todo.md to todo-copy.md');
  const { value } = await chat.review(1);
  const { title, summary, assumptions, steps, digest } = value.plan;
  const edited = steps
    .filter(({ tool }) => tool === "write_file")
    .map(({ risk: _, ...step }) => ({ ...step, args: { ...step.args, content: "oat milk" }, after: [] }));
  await chat.answer({ type: "edit", digest, plan: { title, summary, assumptions, steps: edited } });
  await chat.finished();
  expect(readFileSync(join(app.workspace, "shopping.txt"), "utf8")).toBe("oat milk");
  expect(existsSync(join(app.workspace, "todo-copy.md"))).toBe(false);
  const decisions = chat.now().values.decisions as { type: string; revision: number; digest: string }[];
  expect(decisions).toMatchObject([{ type: "edit", revision: 2 }]);
  expect(decisions[0]?.digest).not.toBe(digest);
});

test("a stopped plan runs nothing and says so", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const before = snapshot(app.workspace);
  await using chat = await openConversation(app.url, crypto.randomUUID());
  void chat.ask("delete drafts/letter.txt");
  await chat.review(1);
  await chat.answer({ type: "cancel", reason: "not today" });
  await chat.finished();
  expect(chat.texts().at(-1)).toContain("Nothing was run");
  expect(snapshot(app.workspace)).toEqual(before);
});

test("a request that needs no tool is answered without a plan", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using chat = await openConversation(app.url, crypto.randomUUID());
  void chat.ask("what is 12*7+3?");
  await chat.finished();
  expect(chat.texts().at(-1)).toContain("87");
  expect(chat.now().interrupts).toEqual([]);
});
