import { createHash } from "node:crypto";
import type { BaseMessage } from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { expect } from "vitest";
import { z } from "zod";
import { createPlanAgent, type Plan, type PlanAgentOptions } from "../../src/agent/index.ts";
import { canonicalJson } from "../../src/protocol/json.ts";
import { ScriptedModel, type ScriptedReply } from "../../src/testing/index.ts";
import { getJson, openInterrupts, type Reply, sendCommand, type WireThread } from "./command.ts";
import { serve, temporaryDirectory } from "./serve.ts";

/**
 * A server on which models, files, clients and other people try to have something run that nobody approved.
 * What was approved is kept here, from what was shown and what was said, and by none of the agent's own code.
 */

export interface ArenaCall {
  tool: string;
  args: Record<string, unknown>;
  /** The idempotency key it came with. */
  key: string;
}

/** What a model is asked, and how often it was asked that before on this thread. */
export interface Turn {
  kind: "plan" | "fill" | "close";
  number: number;
  messages: BaseMessage[];
}

export interface Actor {
  /** By default every turn to plan proposes `steps`, fills say "filled", and the end is "That is all." */
  steps?: unknown[];
  says?: (turn: Turn) => ScriptedReply | undefined;
  /** Awaited, or thrown, by the tool; what it returns is the tool's output. */
  behave?: (call: ArenaCall, signal: AbortSignal | undefined) => unknown;
}

export const propose = (steps: unknown, more: Record<string, unknown> = {}): ScriptedReply => ({
  calls: [{ name: "propose_plan", args: { title: "Plan", summary: "", steps, ...more } }],
});

export const step = (id: string, tool = "note", more: Record<string, unknown> = {}) => ({
  id,
  title: `Step ${id}`,
  why: "",
  tool,
  args: { text: id },
  ...more,
});

const hints = {
  look: { readOnlyHint: true, openWorldHint: false },
  note: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  burn: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
  mail: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
};

const text = z.object({ text: z.string(), to: z.string().optional() });
const nested = z.object({
  order: z.object({ item: z.string(), amount: z.number(), tags: z.array(z.string()).optional() }),
});

type Listen = (call: ArenaCall, thread: string, signal: AbortSignal | undefined) => unknown;

/** Tools of every risk, and `buy`, whose arguments are nested. */
export function arenaTools(listen: Listen, description = ""): StructuredToolInterface[] {
  const make = (name: string, schema: z.ZodObject, annotations: object, content: string[]) => {
    const made = tool(
      async (args: Record<string, unknown>, config) => {
        const { thread_id, countersign_call } = config.configurable ?? {};
        const call = { tool: name, args, key: String(countersign_call?.idempotencyKey) };
        const said = await listen(call, String(thread_id), config.signal);
        return typeof said === "string" ? said : `${name} is done`;
      },
      { name, description: `Does ${name}. ${description}`, schema },
    );
    made.metadata = { annotations, contentArguments: content };
    return made as unknown as StructuredToolInterface;
  };
  return [
    ...Object.entries(hints).map(([name, annotations]) => make(name, text, annotations, ["text"])),
    make("buy", nested, hints.mail, []),
  ];
}

export interface Arena extends AsyncDisposable {
  url: string;
  directory: string;
  /** A thread, by default a new one, on which a model behaves like this. */
  enter(actor: Actor, graph?: string, threadId?: string): Challenger;
}

interface ArenaSetup {
  graphs?: Record<string, Partial<PlanAgentOptions>>;
  directory?: string;
  description?: string;
  server?: Partial<Parameters<typeof serve>[0]>;
}

