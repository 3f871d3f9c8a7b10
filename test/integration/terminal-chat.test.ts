import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { getJson, waitForStatus } from "../support/command.ts";
import { openPty, type Pty } from "../support/pty.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { runCli } from "../support/terminal.ts";

/** `countersign chat`, the built one, in a terminal, against the real server and the offline model. */

const request = 'write "milk" to shopping.txt and copy todo.md to todo-copy.md';

const threadOf = (pty: Pty) => /countersign chat --thread\s+(\S{36})/.exec(pty.text())?.[1] ?? "";

async function leave(pty: Pty): Promise<void> {
  pty.press("\u0003");
  await pty.shows(/Ctrl-C again leaves/);
  pty.press("\u0003");
  expect(await pty.ended).toBe(0);
}

/** An editor that does to its file what a program of one line says, one line for each time it is opened. */
function scriptedEditor(directory: string, edits: readonly string[]): string {
  const path = join(directory, "editor.mjs");
  const state = join(directory, "edits");
  writeFileSync(state, "0");
  writeFileSync(
    path,
    `#!${process.execPath}
    import { readFileSync, writeFileSync } from "node:fs";
    const edits = ${JSON.stringify(edits)};
    const at = Number(readFileSync(${JSON.stringify(state)}, "utf8"));
    writeFileSync(${JSON.stringify(state)}, String(at + 1));
    const file = process.argv[2];
    const before = readFileSync(file, "utf8");
    writeFileSync(${JSON.stringify(directory)} + "/seen-" + at, before);
    writeFileSync(file, new Function("text", "return " + edits[at])(before));`,
  );
  chmodSync(path, 0o755);
  return path;
}

test("ask, send back, approve, watch, leave, and come back: without a browser, and without a server before", async () => {
  await using directory = await temporaryDirectory();
  const workspace = join(directory.path, "workspace");
  {
    await using pty = openPty({ args: ["chat", "--as", "ana"], cwd: directory.path });
    await pty.shows(/No server ran, so one was started/);
    await pty.shows(/enter sends/);
    pty.press(`${request}\r`);
    await pty.shows(/a approve {3}e edit {3}d leave out steps {3}r request changes {3}\? ask {3}q stop/);
    expect(pty.text()).toMatch(/write_file {2}path: shopping\.txt {2}content: milk/);
    pty.press("?");
    await pty.shows(/What do you want to know\?/);
    pty.press("what does step 1 do?\r");
    await pty.shows(/what does step 1 do\?[\s\S]*it creates shopping\.txt[\s\S]*a approve/);
    pty.press("r");
    await pty.shows(/What should be different\?/);
    pty.press("write it to list.txt instead\r");
    await pty.shows(/Plan, revision 2, since 1: 1 changed[\s\S]*path was "shopping\.txt"[\s\S]*a approve/);
    expect(existsSync(join(workspace, "list.txt")), "nothing ran before the approval").toBe(false);
    pty.press("a");
    await pty.shows(
      /Revision 2 approved by ana[\s\S]*✓ 1\. [\s\S]*✓ 2\. [\s\S]*All 2 steps were done\.[\s\S]*›$/,
    );
    expect(pty.text()).toContain("Revision 1 sent back by ana (unverified): write it to list.txt instead");
    expect(readFileSync(join(workspace, "list.txt"), "utf8")).toContain("milk");
    await leave(pty);
    expect(threadOf(pty)).not.toBe("");
  }
  await using again = openPty({ args: ["chat", "--last"], cwd: directory.path });
  await again.shows(
    /what does step 1 do\?[\s\S]*it creates shopping\.txt[\s\S]*Revision 1 sent back[\s\S]*Revision 2 approved by ana[\s\S]*All 2 steps were done\.[\s\S]*›/,
  );
  again.press("what is 12*7+3?\r");
  await again.shows(/87[\s\S]*›$/);
  await leave(again);
});

