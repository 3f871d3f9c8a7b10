import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, onTestFinished, test } from "vitest";
import { chooseModel } from "../../src/models/index.ts";
import { plainAgent, proposal, writing } from "../support/plain-agent.ts";
import { anthropic } from "../support/wire-anthropic.ts";
import { ollama } from "../support/wire-ollama.ts";
import { openAiChat } from "../support/wire-openai-chat.ts";
import { openAiResponses } from "../support/wire-openai-responses.ts";
import { type Heard, type Spoken, startWireServer, type Wire } from "../support/wire-server.ts";

interface Provider {
  wire: Wire;
  open(url: string): Promise<BaseChatModel>;
  /** Cases that its wire format does not know, each with why. */
  lacks?: Partial<Record<"refusal" | "filter" | "brokenArguments" | "errorWords", string>>;
}

const choose = async (env: Record<string, string>) => (await chooseModel({ env })).model;

/** Every provider's own client as the app opens it, and OpenAI's second API as a library's user may. */
const providers: Record<string, Provider> = {
  "OpenAI chat completions": {
    wire: openAiChat,
    open: (url) => choose({ COUNTERSIGN_MODEL: "openai:m", OPENAI_BASE_URL: `${url}/v1` }),
  },
  "OpenAI responses": {
    wire: openAiResponses,
    open: async (url) =>
      new ChatOpenAI({
        model: "m",
        apiKey: "k",
        useResponsesApi: true,
        configuration: { baseURL: `${url}/v1` },
      }),
    lacks: { errorWords: "LangChain passes over the event that has them" },
  },
  Anthropic: {
    wire: anthropic,
    open: (url) =>
      choose({ COUNTERSIGN_MODEL: "anthropic:m", ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" }),
  },
  Ollama: {
    wire: ollama,
    open: (url) => choose({ COUNTERSIGN_MODEL: "ollama:m", OLLAMA_HOST: url }),
    lacks: {
      refusal: "a refusal is text like any other",
      filter: "there is no content filter",
      brokenArguments: "calls come whole, with arguments that were parsed",
    },
  },
};

/** A case that a wire format does not know is no case of it: nothing is skipped. */
const testUnless = (lack: string | undefined) => (lack === undefined ? test : () => {});

const read = (name: string) => ({ name: "read_note", args: { name } });
const late = { args: { name: "a" }, late: { text: "what was read" } };

describe.each(Object.entries(providers))("%s", (_, { wire, open, lacks = {} }) => {
  async function start(script: (heard: Heard, n: number) => Spoken) {
    const server = await startWireServer(wire, script);
    onTestFinished(() => server.close());
    return { ...plainAgent({ model: await open(server.url) }), server };
  }

  test("reads, plans, is asked to fill, sums up, and tells what it took", async () => {
    const agent = await start(({ tools, text }) => {
      if (tools.includes("fill_arguments"))
        return { calls: [{ name: "fill_arguments", args: { text: "It says “nothing yet”." } }] };
      if (!tools.includes("propose_plan")) return { text: "It is written." };
      return text.includes("nothing yet")
        ? { text: "Now I know.", calls: [proposal([writing("a", "", late)])] }
        : { text: "Let me look.", calls: [read("n")] };
    });
    const { plan } = await agent.say("Write down what n says");
    expect(plan?.steps[0]).toMatchObject({ tool: "write_note", args: { name: "a" } });
    expect(plan?.evidence).toMatchObject([{ tool: "read_note", args: { name: "n" } }]);
    const end = await agent.answer({ type: "approve", digest: plan?.digest });
    expect(agent.diary).toEqual(["a: It says “nothing yet”."]);
    expect(end.messages.at(-1)?.text).toBe("It is written.");
    expect(end.usage).toEqual({ input_tokens: 40, output_tokens: 8, total_tokens: 48, calls: 4 });
  });

  test("several calls at once come out apart, and each gets its answer", async () => {
    const agent = await start((_heard, n) =>
      n === 0 ? { calls: [read("one"), read("two"), read("three")] } : { text: "Read." },
    );
    const { messages } = await agent.say("Read all three");
    const results = messages.flatMap((message) => (ToolMessage.isInstance(message) ? [message.text] : []));
    expect(results).toEqual(["one: nothing yet", "two: nothing yet", "three: nothing yet"]);
    expect(messages.at(-1)?.text).toBe("Read.");
    expect(agent.server.requests).toHaveLength(2);
  });

  test("questions about a plan: with readings, several times, before a rejection and before an approval", async () => {
    const agent = await start(({ tools, text }) => {
      if (tools.includes("propose_plan")) return { text: "Here.", calls: [proposal([writing("a", "x")])] };
      if (tools.length === 0) return { text: "Done." };
      return text.includes("nothing yet") ? { text: "It says nothing." } : { calls: [read("n")] };
    });
    const first = await agent.say("Write a");
    const ask = (question: string, digest?: string) => agent.answer({ type: "ask", digest, question });
    await ask("Well?", first.plan?.digest);
    const asked = await ask("And now?", first.plan?.digest);
    expect(asked.messages.at(-1)?.text).toBe("It says nothing.");
    expect(asked.plan).toEqual(first.plan);
    const digest = first.plan?.digest;
    const { plan } = await agent.answer({ type: "reject", digest, feedback: "Otherwise" });
    expect(plan?.revision).toBe(2);
    expect(JSON.stringify(agent.server.requests.at(-1)), "what was asked goes with the decision").toContain(
      "Well?",
    );
    await ask("Well?", plan?.digest);
    const end = await agent.answer({ type: "approve", digest: plan?.digest });
    expect(agent.diary).toEqual(["a: x"]);
    expect(end.messages.at(-1)?.text).toBe("Done.");
    // Each provider refuses a conversation in which a call has no answer, or an answer no call.
    const left = await agent.say("Something else");
    await ask("Well?", left.plan?.digest);
    expect((await agent.say("Once more")).plan?.revision).toBe(1);
  });

  testUnless(lacks.refusal)("a refusal is the answer", async () => {
    const agent = await start(() => ({ refusal: "I cannot help with that." }));
    const { messages, plan } = await agent.say("Do something bad");
    expect(plan).toBeNull();
    expect(messages.map(({ text }) => text)).toContain("I cannot help with that.");
    expect(agent.server.requests).toHaveLength(1);
  });

  testUnless(lacks.filter)("what a content filter stops is never run, and said", async () => {
    const agent = await start(() => ({ text: "Well,", ending: "filtered" }));
    const { messages, plan } = await agent.say("Do something bad");
    expect(plan).toBeNull();
    expect(messages.at(-1)?.text).toMatch(/content filter|refused/);
  });

  test("an answer cut off at the output limit is kept, and said to be cut off", async () => {
    const agent = await start(() => ({ text: "Once upon a", ending: "length" }));
    const { messages } = await agent.say("Tell me a story");
    expect(messages.at(-2)?.text).toBe("Once upon a");
    expect(messages.at(-1)?.text).toMatch(/limit of output tokens/);
  });

  testUnless(lacks.brokenArguments)(
    "a plan cut off at the output limit is asked for again, shorter",
    async () => {
      const agent = await start((_heard, n) =>
        n === 0
          ? {
              text: "Here.",
              calls: [{ name: "propose_plan", args: '{"title": "Long", "steps": [{"id"' }],
              ending: "length",
            }
          : { calls: [proposal([writing("a", "x")])] },
      );
      const { plan } = await agent.say("Write");
      expect(plan?.steps).toHaveLength(1);
      expect(JSON.stringify(agent.server.requests[1])).toContain("limit of output tokens");
    },
  );

  testUnless(lacks.brokenArguments)("arguments that are no JSON are put right by the model", async () => {
    const agent = await start((_heard, n) => ({
      calls: [n === 0 ? { name: "propose_plan", args: '{"title": nonsense' } : proposal([writing("a", "x")])],
    }));
    expect((await agent.say("Write")).plan?.steps).toHaveLength(1);
    expect(JSON.stringify(agent.server.requests[1])).toContain("not valid JSON");
  });

  test("reasoning is no part of the answer, and the conversation goes on after it", async () => {
    const agent = await start((_heard, n) =>
      n === 0
        ? { reasoning: "I should look first, secretly.", text: "Looking.", calls: [read("n")] }
        : { reasoning: "Now I know, secretly.", text: "It says nothing yet." },
    );
    const { messages } = await agent.say("What does n say?");
    expect(messages.at(-1)?.text).toBe("It says nothing yet.");
    expect(messages.map(({ text }) => text).join()).not.toContain("secretly");
    const next = await agent.say("And now?");
    expect(next.messages.at(-1)?.text).toBe("It says nothing yet.");
    expect(agent.server.requests).toHaveLength(3);
  });

  test("an error in the middle fails the run with the provider's words, or is told without them", async () => {
    const agent = await start(() => ({ text: "I was about to", error: "The engine is overloaded" }));
    if (lacks.errorWords) expect((await agent.say("Hello")).messages.at(-1)?.text).toMatch(/broke off/);
    else await expect(agent.say("Hello")).rejects.toThrow(/overloaded/i);
  });

  test("nothing at all is said to be nothing", async () => {
    const agent = await start(() => ({}));
    const { messages } = await agent.say("Hello");
    expect(messages.at(-1)?.text).toMatch(/answered with nothing/);
  });
});

const toolless: [string, Wire, string][] = [
  ["Ollama chat completions", ollama, "registry.ollama.ai/library/m does not support tools"],
  ["OpenAI chat completions", openAiChat, '"auto" tool choice requires --enable-auto-tool-choice to be set'],
];

test.each(toolless)("a model of %s that has no tools is asked in words", async (name, wire, message) => {
  const issues = ({ tools = [] }: { tools?: unknown[] }) => (tools.length > 0 ? [message] : []);
  const { name: tool, args } = proposal([writing("a", "x")]);
  const server = await startWireServer({ ...wire, issues }, ({ text }) => ({
    text: text.includes("- propose_plan:") ? JSON.stringify({ tool, args }) : "Done.",
  }));
  onTestFinished(() => server.close());
  const provider = providers[name] ?? providers.Ollama;
  const agent = plainAgent({ model: (await provider?.open(server.url)) as BaseChatModel });
  const { plan } = await agent.say("Write a");
  const end = await agent.answer({ type: "approve", digest: plan?.digest });
  expect(agent.diary).toEqual(["a: x"]);
  expect(end.messages.at(-1)?.text).toBe("Done.");
  expect(server.requests.filter(({ tools }) => tools !== undefined)).toHaveLength(1);
});
