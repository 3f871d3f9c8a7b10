import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { openEvents, type WireEvent, waitForStatus } from "../support/command.ts";
import { openConversation } from "../support/conversation.ts";
import { type ChatRequest, type Reply, type Script, startOpenAiServer } from "../support/openai-server.ts";
import { temporaryDirectory } from "../support/serve.ts";

const toolsOf = ({ tools = [] }: ChatRequest) => tools.map(({ function: { name } }) => name);

const plan = {
  title: "Summarise the to-do list",
  summary: "Reads todo.md and writes summary.md.",
  assumptions: [],
  steps: [
    {
      id: "s1",
      title: "Read the list",
      why: "It is what to sum up.",
      tool: "read_file",
      args: { path: "todo.md" },
      after: [],
    },
    {
      id: "s2",
      title: "Write the summary",
      why: "It was asked for.",
      tool: "write_file",
      args: { path: "summary.md" },
      late: { content: "one sentence on s1" },
      after: ["s1"],
    },
  ],
};

/** A language model that plans, fills and sums up, as the agent asks it to. */
function planner(proposal: (n: number) => Reply): Script {
  let proposals = 0;
  return (request) => {
    const tools = toolsOf(request);
    if (tools.includes("fill_arguments"))
      return { calls: [{ name: "fill_arguments", args: { content: "Much to do." } }] };
    if (!tools.includes("propose_plan")) return "Both steps were done: **summary.md** is written.";
    const last = request.messages.at(-1);
    if (last?.role === "user") return { text: "Let me look.", calls: [{ name: "list_files", args: {} }] };
    proposals += 1;
    return proposal(proposals);
  };
}

const propose: Reply = { calls: [{ name: "propose_plan", args: plan }] };

interface TellsPlan {
  draft?: { steps?: unknown[] };
  plan?: unknown;
}

/** What is told of a plan while it is written, up to the whole of it; drafts are not kept once it is there. */
async function readPlans(events: AsyncIterable<WireEvent>): Promise<TellsPlan[]> {
  const told: TellsPlan[] = [];
  for await (const { params } of events) {
    const payload = params.data.payload as TellsPlan;
    told.push(payload);
    if (payload.plan !== undefined) break;
  }
  return told;
}

