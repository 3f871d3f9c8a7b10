import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { publishedCli, startApp } from "../support/app.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";

function run(directory: string, ...args: string[]) {
  const env = { PATH: process.env.PATH ?? "", HOME: directory };
  const { status, stdout, stderr } = spawnSync(process.execPath, [publishedCli, ...args], {
    cwd: directory,
    env,
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}` };
}

async function askForPlan(url: string): Promise<string> {
  const threadId = crypto.randomUUID();
  const input = { messages: [{ role: "user", content: "Write hello into hello.txt" }] };
  await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  await waitForStatus(url, threadId, "interrupted");
  return threadId;
}

test("a backup taken while the server runs can be restored, and its open question answered", async () => {
  await using directory = await temporaryDirectory();
  const first = await startApp({ directory: directory.path });
  const threadId = await askForPlan(first.url);
  expect(run(directory.path, "backup", "copy.db")).toMatchObject({
    status: 0,
    output: expect.stringMatching(/^Backed up .* to .*copy\.db \(\d+\.\d MB\)\.\n$/),
  });
  expect(run(directory.path, "restore", "copy.db")).toMatchObject({
    status: 1,
    output: expect.stringMatching(/is in use by another Countersign process \(pid \d+\)/),
  });
  await fetch(`${first.url}/threads/${threadId}`, { method: "DELETE" });
  const later = await askForPlan(first.url);
  await first.stop();

  const restored = run(directory.path, "restore", "copy.db");
  expect(restored).toMatchObject({
    status: 0,
    output: expect.stringMatching(/What was there is now .*before-restore/),
  });
  expect(
    readdirSync(join(directory.path, ".countersign")).some((name) => name.includes("before-restore")),
  ).toBe(true);
  await using second = await startApp({ directory: directory.path });
  expect((await fetch(`${second.url}/threads/${later}`)).status).toBe(404);
  const thread = await waitForStatus(second.url, threadId, "interrupted");
  const [question] = openInterrupts(thread);
  const { digest } = (question?.value.plan ?? {}) as { digest?: string };
  const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
  expect(await sendCommand(second.url, threadId, { method: "input.respond", params })).toMatchObject({
    type: "success",
  });
  await waitForStatus(second.url, threadId, "idle");
  expect(existsSync(join(second.workspace, "hello.txt"))).toBe(true);
});

test("what is no backup is refused, and changes nothing", async () => {
  await using directory = await temporaryDirectory();
  expect(run(directory.path, "backup", "copy.db")).toMatchObject({
    status: 1,
    output: expect.stringMatching(/^There is no database .*COUNTERSIGN_DATA/),
  });
  const app = await startApp({ directory: directory.path });
  const threadId = await askForPlan(app.url);
  await app.stop();
  run(directory.path, "backup", "copy.db");
  expect(run(directory.path, "backup", "copy.db").output).toMatch(/copy\.db exists already/);
  writeFileSync(join(directory.path, "text.db"), "no database ".repeat(1000));
  const newer = new Database(join(directory.path, "newer.db"));
  newer.pragma("user_version = 99");
  newer.close();
  for (const [file, words] of [
    ["nothing.db", /There is no file/],
    ["text.db", /is no database of Countersign/],
    ["newer.db", /has schema 99/],
  ] as const) {
    expect(run(directory.path, "restore", file)).toMatchObject({
      status: 1,
      output: expect.stringMatching(words),
    });
  }
  expect(run(directory.path, "restore")).toMatchObject({
    status: 1,
    output: expect.stringMatching(/which backup/),
  });
  await using again = await startApp({ directory: directory.path });
  expect(await getJson(`${again.url}/threads/${threadId}`)).toMatchObject({ status: "interrupted" });
});

test("the doctor finds nothing wrong with a healthy server, running or not", async () => {
  await using directory = await temporaryDirectory();
  expect(run(directory.path, "doctor")).toMatchObject({
    status: 0,
    output: expect.stringContaining("no database"),
  });
  const app = await startApp({ directory: directory.path });
  await askForPlan(app.url);
  const whileRunning = run(directory.path, "doctor");
  expect(whileRunning).toMatchObject({ status: 0, output: expect.stringContaining("All promises") });
  await app.kill();
  expect(run(directory.path, "doctor").status).toBe(0);
});

const damages = [
  [
    "a status that its rows do not say",
    "UPDATE threads SET status = 'busy'",
    /status is what its runs and questions say/,
  ],
  ["an answer by nobody", "UPDATE interrupts SET status = 'answered'", /Every answer has its actor/],
  ["a question shown otherwise", "UPDATE interrupts SET value = '{}'", /digest is that of what was shown/],
  [
    "a question the log does not know",
    "DELETE FROM events WHERE method = 'input.requested'",
    /told of in the log/,
  ],
  [
    "a question the graph does not know",
    "DELETE FROM writes WHERE channel = '__interrupt__'",
    /the graph's own writes/,
  ],
  ["a lost content", "DELETE FROM contents WHERE rowid = 1", /Every content is whole/],
  ["a content that was changed", "UPDATE contents SET bytes = x'00' WHERE rowid = 1", /what its name says/],
  ["a seq from nowhere", "UPDATE threads SET last_seq = 1", /seq beyond/],
] as const;

test("the doctor finds every damage that is done to a healthy database", async () => {
  await using directory = await temporaryDirectory();
  const app = await startApp({ directory: directory.path });
  await askForPlan(app.url);
  run(directory.path, "backup", "healthy.db");
  await app.stop();
  const path = join(directory.path, ".countersign", "countersign.db");
  for (const [what, damage, finding] of damages) {
    copyFileSync(join(directory.path, "healthy.db"), path);
    const db = new Database(path);
    db.exec(damage);
    db.close();
    const { status, output } = run(directory.path, "doctor");
    const broken = output.split("\n").filter((line) => line.startsWith("BROKEN"));
    expect.soft({ what, status }).toEqual({ what, status: 1 });
    expect.soft(broken.join("\n"), what).toMatch(finding);
  }
});