test("a plan is edited in $EDITOR: what is wrong is said and the text kept; what is good runs as edited", async () => {
  await using directory = await temporaryDirectory();
  const EDITOR = scriptedEditor(directory.path, [
    "text",
    "text.replace('tool: write_file', 'tool: [')",
    "text.replace('tool: [', 'tool: no_such_tool')",
    "text.replace('tool: no_such_tool', 'tool: write_file').replace('content: milk', 'content: |\\n        oat milk\\n        bread')",
  ]);
  await using app = await startApp({ directory: directory.path });
  await using pty = openPty({
    args: ["chat", request],
    cwd: directory.path,
    env: { EDITOR, COUNTERSIGN_URL: app.url },
  });
  await pty.shows(/a approve/);
  pty.press("e");
  await pty.shows(/Nothing was changed, and nothing sent\.[\s\S]*a approve/);
  pty.press("e");
  await pty.shows(/✗ [\s\S]*line \d+[\s\S]*e edit again/);
  pty.press("e");
  await pty.shows(/~ step 1: another tool[\s\S]*a send it as edited/);
  pty.press("a");
  await pty.shows(/there is no tool no_such_tool[\s\S]*a approve/);
  expect((await getJson<{ status: string }>(`${app.url}/threads/${await onlyThread(app.url)}`)).status).toBe(
    "interrupted",
  );
  pty.press("e");
  await pty.shows(/~ step 1: another content[\s\S]*a send it as edited/);
  const seen = (at: number) => readFileSync(join(directory.path, `seen-${at}`), "utf8");
  expect(seen(2), "the text that could not be read is kept, with why").toMatch(/^#! .*\n[\s\S]*tool: \[/);
  expect(seen(3), "so is the one the server refused").toContain("tool: no_such_tool");
  pty.press("a");
  await pty.shows(/approved with edits[\s\S]*All 2 steps were done\.[\s\S]*›$/);
  expect(readFileSync(join(app.workspace, "shopping.txt"), "utf8")).toBe("oat milk\nbread\n");
  const { values } = await getJson<{ values: { decisions: object[] } }>(
    `${app.url}/threads/${await onlyThread(app.url)}/state`,
  );
  expect(values.decisions).toMatchObject([{ type: "edit", revision: 2 }]);
  await leave(pty);
});

async function onlyThread(url: string): Promise<string> {
  const response = await fetch(`${url}/threads/search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const [thread] = (await response.json()) as { thread_id: string }[];
  return thread?.thread_id ?? "";
}

test("steps are left out with a key, and the rest runs", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  await using pty = openPty({ args: ["chat", request, "--url", app.url], cwd: directory.path });
  await pty.shows(/a approve/);
  pty.press("d");
  await pty.shows(/\[x\] 1\.[\s\S]*\[x\] 2\./);
  pty.press("2");
  await pty.shows(/\[ \] 2\./);
  pty.press("\r");
  await pty.shows(/approved with edits[\s\S]*›$/);
  expect(existsSync(join(app.workspace, "shopping.txt"))).toBe(true);
  expect(existsSync(join(app.workspace, "todo-copy.md"))).toBe(false);
  await leave(pty);
});

test("somebody else is faster: it says who, and goes on with them", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const env = { COUNTERSIGN_URL: app.url };
  await using ana = openPty({ args: ["chat", request, "--as", "ana"], cwd: directory.path, env });
  await ana.shows(/a approve/);
  const threadId = await onlyThread(app.url);
  await using ben = openPty({
    args: ["chat", "--thread", threadId, "--as", "ben"],
    cwd: directory.path,
    env,
  });
  await ben.shows(/a approve/);
  ana.press("r");
  await ana.shows(/What should be different/);
  ben.press("a");
  for (const pty of [ana, ben])
    await pty.shows(/Revision 1 approved by ben[\s\S]*All 2 steps were done\.[\s\S]*›\s*(?:enter.*)?$/);
  await leave(ana);
  await leave(ben);
  const { stdout } = await runCli(["inbox", "--json"], { url: app.url });
  expect(JSON.parse(stdout)).toEqual([]);
});

test("the server is killed while a plan waits, and while it runs: the terminal waits, and goes on", async () => {
  await using directory = await temporaryDirectory();
  const first = await startApp({ directory: directory.path });
  const port = new URL(first.url).port;
  const again = () =>
    startApp({
      directory: directory.path,
      env: { COUNTERSIGN_PORT: port, COUNTERSIGN_OFFLINE_DELAY_MS: "5" },
    });
  await using pty = openPty({ args: ["chat", request, "--url", first.url], cwd: directory.path });
  await pty.shows(/a approve/);
  await first.kill();
  await pty.shows(/does not answer/);
  const second = await again();
  await expect.poll(() => pty.screen().join("\n"), { timeout: 20_000 }).not.toMatch(/does not answer/);
  pty.press("a");
  const thread = `${second.url}/threads/${await onlyThread(second.url)}`;
  await expect.poll(async () => (await getJson(thread)).status, { interval: 5 }).not.toBe("interrupted");
  await second.kill();
  await using _third = await again();
  await pty.shows(/Revision 1 approved[\s\S]*(?:All 2 steps were done|May have run)/);
  await leave(pty);
});

test("Ctrl-C asks before it stops a run; /go goes on with it", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_OFFLINE_DELAY_MS: "40" },
  });
  await using pty = openPty({ args: ["chat", request, "--url", app.url], cwd: directory.path });
  await pty.shows(/ctrl-c stops it/);
  pty.press("\u0003");
  await pty.shows(/Stop the run\? Ctrl-C again leaves/);
  pty.press("n");
  await expect.poll(() => pty.screen().join("\n")).not.toMatch(/Stop the run/);
  pty.press("\u0003");
  await pty.shows(/Stop the run\?/);
  pty.press("y");
  await pty.shows(/■ Stopped[\s\S]*›/);
  await waitForStatus(app.url, await onlyThread(app.url), "idle");
  pty.press("/go\r");
  await pty.shows(/Plan, revision 1[\s\S]*a approve/);
  pty.press("q");
  await pty.shows(/Drop this plan\?/);
  pty.press("y");
  await pty.shows(/Revision 1 stopped by[\s\S]*Nothing was run\.[\s\S]*›$/);
  await leave(pty);
});

test("without a terminal it reads lines and writes plain ones; the exit code says how it ended", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const waiting = await runCli(["chat", request], { url: app.url });
  expect(waiting.code).toBe(4);
  expect(waiting.stdout).toMatch(
    /Plan, revision 1[\s\S]*a approve[\s\S]*To go on: countersign chat --thread/,
  );
  expect(waiting.stdout).not.toContain("\u001b");
  const thread = /--thread (\S+)/.exec(waiting.stdout)?.[1] ?? "";
  const done = await runCli(["chat", "--thread", thread], {
    url: app.url,
    input: "yes\nr write it to list.txt instead\napprove\nwhat is 12*7+3?\n",
  });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  expect(done.stdout).toMatch(
    /That is none of a, [\s\S]*sent back[\s\S]*revision 2[\s\S]*All 2 steps were done[\s\S]*87/,
  );
  expect(done.stdout).not.toContain("\u001b");
  expect(readFileSync(join(app.workspace, "list.txt"), "utf8")).toContain("milk");
  const nowhere = await runCli(["chat", "--thread", "no-such-thread"], { url: app.url });
  expect(nowhere.code).toBe(1);
});
