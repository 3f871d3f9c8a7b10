import { tool } from "@langchain/core/tools";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { PlanRecord } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { connectServers } from "../../src/tools/index.ts";
import { readEvents } from "../support/command.ts";
import { servePlanAgent, statuses } from "../support/plan-agent.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { fixtureServer } from "./tools-support.ts";

const image = (bytes: number) => Buffer.alloc(bytes, 7).toString("base64");

/** Plans these steps once, and keeps everything that it was sent. */
function planner(steps: object[], heard: string[] = []) {
  return new ScriptedModel({
    script: (messages, tools) => {
      heard.push(JSON.stringify(messages.map(({ content }) => content)));
      if (tools.includes("fill_arguments"))
        return { calls: [{ name: "fill_arguments", args: { text: "seen" } }] };
      if (!tools.includes("propose_plan")) return { text: "That is all." };
      return { calls: [{ name: "propose_plan", args: { title: "Plan", summary: "", steps } }] };
    },
  });
}

const drawing = (id: string, args: object, after: string[] = []) => ({
  id,
  title: `Draw ${id}`,
  why: "",
  tool: "gallery",
  args,
  after,
});

async function connect() {
  const connected = await connectServers({
    mcpServers: { fixture: { command: process.execPath, args: [fixtureServer] } },
  });
  onTestFinished(() => connected.close());
  return connected.tools;
}

const note = () =>
  Object.assign(
    tool(({ text }) => text, { name: "note", description: "Notes.", schema: z.object({ text: z.string() }) }),
    { metadata: { contentArguments: ["text"] } },
  );

test("images that an MCP tool returns stay with its step and in its record, and go to no model", async () => {
  await using directory = await temporaryDirectory();
  const heard: string[] = [];
  const late = { id: "s2", title: "Note", why: "", tool: "note", args: {}, late: { text: "what was drawn" } };
  const steps = [drawing("s1", { count: 1, bytes: 3_000 }), { ...late, after: ["s1"] }];
  const options = { model: planner(steps, heard), tools: [...(await connect()), note()] };
  await using chat = await servePlanAgent(options, directory.path);
  await chat.ask();
  await chat.approve({ autonomy: "through" });
  const end = await chat.finished();
  const media = [
    { type: "image", mime_type: "image/png", data: image(3_000) },
    { type: "image", mime_type: "image/webp", data: image(3_000) },
  ];
  expect(end.steps.s1).toMatchObject({
    status: "done",
    media,
    output: "[image image/png, 3 kB]\n[resource chart:1 image/webp, 3 kB]",
  });
  const record = end.messages.find(({ type }) => type === "tool")?.artifact as PlanRecord;
  expect(record.steps?.s1?.media).toEqual(media);
  expect(heard.length, "planned, filled, summed up").toBe(3);
  for (const conversation of heard) expect(conversation).not.toContain(image(300));
  const events = await readEvents(chat.url, chat.threadId, { channels: ["custom", "tools"] });
  const told = events.filter(({ method }) => method === "custom" || method === "tools");
  expect(told.length).toBeGreaterThan(3);
  expect(JSON.stringify(told), "they are large").not.toContain(image(300));
});

test.each([
  [
    "more than four",
    { count: 6, bytes: 100 },
    4,
    "[3 images were not kept: a step keeps 4 images, and 2 MB in all]",
  ],
  [
    "more than 2 MB",
    { count: 1, bytes: 1_200_000 },
    1,
    "[1 image was not kept: a step keeps 4 images, and 2 MB",
  ],
])("of %s images so many are kept, and the output says so", async (_, args, kept, words) => {
  await using directory = await temporaryDirectory();
  const options = { model: planner([drawing("s1", args)]), tools: await connect() };
  await using chat = await servePlanAgent(options, directory.path);
  await chat.ask();
  await chat.approve({ autonomy: "through" });
  const { steps } = await chat.finished();
  expect(steps.s1?.media).toHaveLength(kept);
  expect(steps.s1?.output).toContain(words);
});

test("a picture that was recorded before a crash is the step's after it, and is not drawn again", async () => {
  await using directory = await temporaryDirectory();
  let drawn = 0;
  let begun = () => {};
  const isHanging = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const draw = tool(
    (_args: object, config) => {
      drawn += 1;
      config.configurable?.countersign_call?.showImage("image/png", image(90));
      return "drawn";
    },
    { name: "gallery", description: "Draws.", schema: z.object({}) },
  );
  const hang = tool(
    async (_args: object, config) => {
      begun();
      await new Promise((_resolve, reject) => {
        config.signal?.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")));
      });
    },
    { name: "hang", description: "Hangs.", schema: z.object({}) },
  );
  const steps = [drawing("s1", {}), { ...drawing("s2", {}), tool: "hang" }];
  const first = await servePlanAgent({ model: planner(steps), tools: [draw, hang] }, directory.path);
  const { threadId } = first;
  await first.ask();
  await first.approve({ autonomy: "through" });
  await isHanging;
  await expect.poll(() => drawn).toBe(1);
  const isRecorded = async () =>
    JSON.stringify(await readEvents(first.url, threadId, { channels: ["custom"] })).includes(
      '"status":"done"',
    );
  await expect.poll(isRecorded).toBe(true);
  // The super-step of both never ended: the state knows of neither.
  await first[Symbol.asyncDispose]();

  await using second = await servePlanAgent({ model: planner([]), tools: [draw, hang] }, directory.path);
  second.onThread(threadId);
  const question = await second.question();
  expect(question.value.type).toBe("effect_in_doubt");
  await second.answer(question, { type: "done", result: "by hand" });
  const end = await second.finished();
  expect(statuses(end.steps)).toEqual(["s1 done", "s2 done"]);
  expect(end.steps.s1?.media).toEqual([{ type: "image", mime_type: "image/png", data: image(90) }]);
  expect(end.steps.s1?.output).toBe("drawn");
  expect(drawn).toBe(1);
});