/** @param setup - `graphs`: options of each plan agent, by graph id. Default: one, `agent`. */
export async function openArena({
  graphs = { agent: {} },
  directory,
  description,
  server = {},
}: ArenaSetup = {}): Promise<Arena> {
  const own = directory === undefined ? await temporaryDirectory() : undefined;
  const path = directory ?? own?.path ?? "";
  const actors = new Map<string, Actor & { asked: Record<string, number> }>();
  const received = new Map<string, ArenaCall[]>();
  const tools = arenaTools((call, thread, signal) => {
    received.set(thread, [...(received.get(thread) ?? []), call]);
    return actors.get(thread)?.behave?.(call, signal);
  }, description);
  const model = new ScriptedModel({
    script: (messages, bound) => {
      const thread = threadIn(messages);
      const actor = actors.get(thread);
      if (actor === undefined) return { text: "I know nothing of this." };
      const kind = bound.includes("fill_arguments")
        ? "fill"
        : bound.includes("propose_plan")
          ? "plan"
          : "close";
      const number = actor.asked[kind] ?? 0;
      actor.asked[kind] = number + 1;
      const said = actor.says?.({ kind, number, messages });
      if (said !== undefined) return said;
      if (kind === "fill") return { calls: [{ name: "fill_arguments", args: { text: "filled" } }] };
      return kind === "plan" ? propose(actor.steps) : { text: "That is all." };
    },
  });
  const agents = Object.entries(graphs).map(([id, options]) => [
    id,
    createPlanAgent({ model, tools, ...options }),
  ]);
  const served = await serve({ graphs: Object.fromEntries(agents), directory: path, ...server });
  return {
    url: served.url,
    directory: path,
    enter(actor, graph = "agent", threadId = crypto.randomUUID()) {
      actors.set(threadId, { ...actor, asked: {} });
      return challenge({ url: served.url, threadId, graph, calls: () => received.get(threadId) ?? [] });
    },
    async [Symbol.asyncDispose]() {
      await served.stop();
      await own?.[Symbol.asyncDispose]();
    },
  };
}

/** Every request names its thread, so that one model can serve all. */
function threadIn(messages: BaseMessage[]): string {
  const texts = messages.map(({ content }) => (typeof content === "string" ? content : ""));
  return texts.map((one) => /thread:([\w-]{36})/.exec(one)?.[1]).find((one) => one !== undefined) ?? "";
}

export interface Question {
  id: string;
  value: Record<string, unknown> & { type: string; plan: Plan; step: Plan["steps"][0] };
}

type Headers = Record<string, string>;

export type Challenger = ReturnType<typeof challenge>;

interface Permit {
  tool: string;
  /** Any of these; the late ones of the first are free. */
  args: Record<string, unknown>[];
  late: string[];
  tries: number;
}

