import { createChat } from "./chat-loop.ts";
import type { TerminalCommand } from "./commands.ts";
import type { StartedServer, TerminalContext } from "./context.ts";
import { openConversation } from "./conversation.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { addressOf, readOptions, UsageMistake } from "./options.ts";
import { toPlain } from "./safe-text.ts";
import { connect, isThere, RefusedError, type Server, toServerError, unreachable } from "./server.ts";

export const chat: TerminalCommand = {
  use: `countersign chat [message] [--thread <id> | --last] [--graph <id>] [--url <address>] [--as <name>]

Ask, look at the plan, decide, and watch it run. Where no server runs, it starts one on the data directory of the
settings, which stops with it. Without a terminal it reads lines: messages, and answers by their key or word.
`,
  async run(args, context) {
    const { values, positionals } = readOptions(args, {
      thread: { type: "string" },
      last: { type: "boolean" },
      graph: { type: "string" },
    });
    if (positionals.length > 1) throw new UsageMistake("Put the message in quotes.");
    if (values.thread !== undefined && values.last) {
      throw new UsageMistake("--thread and --last name two threads. Give one of them.");
    }
    const address = addressOf(values, context);
    const mayStart = values.url === undefined && !context.isUrlSet;
    const own = await ownServer(address.url, mayStart, context);
    try {
      const server = connect({ ...address, url: own?.url ?? address.url });
      const graphId = values.graph ?? (await findGraph(server));
      const threadId = await findThread(server, { ...values, graphId });
      return await talk(server, { threadId, graphId, message: positionals[0], own }, context);
    } finally {
      await own?.stop();
    }
  },
};

/** A server of our own, where none runs and none was named. */
async function ownServer(
  url: string,
  mayStart: boolean,
  context: TerminalContext,
): Promise<StartedServer | undefined> {
  if (!url.endsWith(":0") && (await isThere(url))) return undefined;
  if (!mayStart) throw unreachable(url, {});
  return context.startServer();
}

/** The graph to talk to: `agent`, or the only one there is. */
async function findGraph(server: Server): Promise<string> {
  try {
    const assistants = await server.client.assistants.search({ limit: 100 });
    const ids = [...new Set(assistants.map(({ graph_id }) => graph_id))];
    const [first] = ids;
    if (ids.includes("agent") || first === undefined) return "agent";
    if (ids.length === 1) return first;
    throw new UsageMistake(`This server has several graphs; say which with --graph: ${ids.join(", ")}.`);
  } catch (error) {
    throw error instanceof UsageMistake ? error : toServerError(server.url, error);
  }
}

/** The thread to go on with; undefined for a new one. */
async function findThread(
  server: Server,
  { thread, last, graphId }: { thread?: string | undefined; last?: boolean | undefined; graphId: string },
): Promise<string | undefined> {
  try {
    if (thread !== undefined) return (await server.client.threads.get(thread)).thread_id;
    if (!last) return undefined;
    const [newest] = await server.client.threads.search({
      metadata: { graph_id: graphId },
      limit: 1,
      sortBy: "updated_at",
      sortOrder: "desc",
    });
    if (newest === undefined)
      throw new RefusedError("no_such_thread", "There is no thread yet. Leave out --last.");
    return newest.thread_id;
  } catch (error) {
    throw toServerError(server.url, error);
  }
}

interface Talk {
  threadId: string | undefined;
  graphId: string;
  message: string | undefined;
  own: StartedServer | undefined;
}

async function talk(
  server: Server,
  { threadId, graphId, message, own }: Talk,
  context: TerminalContext,
): Promise<ExitCode> {
  const isNew = threadId === undefined;
  const conversation = await openConversation(server, {
    threadId: threadId ?? crypto.randomUUID(),
    graphId,
    isNew,
  });
  const greeting =
    own === undefined
      ? `Connected to ${server.url}.`
      : `No server ran, so one was started. ${toPlain(own.line)}. It stops when you leave.`;
  const loop = createChat(conversation, context, greeting);
  try {
    const end = await loop.run(message);
    loop.close();
    const flags =
      conversation.now().messages.length > 0 ? `countersign chat --thread ${conversation.threadId}` : "";
    if (flags !== "") context.stdout.write(`To go on: ${flags}\n`);
    return exitCodes[end];
  } finally {
    loop.close();
    conversation.close();
  }
}
