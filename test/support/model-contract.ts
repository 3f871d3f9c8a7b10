import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import {
  AIMessage,
  type AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from "@langchain/core/messages";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { z } from "zod";

/** A step of a proposal, as a model writes it. */
export interface ProposedStep {
  id: string;
  title: string;
  why: string;
  tool: string;
  args: Record<string, unknown>;
  late?: Record<string, string>;
  after: string[];
}

export interface ProposedPlan {
  title: string;
  summary: string;
  assumptions: string[];
  steps: ProposedStep[];
}

export interface Rejecting {
  feedback?: string;
  keep?: string[];
  comments?: Record<string, string>;
}

/** A question to the person, as a model writes it. */
export interface ProposedQuestion {
  question: string;
  choices?: { label: string }[];
  multiple?: boolean;
}

/** What planning came to: an answer, a plan, or a question. */
export type Planned =
  | { text: string; plan?: never; question?: never }
  | { plan: ProposedPlan; text?: never; question?: never }
  | { question: ProposedQuestion; text?: never; plan?: never };

const changing = [
  "write_file",
  "replace_file",
  "append_file",
  "copy_file",
  "move_file",
  "delete_file",
  "make_directory",
];

/**
 * The agent's side of docs/model-contract.md over files in memory: read-only tools run at once, a plan runs
 * when it is approved. Only what the contract says is in it, so that a model is tested against the contract
 * and not against our agent.
 */
export function createContract(
  model: BaseChatModel,
  files: Record<string, string>,
  { asks = false }: { asks?: boolean } = {},
) {
  const disk = new Map(Object.entries(files));
  const messages: BaseMessage[] = [];
  /** Every read-only call that the model made while planning. */
  const reads: { name: string; args: Record<string, unknown> }[] = [];
  const readTools = createReadTools(disk);
  const proposing = proposeTool([...readTools.map(({ name }) => name), ...changing]);

  async function plan(): Promise<Planned> {
    const bound = model.bindTools?.([...readTools, proposing, ...(asks ? [askPersonTool] : [])]);
    if (bound === undefined) throw new Error("The model cannot call tools.");
    for (let turn = 0; turn < 16; turn += 1) {
      const message = await gather(await bound.stream([new SystemMessage("Plan."), ...messages]));
      messages.push(message);
      const calls = message.tool_calls ?? [];
      if (calls.length === 0) return { text: message.text };
      const proposed = calls.find(({ name }) => name === "propose_plan");
      if (proposed) return { plan: proposed.args as unknown as ProposedPlan };
      const asking = calls.find(({ name }) => name === "ask_person");
      if (asking) return { question: asking.args as unknown as ProposedQuestion };
      await read(message);
    }
    throw new Error("The model never came to a plan.");
  }

  async function read({ tool_calls: calls = [] }: AIMessage): Promise<void> {
    for (const { id = "", name, args } of calls) {
      reads.push({ name, args });
      const called = readTools.find((one) => one.name === name);
      if (called === undefined) throw new Error(`The model called ${name}, which may not run now.`);
      messages.push(await answer({ id, name }, () => called.invoke(args)));
    }
  }

  function reply(told: Record<string, unknown>, name = "propose_plan"): void {
    const calls = messages.flatMap((message) =>
      AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
    );
    const { id = "" } = calls.findLast((call) => call.name === name) ?? {};
    messages.push(new ToolMessage({ tool_call_id: id, name, content: JSON.stringify(told) }));
  }

  function proposal(): ProposedPlan {
    const calls = messages.flatMap((message) =>
      AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
    );
    return calls.findLast(({ name }) => name === "propose_plan")?.args as unknown as ProposedPlan;
  }

  return {
    disk,
    reads,
    messages,
    ask(request: string): Promise<Planned> {
      messages.push(new HumanMessage(request));
      return plan();
    },
    /** Several at once stand in the conversation one behind the other. */
    reject(...rejections: (string | Rejecting)[]): Promise<Planned> {
      for (const one of rejections) {
        const { feedback = "", keep = [], comments = {} } = typeof one === "string" ? { feedback: one } : one;
        reply({ decision: "reject", feedback, keep, comments });
      }
      return plan();
    },
    /** Asks about the plan, before it is decided on: section 4. Nothing of it stays in the conversation. */
    async askAbout(question: string, more: Record<string, unknown> = {}): Promise<string> {
      const before = messages.length;
      reply({ decision: "ask", question, ...more });
      const bound = model.bindTools?.(readTools) ?? model;
      for (let turn = 0; turn < 16; turn += 1) {
        const message = await gather(await bound.stream([new SystemMessage("Answer."), ...messages]));
        messages.push(message);
        if (message.tool_calls?.length) await read(message);
        else {
          messages.length = before;
          return message.text;
        }
      }
      throw new Error("The model never came to an answer.");
    },
    /** Answers the question that was asked. */
    tell(answer: { choice?: string | string[]; text?: string }): Promise<Planned> {
      reply({ answer }, "ask_person");
      return plan();
    },
    refuse(error: string): Promise<Planned> {
      reply({ error });
      return plan();
    },
    /** Runs the plan and has the model sum it up. `failing` names steps whose tool is to fail. */
    async approve({ failing = [] as string[] } = {}): Promise<string> {
      const { steps } = proposal();
      const results = await runSteps(model, {
        steps,
        disk,
        readTools,
        failing,
        request: requestOf(messages),
      });
      reply({ decision: "approve", results });
      const message = await model.invoke([new SystemMessage("Sum up."), ...messages]);
      messages.push(message);
      return message.text;
    },
  };
}

function requestOf(messages: readonly BaseMessage[]): string {
  return messages.findLast((message) => HumanMessage.isInstance(message))?.text ?? "";
}

async function gather(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessage> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error("The model said nothing.");
  return new AIMessage({
    content: whole.content,
    tool_calls: whole.tool_calls ?? [],
    ...(whole.id ? { id: whole.id } : {}),
  });
}

async function answer(
  { id, name }: { id: string; name: string },
  call: () => Promise<unknown>,
): Promise<ToolMessage> {
  try {
    return new ToolMessage({ tool_call_id: id, name, content: String(await call()) });
  } catch (error) {
    return new ToolMessage({ tool_call_id: id, name, content: (error as Error).message, status: "error" });
  }
}

interface Running {
  steps: readonly ProposedStep[];
  disk: Map<string, string>;
  readTools: ReturnType<typeof createReadTools>;
  failing: readonly string[];
  request: string;
}

async function runSteps(model: BaseChatModel, { steps, disk, readTools, failing, request }: Running) {
  const results = new Map<string, Record<string, unknown> & { status: string; output?: string }>();
  const outputs = () =>
    steps.flatMap(({ id, title, tool: name, args }) => {
      const output = results.get(id)?.output;
      return output === undefined ? [] : [{ step: id, title, tool: name, args, output }];
    });
  for (const step of steps) {
    const { id, title, tool: name, args } = step;
    const lost = step.after.find((other) => results.get(other)?.status !== "done");
    if (lost !== undefined) {
      results.set(id, {
        step: id,
        title,
        tool: name,
        args,
        filled: {},
        status: "skipped",
        error: `Step ${lost} was not done.`,
      });
      continue;
    }
    try {
      const filled = step.late ? await fill(model, step, { request, outputs: outputs() }) : {};
      if (failing.includes(id)) throw new Error("The disk is full.");
      const reading = readTools.find((one) => one.name === name);
      const all = { ...args, ...filled };
      const output = reading ? String(await reading.invoke(all)) : change(disk, name, all);
      results.set(id, { step: id, title, tool: name, args, filled, status: "done", output });
    } catch (error) {
      results.set(id, {
        step: id,
        title,
        tool: name,
        args,
        filled: {},
        status: "failed",
        error: (error as Error).message,
      });
    }
  }
  return [...results.values()];
}

/** Section 2 of the contract. */
export async function fill(
  model: BaseChatModel,
  { id, title, tool: name, args, late = {} }: ProposedStep,
  { request, outputs }: { request: string; outputs: Record<string, unknown>[] },
): Promise<Record<string, unknown>> {
  const names = Object.keys(late);
  const schema = z.strictObject(Object.fromEntries(names.map((one) => [one, z.string()])));
  const filler = model.bindTools?.(
    [tool(() => "", { name: "fill_arguments", description: "Fill.", schema })],
    {
      tool_choice: "fill_arguments",
    } as never,
  );
  const task = { request, step: { id, title, tool: name, args }, late, outputs };
  const message = await filler?.invoke([new SystemMessage("Fill."), new HumanMessage(JSON.stringify(task))]);
  const [call] = message?.tool_calls ?? [];
  if (call === undefined) throw new Error(`Not filled: ${message?.text}`);
  return schema.parse(call.args);
}

function change(disk: Map<string, string>, name: string, args: Record<string, unknown>): string {
  const { path = "", from = "", to = "", content = "" } = args as Record<string, string>;
  const need = (one: string): string => {
    const text = disk.get(one);
    if (text === undefined) throw new Error(`There is no ${one}.`);
    return text;
  };
  const free = (one: string) => {
    if (disk.has(one)) throw new Error(`${one} exists already.`);
  };
  if (name === "write_file") free(path);
  if (name === "write_file" || name === "replace_file") disk.set(path, content);
  else if (name === "append_file") disk.set(path, (disk.get(path) ?? "") + content);
  else if (name === "copy_file" || name === "move_file") {
    free(to);
    disk.set(to, need(from));
    if (name === "move_file") disk.delete(from);
  } else if (name === "delete_file") {
    need(path);
    disk.delete(path);
  }
  return "Done.";
}

function createReadTools(disk: ReadonlyMap<string, string>): StructuredToolInterface[] {
  const text = (path: string): string => {
    const found = disk.get(path);
    if (found === undefined) throw new Error(`There is no ${path} in the workspace.`);
    return found;
  };
  const path = z.string();
  return [
    tool(() => listing(disk), {
      name: "list_files",
      description: "Lists files.",
      schema: z.object({ path: path.optional(), recursive: z.boolean().optional() }),
    }),
    tool(() => listing(disk), {
      name: "find_files",
      description: "Finds files.",
      schema: z.object({ name: z.string(), path: path.optional() }),
    }),
    tool((args) => text(args.path), { name: "read_file", description: "Reads.", schema: z.object({ path }) }),
    tool((args) => counts(args.path, text(args.path)), {
      name: "count_text",
      description: "Counts.",
      schema: z.object({ path }),
    }),
    tool((args) => search(disk, args), {
      name: "search_text",
      description: "Searches.",
      schema: z.object({ query: z.string(), path: path.optional(), case_sensitive: z.boolean().optional() }),
    }),
  ];
}

function listing(disk: ReadonlyMap<string, string>): string {
  const folders = new Set(
    [...disk.keys()].flatMap((path) =>
      path
        .split("/")
        .slice(0, -1)
        .map((_, at, names) => `${names.slice(0, at + 1).join("/")}/`),
    ),
  );
  const files = [...disk].map(
    ([path, text]) => `${path} (${Buffer.byteLength(text)} byte${Buffer.byteLength(text) === 1 ? "" : "s"})`,
  );
  return [...folders, ...files].sort().join("\n") || "(empty)";
}

function counts(path: string, text: string): string {
  const lines = text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
  const words = text.match(/\S+/g)?.length ?? 0;
  return `${path}: ${lines} lines, ${words} words, ${[...text].length} characters, ${Buffer.byteLength(text)} bytes`;
}

function search(
  disk: ReadonlyMap<string, string>,
  { query, path = "" }: { query: string; path?: string | undefined },
): string {
  const hits = [...disk]
    .filter(([file]) => path === "" || file === path || file.startsWith(`${path}/`))
    .flatMap(([file, text]) => text.split("\n").map((line, at) => ({ file, line, at })))
    .filter(({ line }) => line.toLowerCase().includes(query.toLowerCase()));
  return (
    hits.map(({ file, line, at }) => `${file}:${at + 1}: ${line}`).join("\n") ||
    `No line contains "${query}".`
  );
}

const askPersonTool = {
  type: "function",
  function: {
    name: "ask_person",
    description: "Ask.",
    parameters: { type: "object", properties: { question: { type: "string" } } },
  },
};

function proposeTool(names: string[]) {
  return {
    type: "function",
    function: {
      name: "propose_plan",
      description: "Propose a plan.",
      parameters: {
        type: "object",
        properties: {
          title: { type: "string" },
          summary: { type: "string" },
          assumptions: { type: "array", items: { type: "string" } },
          steps: {
            type: "array",
            items: {
              type: "object",
              properties: { id: { type: "string" }, tool: { type: "string", enum: names } },
            },
          },
        },
      },
    },
  };
}

/** Proof that a plan is sound: unique ids, dependencies that exist and come first, late and pinned kept apart. */
export function checkPlan({ title, steps }: ProposedPlan): string[] {
  const issues: string[] = title === "" ? ["no title"] : [];
  const seen = new Set<string>();
  for (const step of steps) {
    if (seen.has(step.id)) issues.push(`${step.id} twice`);
    for (const other of step.after)
      if (!seen.has(other)) issues.push(`${step.id} waits for ${other}, which is not before it`);
    for (const name of Object.keys(step.late ?? {}))
      if (name in step.args) issues.push(`${name} of ${step.id} is late and pinned`);
    if (step.title === "" || step.why === "") issues.push(`${step.id} has no title or no reason`);
    seen.add(step.id);
  }
  return issues;
}