/** One thread, its person, and the record of what that person approved. */
export function challenge({
  url,
  threadId,
  graph,
  calls,
}: {
  url: string;
  threadId: string;
  graph: string;
  calls: () => ArenaCall[];
}) {
  /** By digest and step. */
  const permits = new Map<string, Permit>();
  const permit = (digest: string, { id, tool: name, args, late = {} }: Plan["steps"][0]) =>
    permits.set(`${digest}/${id}`, { tool: name, args: [args ?? {}], late: Object.keys(late), tries: 1 });

  /** Takes down what a person said who was shown this. */
  function note({ value }: Question, answer: Record<string, unknown>, edited: Plan | undefined): void {
    if (value.type === "plan_review") {
      if (answer.type === "approve") for (const one of value.plan.steps) permit(value.plan.digest, one);
      if (answer.type === "edit" && edited)
        for (const one of (answer.plan as Plan).steps) permit(edited.digest, one);
      return;
    }
    const known = permits.get(`${value.plan?.digest}/${value.step?.id}`);
    if (known === undefined) return;
    if (answer.type === "edit") known.args.push(answer.args as Record<string, unknown>);
    if (value.type === "step_failed" && ["retry", "edit"].includes(String(answer.type))) known.tries += 1;
    if (value.type === "deviation_review" && answer.type === "approve") {
      const proposed = value.proposed as { tool: string; args: Record<string, unknown> };
      known.tool = proposed.tool;
      known.args.push(proposed.args);
    }
  }

  const person = {
    url,
    threadId,
    graph,
    calls,
    /** What was called with effect, without what was read while planning. */
    effects: () => calls().filter((call) => keyed().has(call.key) || call.tool !== "look"),
    post: (path: string, body: unknown, headers: Headers = {}, method = "POST") =>
      fetch(`${url}${path}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    command: (method: string, params: unknown, headers: Headers = {}): Promise<Reply> =>
      sendCommand(url, threadId, { method, params, headers }),
    start: (params: Record<string, unknown>, headers: Headers = {}): Promise<Reply> =>
      person.command("run.start", { assistant_id: graph, ...params }, headers),
    input: (words = "Do it", more: Record<string, unknown> = {}) => ({
      messages: [{ role: "user", content: `${words} (thread:${threadId})` }],
      ...more,
    }),
    ask: (words?: string, headers: Headers = {}) => person.start({ input: person.input(words) }, headers),
    thread: (headers: Headers = {}) => getJson<WireThread>(`${url}/threads/${threadId}`, headers),
    state: () =>
      getJson<{ values: Record<string, never>; checkpoint: { checkpoint_id: string } }>(
        `${url}/threads/${threadId}/state`,
      ),
    history: () =>
      person
        .post(`/threads/${threadId}/history`, { limit: 1000 })
        .then((response) => response.json()) as Promise<
        { next: string[]; values: Record<string, never>; checkpoint: { checkpoint_id: string } }[]
      >,
    /** Waits until nothing runs any more. */
    async settle(): Promise<WireThread> {
      await expect
        .poll(async () => ["busy", undefined].includes((await person.thread()).status), {
          timeout: 20_000,
          interval: 10,
        })
        .toBe(false);
      return person.thread();
    },
    async questions(): Promise<Question[]> {
      return openInterrupts(await person.settle()) as unknown as Question[];
    },
    async question(type?: string): Promise<Question> {
      const open = await person.questions();
      expect(open.map(({ value }) => value.type)).toEqual([type ?? expect.anything()]);
      return open[0] as Question;
    },
    /** Sends an answer, and keeps what it permits when it was accepted. */
    async answer(question: Question, response: Record<string, unknown>, more: Record<string, unknown> = {}) {
      const reply = await person.command("input.respond", {
        interrupt_id: question.id,
        response,
        ...more,
      });
      if (reply.type === "success") {
        const isEdit = question.value.type === "plan_review" && response.type === "edit";
        const plan = isEdit ? ((await person.settle()).values?.plan as Plan) : undefined;
        note(question, response, plan);
      }
      return reply;
    },
    async approve(more: Record<string, unknown> = {}, options: Record<string, unknown> = {}): Promise<Plan> {
      const question = await person.question("plan_review");
      const { plan } = question.value;
      const reply = await person.answer(question, { type: "approve", digest: plan.digest, ...more }, options);
      expect(reply).toMatchObject({ type: "success" });
      return plan;
    },
    async planned(): Promise<Question> {
      await person.ask();
      return person.question("plan_review");
    },
    /** Takes down that the plan shown was approved, where the answer was sent in another way. */
    permitted: (question: Question) =>
      note(question, { type: "approve", digest: question.value.plan.digest }, undefined),
    /** Takes down that the operator's rules approve the plan in hand. */
    async permittedBy(_rules: string) {
      const { plan } = (await person.state()).values as unknown as { plan: Plan };
      for (const one of plan.steps) permit(plan.digest, one);
    },
    check,
  };

  function keyed(): Map<string, { id: string; permit: Permit }> {
    return new Map(
      [...permits].flatMap(([id, one]) =>
        Array.from({ length: one.tries }, (_, index) => {
          const key = canonicalJson([threadId, `${id}/${index + 1}`]);
          return [createHash("sha256").update(key).digest("hex"), { id, permit: one }] as const;
        }),
      ),
    );
  }

  /** Nothing ran but what was approved, and each call once. */
  async function check(): Promise<void> {
    await person.settle();
    const known = keyed();
    const seen = new Set<string>();
    for (const { tool: name, args, key } of person.effects()) {
      const found = known.get(key);
      const what = `${name} ${JSON.stringify(args)}`;
      expect(found, `${what} was approved by nobody`).toBeDefined();
      if (found === undefined) continue;
      expect(seen, `${what} ran twice`).not.toContain(key);
      seen.add(key);
      const { id, permit: allowed } = found;
      expect(name, `the tool of ${id}`).toBe(allowed.tool);
      const [first = {}] = allowed.args;
      const isPlanned =
        canonicalJson(without(args, allowed.late)) === canonicalJson(without(first, allowed.late));
      const isSaid = allowed.args.some((one) => canonicalJson(one) === canonicalJson(args));
      expect(isPlanned || isSaid, `${what} was not what was approved: ${JSON.stringify(allowed.args)}`).toBe(
        true,
      );
    }
  }
  return person;
}

function without(args: Record<string, unknown>, names: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !names.includes(name)));
}

export interface AdversaryCase extends Actor {
  name: string;
  graph?: string;
  /** Default: approves the plan as it is, and waits. */
  act?: (person: Challenger) => Promise<unknown>;
  /** Texts, or else arguments, of all calls with effect, in any order; `[]`: nothing ran at all; `some`: that is a matter of time. */
  runs: unknown[] | "some";
}

/** Plays a case, and holds what ran against what was approved, and against what the case says. */
export async function play(arena: Arena, { graph, act, runs, name: _, ...actor }: AdversaryCase) {
  const person = arena.enter(actor, graph);
  if (act === undefined) {
    await person.planned();
    await person.approve();
  } else {
    await act(person);
  }
  await person.check();
  if (runs === "some") return;
  const ran = person.effects().map(({ args }) => args.text ?? args);
  expect([...ran].map(String).sort()).toEqual([...runs].map(String).sort());
}
