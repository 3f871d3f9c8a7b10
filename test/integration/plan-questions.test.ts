import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ScriptedModel } from "../../src/testing/index.ts";
import { startApp } from "../support/app.ts";
import { getJson, observe, readEvents } from "../support/command.ts";
import { openConversation, type SdkVersion, sdks } from "../support/conversation.ts";
import { createTools, type Received, servePlanAgent, step } from "../support/plan-agent.ts";
import { temporaryDirectory } from "../support/serve.ts";

const request = 'write "milk" to shopping.txt and copy todo.md to todo-copy.md';

for (const version of Object.keys(sdks) as SdkVersion[]) {
  test(`SDK ${version}: a plan is asked about, and answered about, and stays the plan that is decided on`, async () => {
    await using directory = await temporaryDirectory();
    await using app = await startApp({ directory: directory.path });
    const threadId = crypto.randomUUID();
    await using chat = await openConversation(app.url, threadId, { version });
    void chat.ask(request);
    const first = await chat.review(1);
    const { digest, id: planId } = first.value.plan;

    await chat.answer({ type: "ask", digest, question: "What does step 1 do?" });
    await expect.poll(() => chat.now().interrupts.map(({ id }) => id)).not.toContain(first.id);
    const second = await chat.review(1);
    expect(second.id).not.toBe(first.id);
    expect(second.value, "the very same plan").toEqual(first.value);
    expect(chat.texts().slice(-2)).toEqual([
      "human: What does step 1 do?",
      expect.stringMatching(/^ai: - \*\*step 1\*\*, “Write shopping\.txt/),
    ]);
    const streamed = chat.now().messages.map(({ id }) => id ?? "");
    expect(
      streamed.filter((id) => id.startsWith(`about-plan:${digest}:`)),
      "seen while it streams",
    ).toEqual(streamed.slice(-2, -1));
    const about = { planId, revision: 1, digest, at: expect.any(String), by: { id: "local:anonymous" } };
    const state = await chat.client.threads.getState<{ messages: object[] }>(threadId);
    expect(state.values.messages.slice(-2)).toMatchObject([
      { type: "human", additional_kwargs: { about_plan: about } },
      { type: "ai", additional_kwargs: { about_plan: about } },
    ]);
    expect(existsSync(join(app.workspace, "shopping.txt"))).toBe(false);

    await chat.answer({ type: "ask", digest, question: "What is in todo.md?" });
    await expect.poll(() => chat.now().interrupts.map(({ id }) => id)).not.toContain(second.id);
    expect((await chat.review(1)).value.plan.digest).toBe(digest);
    expect(chat.texts().at(-1)).toContain("**todo.md**");

    await chat.answer({ type: "reject", digest, feedback: "write it to list.txt instead" });
    const revised = await chat.review(2);
    expect(revised.value.changes?.changed).toEqual(["s1"]);
    await chat.answer({ type: "ask", digest: revised.value.plan.digest, question: "why?" });
    await expect.poll(() => chat.now().interrupts.map(({ id }) => id)).not.toContain(revised.id);
    const again = await chat.review(2);
    expect(again.value).toEqual(revised.value);

    await chat.answer({ type: "approve", digest: again.value.plan.digest });
    await chat.finished();
    expect(existsSync(join(app.workspace, "list.txt"))).toBe(true);
    expect(chat.texts().at(-1)).toMatch(/^ai: All 2 steps were done\./);
    expect(chat.now().error).toBeUndefined();
  });
}

