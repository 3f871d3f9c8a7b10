import { setTimeout as wait } from "node:timers/promises";
import { nameOf, type TerminalCommand } from "./commands.ts";
import type { TerminalContext } from "./context.ts";
import { exitCodes } from "./exit-codes.ts";
import { columnsOf, shorten } from "./layout.ts";
import { connectTo, readOptions } from "./options.ts";
import { kindOf, listQuestions, type Question, type QuestionFilter, subjectOf } from "./questions.ts";
import { toPlain, toSafeJson } from "./safe-text.ts";
import type { Server } from "./server.ts";
import { createStyle, type Style } from "./style.ts";

/** Ms between two looks. */
const watchInterval = 2_000;

export const inbox: TerminalCommand = {
  use: `countersign inbox [--json] [--graph <id>] [--assignee me|<id>,…] [--watch] [--url <address>] [--as <name>]

The open questions of all threads, oldest first. With --watch it goes on, and tells what opens and what closes,
until Ctrl-C; with --json each line is then one question, whose status says which it was.
`,
  async run(args, context) {
    const { values } = readOptions(args, {
      json: { type: "boolean" },
      graph: { type: "string" },
      assignee: { type: "string" },
      watch: { type: "boolean" },
    });
    const server = connectTo(values, context);
    const filter = toFilter(values);
    const first = (await listQuestions(server, filter)).toReversed();
    const print = createPrinter(context, values.json === true);
    if (values.watch !== true) {
      print.list(first);
      return exitCodes.done;
    }
    for (const question of first) print.change(question);
    await watch(server, filter, { known: first, print, context });
    return exitCodes.done;
  },
};

function toFilter({ graph, assignee }: { graph?: string | undefined; assignee?: string | undefined }) {
  const filter: QuestionFilter = {};
  if (graph !== undefined) filter.graph_id = graph;
  if (assignee !== undefined) filter.assignee = assignee === "me" ? "me" : assignee.split(",");
  return filter;
}

interface Printer {
  list(questions: readonly Question[]): void;
  change(question: Question): void;
}

async function watch(
  server: Server,
  filter: QuestionFilter,
  { known, print, context }: { known: readonly Question[]; print: Printer; context: TerminalContext },
): Promise<void> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  // Who reads the lines has seen enough.
  context.stdout.once("error", stop);
  let open = new Map(known.map((question) => [question.id, question]));
  try {
    for (;;) {
      await wait(watchInterval, undefined, { signal: stopped.signal });
      const now = (await listQuestions(server, filter)).toReversed();
      const next = new Map(now.map((question) => [question.id, question]));
      for (const [id, question] of open) {
        if (!next.has(id)) print.change(await statusOf(server, question));
      }
      for (const [id, question] of next) if (!open.has(id)) print.change(question);
      open = next;
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    context.stdout.off("error", stop);
  }
}

/** What became of a question that is not open any more. */
async function statusOf(server: Server, { id, thread_id, ...rest }: Question): Promise<Question> {
  const { interrupts } = await server.call<{ interrupts: Question[] }>("POST", "/interrupts/search", {
    interrupt_id: id,
  });
  const found = interrupts.find((one) => one.thread_id === thread_id);
  return found ?? { id, thread_id, ...rest, status: "cancelled" };
}

function createPrinter({ stdout, env }: TerminalContext, isJson: boolean): Printer {
  const style = createStyle(stdout, env);
  const say = (text: string) => stdout.write(`${text}\n`);
  const show = (question: Question) => {
    for (const line of toLines(question, columnsOf(stdout), style)) say(line);
  };
  return {
    list(questions) {
      if (isJson) say(toSafeJson(questions, 2));
      else if (questions.length === 0) say("No question is open.");
      else for (const question of questions) show(question);
    },
    change(question) {
      if (isJson) say(toSafeJson(question));
      else if (question.status === "open") show(question);
      else say(toClosedLine(question));
    },
  };
}

/** Two lines: the first can be cut out and handed to `countersign approve`, the second says what it is. */
function toLines(question: Question, width: number, style: Style): string[] {
  const { id, value, thread_id, graph_id, opened_at, assignees, expires_at } = question;
  const facts = [
    kindOf(value),
    graph_id,
    `thread ${thread_id}`,
    `since ${opened_at.slice(0, 19).replace("T", " ")}`,
    ...(assignees === null ? [] : [`for ${assignees.join(", ")}`]),
    ...(expires_at === null ? [] : [`until ${expires_at.slice(0, 19).replace("T", " ")}`]),
  ];
  const subject = toPlain(subjectOf(value)).replaceAll("\n", " ");
  return [
    `${style.bold(id)}  ${shorten(subject, Math.max(16, width - id.length - 2))}`,
    style.dim(`  ${toPlain(facts.join(" · ")).replaceAll("\n", " ")}`),
  ];
}

function toClosedLine({ id, status, answered_by }: Question): string {
  return toPlain(`${id}  ${status}${answered_by === null ? "" : ` by ${nameOf(answered_by)}`}`);
}
