import type { BaseMessage } from "@langchain/core/messages";
import {
  AIMessage,
  AIMessageChunk,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { expect, test } from "vitest";
import { callsInText } from "../../src/agent/calls-in-text.ts";
import { createTextCallReader, toPrompted } from "../../src/agent/prompted-calls.ts";
import { type Script, ScriptedModel } from "../../src/testing/index.ts";
import { plainAgent, proposal, writing } from "../support/plain-agent.ts";

/** A model of a provider that has no tool calling at all. */
function wordsOnly(script: Script): ScriptedModel {
  const model = new ScriptedModel({ script });
  Object.defineProperty(model, "bindTools", { value: undefined });
  return model;
}

const asText = (name: string, args: unknown) => JSON.stringify({ tool: name, args });
const late = { args: { name: "a" }, late: { text: "what b says" } };

/** Plans, fills and sums up as it is asked to in words. */
const worded =
  (dress: (json: string) => string): Script =>
  (messages) => {
    const rules = messages.find((message) => SystemMessage.isInstance(message))?.text ?? "";
    const seen = messages.map(({ text }) => text).join("\n");
    if (rules.includes("- fill_arguments:"))
      return { text: dress(asText("fill_arguments", { text: "filled" })) };
    if (!rules.includes("- propose_plan:")) return { text: "Summed up." };
    if (!seen.includes("n: nothing yet")) return { text: dress(asText("read_note", { name: "n" })) };
    return { text: dress(asText("propose_plan", proposal([writing("a", "", late)]).args)) };
  };

for (const [how, dress] of Object.entries({
  "as asked": (json: string) => json,
  "in a fence": (json: string) => `\`\`\`json\n${json}\n\`\`\``,
  "with words around it": (json: string) => `Let me see.\n${json}\nThat is it.`,
})) {
  test(`a model without tool calling reads, plans, fills and sums up by JSON in words, ${how}`, async () => {
    const agent = plainAgent({ model: wordsOnly(worded(dress)) });
    const { plan, messages } = await agent.say("Write a");
    expect(plan?.steps[0]).toMatchObject({ tool: "write_note", late: { text: "what b says" } });
    expect(plan?.evidence).toHaveLength(1);
    expect(messages.map(({ text }) => text).join(), "no JSON in the chat").not.toContain("propose_plan");
    const end = await agent.answer({ type: "approve", digest: plan?.digest });
    expect(agent.diary).toEqual(["a: filled"]);
    expect(end.messages.at(-1)?.text).toBe("Summed up.");
  });
}

test("a model without tool calling reads in words, too, to answer a question about its plan", async () => {
  const model = wordsOnly((messages) => {
    const seen = messages.map(({ text }) => text).join("\n");
    if (seen.includes("- propose_plan:"))
      return { text: asText("propose_plan", proposal([writing("a", "x")]).args) };
    if (!seen.includes('"decision":"ask"')) return { text: "Summed up." };
    return {
      text: seen.includes("n: nothing yet") ? "It says nothing." : asText("read_note", { name: "n" }),
    };
  });
  const agent = plainAgent({ model });
  const { plan } = await agent.say("Write a");
  const asked = await agent.answer({ type: "ask", digest: plan?.digest, question: "What does n say?" });
  expect(asked.messages.at(-1)?.text).toBe("It says nothing.");
  expect(asked.plan).toEqual(plan);
  await agent.answer({ type: "approve", digest: plan?.digest });
  expect(agent.diary).toEqual(["a: x"]);
});

test("a provider that says it has no tools is asked in words from then on", async () => {
  let refused = 0;
  const model = new ScriptedModel({
    script: (messages, tools) => {
      if (tools.length === 0) return worded((json) => json)(messages, tools);
      refused += 1;
      throw new Error("registry.ollama.ai/library/gemma does not support tools");
    },
  });
  const agent = plainAgent({ model });
  const { plan } = await agent.say("Write a");
  await agent.answer({ type: "approve", digest: plan?.digest });
  expect(agent.diary).toEqual(["a: filled"]);
  expect(refused).toBe(1);
});

test("any other failure is not taken for that", async () => {
  const script: Script = (_, tools) => {
    if (tools.length > 0) throw new Error("You exceeded your quota");
    return { text: "Hello." };
  };
  const agent = plainAgent({ model: new ScriptedModel({ script }) });
  await expect(agent.say("Write")).rejects.toThrow("quota");
});

test("a model with tool calling that writes the call as text is understood", async () => {
  const json = JSON.stringify({ name: "propose_plan", arguments: proposal([writing("a", "x")]).args });
  const agent = plainAgent({
    script: (_, tools) => ({ text: tools.includes("propose_plan") ? json : "Done." }),
  });
  const { plan, messages } = await agent.say("Write a");
  expect(plan?.steps).toHaveLength(1);
  expect(messages.map(({ text }) => text).join()).not.toContain("propose_plan");
});

test("an answer that only speaks of a call is an answer", async () => {
  const text = 'You would write {"tool": "read_note", "args": {"name": "a"}} for that.';
  const agent = plainAgent({ script: () => ({ text }) });
  const end = await agent.say("How does it work?");
  expect(end.messages.at(-1)?.text).toBe(text);
});

test("a call in words that is no JSON is put right, or given up with a clear word", async () => {
  const told: string[] = [];
  const model = wordsOnly((messages) => {
    told.push(messages.at(-1)?.text ?? "");
    return { text: '{"tool": "propose_plan", "args": {"title": "x", ' };
  });
  const end = await plainAgent({ model }).say("Write a");
  expect(told[1]).toContain("not valid JSON");
  expect(end.messages.at(-1)?.text).toMatch(/could not make a plan/);
});

test("drafts of a plan that is written in words are told as it grows", () => {
  let args = "";
  const read = createTextCallReader((chunk) => {
    args += chunk.tool_call_chunks?.[0]?.args ?? "";
  });
  const json = asText("propose_plan", { title: "Growing" });
  for (const content of `Well.\n${json}`) read(new AIMessageChunk({ content }));
  expect(args).toBe('{"title":"Growing"}}');
});

test("calls and results become words, rules stand first, and nobody speaks twice in a row", () => {
  const call = { id: "1", name: "read_note", args: { name: "n" } };
  const prompted = toPrompted(
    [
      new SystemMessage("Rules."),
      new HumanMessage("Read n"),
      new AIMessage({ content: "Looking.", tool_calls: [call] }),
      new ToolMessage({ tool_call_id: "1", name: "read_note", content: "nothing" }),
      new HumanMessage("And now?"),
    ],
    [{ function: { name: "read_note", description: "Reads.", parameters: { type: "object" } } }],
    false,
  );
  expect(prompted.map((message: BaseMessage) => message.type)).toEqual(["system", "human", "ai", "human"]);
  expect(prompted[0]?.text).toMatch(/^Rules\.[\s\S]*read_note: Reads\.[\s\S]*"type":"object"/);
  expect(prompted[2]?.text).toBe('Looking.\n{"tool":"read_note","args":{"name":"n"}}');
  expect(prompted[3]?.text).toMatch(/read_note, with this result:\nnothing\nAnd now\?/);
});

test("only calls of tools that are there, with arguments, are calls", () => {
  const names = new Set(["a", "b"]);
  const found = (value: unknown) => callsInText(JSON.stringify(value), names, "whole");
  expect(found({ tool: "a", args: {} })).toEqual([{ name: "a", args: {} }]);
  expect(
    found([
      { name: "a", parameters: { x: 1 } },
      { tool: "b", arguments: {} },
    ]),
  ).toHaveLength(2);
  expect(found({ tool: "c", args: {} })).toBeUndefined();
  expect(found({ tool: "a" })).toBe("broken");
  expect(found({ tool: "a", args: [] })).toBe("broken");
  expect(found([{ tool: "a", args: {} }, 1])).toBe("broken");
  expect(callsInText("[]", names, "whole")).toBeUndefined();
  expect(callsInText("I would say {}", names, "anywhere")).toBeUndefined();
});