async function startWith(script: Script) {
  const directory = await temporaryDirectory();
  const openai = await startOpenAiServer({ script });
  const app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_MODEL: "openai:test-model", OPENAI_BASE_URL: openai.url, OPENAI_API_KEY: "sk-test" },
  });
  const threadId = crypto.randomUUID();
  const chat = await openConversation(app.url, threadId);
  return {
    app,
    chat,
    threadId,
    openai,
    async [Symbol.asyncDispose]() {
      await chat[Symbol.asyncDispose]();
      await app.stop();
      await openai.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

test("the same agent through @langchain/openai: the plan streams in, is approved, and runs", async () => {
  await using world = await startWith(planner(() => propose));
  const { chat, app, threadId, openai } = world;
  expect(app.line).toContain("model: openai:test-model");
  await using stream = openEvents(app.url, threadId, { channels: ["custom:plan"] });
  await stream.response;
  const streamed = readPlans(stream.events);
  void chat.ask("sum up my to-do list in summary.md");
  const { value } = await chat.review(1);
  expect(value.plan).toMatchObject({
    title: plan.title,
    steps: [
      { id: "s1", risk: "read" },
      { id: "s2", risk: "write" },
    ],
  });

  const drafts = await streamed;
  expect(drafts.filter(({ draft }) => draft).length).toBeGreaterThan(3);
  const grown = drafts.flatMap(({ draft }) => draft?.steps?.length ?? []);
  expect(grown).toEqual([...grown].sort());
  expect(drafts.at(-1)?.plan).toEqual(value.plan);
  expect(chat.texts().join("\n"), "the model's JSON never shows as chat text").not.toContain('"steps"');

  await chat.answer({ type: "approve", digest: value.plan.digest });
  await chat.finished();
  expect(readFileSync(join(app.workspace, "summary.md"), "utf8")).toBe("Much to do.");
  expect(chat.texts().at(-1)).toContain("summary.md");
  for (const { messages } of openai.requests) {
    const calls = messages.flatMap(({ tool_calls }) => (tool_calls as { id: string }[] | undefined) ?? []);
    const answered = messages.map(({ tool_call_id }) => tool_call_id);
    expect(
      calls.every(({ id }) => answered.includes(id)),
      "every tool call has its answer",
    ).toBe(true);
  }
});

test("what the model got wrong it is told, and may put right; a person sees only the valid plan", async () => {
  const wrong: Reply[] = [
    { calls: [{ name: "propose_plan", args: { ...plan, steps: [{ ...plan.steps[0], tool: "read_fil" }] } }] },
    { calls: [{ name: "propose_plan", args: '{"title": "x", "steps": [' }] },
  ];
  await using world = await startWith(planner((n) => wrong[n - 1] ?? propose));
  const { chat, openai } = world;
  void chat.ask("sum up my to-do list in summary.md");
  const { value } = await chat.review(1);
  expect(value.plan.title).toBe(plan.title);
  const told = JSON.stringify(openai.requests.map(({ messages }) => messages.at(-1)));
  expect(told).toContain("there is no tool read_fil");
  expect(told).toContain("not valid JSON");
});

test("a model that never comes to a valid plan ends with a clear message, not with a hang", async () => {
  await using world = await startWith(
    planner(() => ({ calls: [{ name: "propose_plan", args: "nonsense" }] })),
  );
  const { chat, app } = world;
  void chat.ask("sum up my to-do list in summary.md");
  await chat.finished();
  expect(chat.texts().at(-1)).toMatch(/could not make a plan.*Nothing was run/s);
  expect(existsSync(join(app.workspace, "summary.md"))).toBe(false);
});

test("a key that is refused, and a stream that is cut, fail the run with the reason; trying again goes on", async () => {
  let isWell = false;
  const refuse: Script = (request, n) => {
    if (isWell) return planner(() => propose)(request, n);
    return n === 0
      ? { status: 401, message: "Incorrect API key provided" }
      : { text: "a b c d e f", cutAfter: 3 };
  };
  await using world = await startWith(refuse);
  const { chat, app, threadId, openai } = world;
  await chat.ask("sum up my to-do list in summary.md").catch(() => {});
  const refused = await waitForStatus(app.url, threadId, "error");
  expect(refused.error?.message).toMatch(/key/i);
  expect(openai.requests, "a refused key is not tried again").toHaveLength(1);

  await chat.controller.submit(null).catch(() => {});
  await expect.poll(() => openai.requests.length).toBeGreaterThan(1);
  const cut = await waitForStatus(app.url, threadId, "error");
  expect(cut.error?.message).not.toMatch(/key/i);

  isWell = true;
  void chat.controller.submit(null);
  const { value } = await chat.review(1);
  expect(value.plan.title).toBe(plan.title);
  expect(chat.texts().filter((text) => text.startsWith("human"))).toHaveLength(1);
});

test("a provider that asks for patience gets it", async () => {
  const script: Script = (request, n) =>
    n === 0 ? { status: 429, retryAfter: 1 } : planner(() => propose)(request, n);
  await using world = await startWith(script);
  void world.chat.ask("sum up my to-do list in summary.md");
  expect((await world.chat.review(1)).value.plan.title).toBe(plan.title);
});

test("a file that tells the model what to do gives it no hands", async () => {
  const script: Script = (request, n) => {
    const last = request.messages.at(-1);
    const isTold = last?.role === "tool" && toolsOf(request).includes("propose_plan");
    if (isTold && !JSON.stringify(last.content).includes("may only run")) {
      return { calls: [{ name: "delete_file", args: { path: "todo.md" } }] };
    }
    return planner(() => propose)(request, n);
  };
  await using world = await startWith(script);
  const { chat, app, openai } = world;
  void chat.ask("sum up my to-do list in summary.md");
  await chat.review(1);
  expect(existsSync(join(app.workspace, "todo.md"))).toBe(true);
  expect(JSON.stringify(openai.requests.at(-1)?.messages)).toContain("may only run as a step of a plan");
});
