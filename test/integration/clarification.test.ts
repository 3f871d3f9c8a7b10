import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { getJson, openInterrupts, sendCommand, type WireThread, waitForStatus } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";

interface State {
  values: {
    plan: { steps: { args: Record<string, unknown> }[]; digest: string } | null;
    messages: { name?: string; artifact?: Record<string, unknown> }[];
    usage: { calls: number };
  };
}

test("a name that two files have is asked about; the question outlives a kill, and only a good answer counts", async () => {
  await using directory = await temporaryDirectory();
  const workspace = join(directory.path, "workspace");
  for (const folder of ["notes", "drafts"]) {
    mkdirSync(join(workspace, folder), { recursive: true });
    writeFileSync(join(workspace, folder, "ideas.txt"), `${folder}\n`);
  }
  const threadId = crypto.randomUUID();
  let app = await startApp({ directory: directory.path });
  const input = { messages: [{ role: "user", content: "delete ideas.txt" }] };
  await sendCommand(app.url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
  const [asked] = openInterrupts(await waitForStatus(app.url, threadId, "interrupted"));
  expect(asked?.value).toEqual({
    type: "clarification",
    question: "Several files are called ideas.txt. Which do you mean?",
    choices: [{ label: "drafts/ideas.txt" }, { label: "notes/ideas.txt" }],
    multiple: true,
    allowed: ["answer", "cancel"],
  });

  await app.kill();
  app = await startApp({ directory: directory.path });
  await using _app = app;
  const answer = (response: unknown) =>
    sendCommand(app.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: asked?.id, response },
    });
  for (const wrong of [
    { type: "answer" },
    { type: "answer", text: " " },
    { type: "answer", choice: "todo.md" },
    { type: "answer", choice: [] },
    { type: "answer", choice: "todo.md", text: "that one" },
    { type: "approve" },
    "notes/ideas.txt",
  ]) {
    const refused = await answer(wrong);
    expect([refused.type, JSON.stringify(wrong)]).toEqual(["error", JSON.stringify(wrong)]);
  }
  const thread = await getJson<WireThread>(`${app.url}/threads/${threadId}`);
  expect(openInterrupts(thread).map(({ id }) => id)).toEqual([asked?.id]);

  await answer({ type: "answer", choice: "notes/ideas.txt" });
  await expect
    .poll(async () => openInterrupts(await waitForStatus(app.url, threadId, "interrupted"))[0]?.value.type)
    .toBe("plan_review");
  const { values } = await getJson<State>(`${app.url}/threads/${threadId}/state`);
  expect(values.plan?.steps.map(({ args }) => args)).toEqual([{ path: "notes/ideas.txt" }]);
  const record = values.messages.find(({ name }) => name === "ask_person")?.artifact;
  expect(record).toMatchObject({
    question: { type: "clarification" },
    answer: { type: "answer", choice: "notes/ideas.txt" },
    by: { verified: false },
    at: expect.any(String),
  });
  expect(values.usage.calls).toBeGreaterThan(1);
  expect(existsSync(join(workspace, "notes/ideas.txt"))).toBe(true);
});
