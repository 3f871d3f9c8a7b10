import { text as readAll } from "node:stream/consumers";
import { type Choice, choicesOf } from "./choices.ts";
import type { TerminalCommand } from "./commands.ts";
import type { TerminalContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { connectTo, readOne, readOptions, UsageMistake } from "./options.ts";
import { findQuestions, type Question } from "./questions.ts";
import { toPlain, toSafeJson } from "./safe-text.ts";
import { RefusedError, type Server, toServerError } from "./server.ts";

const where = "[--thread <id>] [--wait] [--url <address>] [--as <name>]";

const flags = { json: { type: "boolean" }, thread: { type: "string" }, wait: { type: "boolean" } } as const;

export const approve: TerminalCommand = {
  use: `countersign approve <interrupt> [--json] ${where}

Approves what the question asks for, as it was asked: a plan as it is in this very revision.
--wait comes back when the run has ended, or asks again.
`,
  async run(args, context) {
    const { values, positionals } = readOptions(args, flags);
    const id = readOne(positionals, "interrupt");
    return give(context, { ...values, id }, (question) => {
      const choice = choiceNamed(question, ["approve", "accept"]);
      if (choice === undefined || choice.fields.some(({ isOptional }) => !isOptional)) {
        throw notOffered(question, "approved");
      }
      return choice.toAnswer({});
    });
  },
};

export const reject: TerminalCommand = {
  use: `countersign reject <interrupt> --feedback <text> [--json] ${where}

Sends it back, with what should be different. --feedback - reads it from stdin.
`,
  async run(args, context) {
    const { values, positionals } = readOptions(args, { ...flags, feedback: { type: "string" } });
    const id = readOne(positionals, "interrupt");
    if (values.feedback === undefined)
      throw new UsageMistake("Say what should be different, with --feedback.");
    const feedback = values.feedback === "-" ? (await readAll(context.stdin)).trim() : values.feedback;
    return give(context, { ...values, id }, (question) => {
      const choice = choiceNamed(question, ["reject"]);
      const field = choice?.fields.find(({ kind }) => kind === "text");
      if (choice === undefined || field === undefined) throw notOffered(question, "rejected with feedback");
      return choice.toAnswer({ [field.name]: feedback });
    });
  },
};

export const answer: TerminalCommand = {
  use: `countersign answer <interrupt> [--json <answer>] ${where}

Answers any question with JSON, from --json or from stdin. What comes out is JSON, too.
`,
  async run(args, context) {
    const { values, positionals } = readOptions(args, { ...flags, json: { type: "string" } });
    const id = readOne(positionals, "interrupt");
    const text = values.json ?? (await readAll(context.stdin));
    let given: unknown;
    try {
      given = JSON.parse(text);
    } catch (error) {
      throw new UsageMistake(
        `The answer is no JSON (${(error as Error).message}). A text is JSON in quotes.`,
      );
    }
    return give(context, { ...values, id, json: true }, () => given);
  },
};

interface Given {
  id: string;
  json?: boolean | undefined;
  thread?: string | undefined;
  wait?: boolean | undefined;
  url?: string | undefined;
  as?: string | undefined;
}

async function give(
  context: TerminalContext,
  { id, json = false, thread, wait = false, ...address }: Given,
  toAnswer: (question: Question) => unknown,
): Promise<ExitCode> {
  const server = connectTo(address, context);
  const question = await findOne(server, id, thread);
  const { runId, isRepeated } = await respond(server, question, toAnswer(question));
  const outcome = wait ? await waitFor(server, question.thread_id, runId) : undefined;
  const reply = {
    interrupt_id: id,
    thread_id: question.thread_id,
    run_id: runId,
    repeated: isRepeated,
    ...outcome,
  };
  if (json) context.stdout.write(`${toSafeJson(reply)}\n`);
  else context.stdout.write(`${inWords(reply)}\n`);
  if (outcome === undefined || outcome.status === "idle") return exitCodes.done;
  return outcome.status === "interrupted" ? exitCodes.waiting : exitCodes.failed;
}

async function findOne(server: Server, id: string, thread: string | undefined): Promise<Question> {
  const found = (await findQuestions(server, id)).filter(
    ({ thread_id }) => thread === undefined || thread_id === thread,
  );
  const open = found.filter(({ status }) => status === "open");
  const candidates = open.length > 0 ? open : found;
  const [first, second] = candidates;
  if (first === undefined) {
    const on = thread === undefined ? "" : ` on thread ${thread}`;
    throw new RefusedError(
      "no_such_interrupt",
      `There is no interrupt ${id}${on}. "countersign inbox" lists those that are open.`,
    );
  }
  if (second === undefined) return first;
  const threads = candidates.map(({ thread_id }) => thread_id).join(", ");
  throw new UsageMistake(`Copies of a thread ask this, too. Say which you mean with --thread: ${threads}.`);
}

function choiceNamed(question: Question, names: readonly string[]): Choice | undefined {
  return choicesOf(question).find(({ name }) => names.includes(name));
}

function notOffered(question: Question, what: string): RefusedError {
  const names = choicesOf(question).map(({ name }) => name);
  return new RefusedError(
    "invalid_answer",
    `This question cannot be ${what}; it takes: ${names.join(", ")}. Use: countersign answer ${question.id} --json '…'`,
  );
}

interface CommandReply {
  type: "success" | "error";
  error?: string;
  message?: string;
  result?: { run_id: string };
  meta?: Record<string, unknown>;
}

/** The stock client answers as well, but keeps to itself which run goes on. */
async function respond(
  server: Server,
  { id, thread_id, namespace }: Question,
  response: unknown,
): Promise<{ runId: string; isRepeated: boolean }> {
  const reply = await server.call<CommandReply>(
    "POST",
    `/threads/${encodeURIComponent(thread_id)}/commands`,
    {
      id: 1,
      method: "input.respond",
      params: { namespace, interrupt_id: id, response },
    },
  );
  const { code = reply.error, ...details } = reply.meta ?? {};
  if (reply.type === "error") throw new RefusedError(String(code), reply.message ?? "", details);
  return { runId: reply.result?.run_id ?? "", isRepeated: details.repeated === true };
}

interface Outcome {
  status: string;
  /** Open questions of the thread. */
  interrupts: string[];
}

async function waitFor(server: Server, threadId: string, runId: string): Promise<Outcome> {
  const { client } = server;
  try {
    await client.runs.join(threadId, runId);
  } catch {
    // A run that failed is an error here; the thread says more.
  }
  try {
    const { status, interrupts } = await client.threads.get(threadId);
    const open = Object.values(interrupts ?? {}).flat();
    return { status, interrupts: open.flatMap(({ id }) => (id === undefined ? [] : [id])) };
  } catch (error) {
    throw toServerError(server.url, error);
  }
}

function inWords(reply: { interrupt_id: string; thread_id: string; status?: string; interrupts?: string[] }) {
  const { interrupt_id: id, thread_id, status, interrupts = [] } = reply;
  const then: Record<string, string> = {
    idle: " The run is done.",
    interrupted: ` It asks again: ${interrupts.join(", ")}.`,
    error: " The run failed.",
  };
  return toPlain(
    `Answered ${id} on thread ${thread_id}.${status === undefined ? "" : (then[status] ?? ` ${status}.`)}`,
  );
}