test("the process is killed in the middle of an answer: the next one answers, and asks about the same plan", async () => {
  await using directory = await temporaryDirectory();
  const threadId = crypto.randomUUID();
  const env = { COUNTERSIGN_OFFLINE_DELAY_MS: "30" };
  const slow = await startApp({ directory: directory.path, env });
  const question = "What does the plan do?";
  const half: string[] = [];
  let asked: unknown;
  {
    await using chat = await openConversation(slow.url, threadId);
    void chat.ask(request);
    const { value } = await chat.review(1);
    asked = value;
    await chat.answer({ type: "ask", digest: value.plan.digest, question });
    const answer = () => chat.texts().slice(chat.texts().indexOf(`human: ${question}`) + 1);
    await expect.poll(() => answer().at(-1) ?? "", { timeout: 20_000, interval: 10 }).toContain("step 1");
    half.push(...answer());
    await slow.kill();
  }
  await using app = await startApp({ directory: directory.path });
  await using chat = await openConversation(app.url, threadId);
  const { value } = await chat.review(1);
  expect(value).toEqual(asked);
  const texts = chat.texts();
  expect(texts.filter((text) => text === `human: ${question}`)).toHaveLength(1);
  expect(texts.slice(-2)).toEqual([`human: ${question}`, expect.stringMatching(/step 1[\s\S]*step 2/)]);
  expect(half, "it was cut off half-way").not.toEqual(texts.slice(-1));
  await chat.answer({ type: "approve", digest: value.plan.digest });
  await chat.finished();
  expect(existsSync(join(app.workspace, "shopping.txt"))).toBe(true);
});

/** A model that plans one note, and answers what it is asked about it. */
const talkative = (answer: string) =>
  new ScriptedModel({
    script: (messages, tools) => {
      const steps = [step("s1")];
      if (tools.includes("propose_plan"))
        return { calls: [{ name: "propose_plan", args: { title: "Plan", summary: "", steps } }] };
      return { text: messages.at(-1)?.text.includes('"decision":"ask"') ? answer : "That is all." };
    },
  });

test("a question about another plan, and one without words, is refused and changes nothing", async () => {
  await using directory = await temporaryDirectory();
  const received: Received[] = [];
  await using chat = await servePlanAgent(
    { model: talkative("Because."), tools: createTools(received) },
    directory.path,
  );
  await chat.ask();
  const open = await chat.question();
  const { digest } = open.value.plan;
  const before = await observe(chat.url, chat.threadId);
  for (const answer of [
    { type: "ask", digest: "0".repeat(64), question: "Why?" },
    { type: "ask", question: "Why?" },
    { type: "ask", digest, question: "  " },
    { type: "ask", digest },
  ]) {
    expect(await chat.answer(open, answer)).toMatchObject({ type: "error" });
    expect(await observe(chat.url, chat.threadId)).toEqual(before);
  }
});

test("a question is answered once, by a run of its own that streams like any other; nothing is approved by it", async () => {
  await using directory = await temporaryDirectory();
  const received: Received[] = [];
  await using chat = await servePlanAgent(
    { model: talkative("Because it was asked for."), tools: createTools(received) },
    directory.path,
  );
  await chat.ask();
  const open = await chat.question();
  const { digest } = open.value.plan;
  const since = (await readEvents(chat.url, chat.threadId)).at(-1)?.seq ?? 0;
  const asking = { type: "ask", digest, question: "Why?" };
  expect(await chat.answer(open, asking)).toMatchObject({ type: "success" });
  expect(await chat.answer(open, asking), "the same again").toMatchObject({
    type: "success",
    meta: { repeated: true },
  });
  await expect.poll(async () => (await chat.question()).id).not.toBe(open.id);
  const late = await chat.answer(open, { type: "approve", digest });
  expect(late, "the question before it is answered already").toMatchObject({ type: "error" });
  const events = await readEvents(chat.url, chat.threadId, { since });
  const said = events.filter(({ method, params }) => {
    return method === "messages" && params.namespace[0]?.startsWith("answer_question:");
  });
  expect(said.map(({ params }) => params.data.event)).toEqual(
    expect.arrayContaining(["message-start", "message-finish"]),
  );
  expect(await getJson(`${chat.url}/threads/${chat.threadId}/runs`)).toHaveLength(2);
  expect(received).toEqual([]);

  await chat.approve();
  const { messages } = await chat.finished();
  expect(received.map(({ text }) => text)).toEqual(["s1"]);
  expect(messages.map(({ content }) => content)).toEqual(
    expect.arrayContaining(["Why?", "Because it was asked for."]),
  );
});
