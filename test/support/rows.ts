import type { ServerOptions } from "../../src/http/index.ts";
import { openInterrupts, sendCommand, type WireThread, waitForStatus } from "./command.ts";
import { type Frame, framesOf } from "./frames.ts";
import { createRowGraphs } from "./row-graphs.ts";
import { serve, temporaryDirectory } from "./serve.ts";

export const input = { messages: [{ role: "user", content: "hello" }] };
export const resume = { resume: { send: true } };

/** What a request came to: `body` is parsed, and undefined where there is none. */
export interface Answered<T> {
  status: number;
  headers: Headers;
  body: T;
}

export type Row = Awaited<ReturnType<typeof openRows>>;

/** One server for a file of tests, and requests to it as they are written in the documents. */
export async function openRows(options: Partial<Omit<ServerOptions, "store">> = {}) {
  const directory = await temporaryDirectory();
  const { graphs, gate, ran } = createRowGraphs();
  const server = await serve({
    report: () => {},
    ...options,
    graphs: { ...graphs, ...options.graphs },
    directory: directory.path,
  });
  const { url } = server;

  function request(route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const [method = "", path = ""] = route.split(" ");
    return fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** `call("POST /threads", {})`. */
  async function call<T = Record<string, unknown>>(
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answered<T>> {
    const response = await request(route, body, headers);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as T,
    };
  }

  /** The frames of a stream, to its end or to the one that is the last wanted. */
  async function frames(
    route: string,
    {
      body,
      headers,
      until = () => false,
    }: { body?: unknown; headers?: Record<string, string>; until?: (frame: Frame) => boolean } = {},
  ): Promise<Frame[]> {
    const seen: Frame[] = [];
    for await (const frame of framesOf(await request(route, body, headers))) {
      seen.push(frame);
      if (until(frame)) break;
    }
    return seen;
  }

  const command = (threadId: string, method: string, params: object = {}) =>
    sendCommand(url, threadId, { method, params });

  return {
    url,
    gate,
    ran,
    request,
    call,
    frames,
    command,
    /** A thread without a run. */
    async empty(): Promise<string> {
      return (await call<{ thread_id: string }>("POST /threads", {})).body.thread_id;
    },
    /** A thread that waits for an answer, and its questions. */
    async asked(graph = "ask", start: unknown = input) {
      const threadId = crypto.randomUUID();
      await command(threadId, "run.start", { assistant_id: graph, input: start });
      const thread = await waitForStatus(url, threadId, "interrupted");
      const questions = openInterrupts(thread);
      return { threadId, thread, questions, question: questions[0]?.id ?? "" };
    },
    /** A thread whose run holds at the gate: open it, or cancel the run. */
    async held(text = "one") {
      gate.shut();
      const threadId = crypto.randomUUID();
      const messages = [{ role: "user", content: text }];
      const { result } = await command(threadId, "run.start", { assistant_id: "chat", input: { messages } });
      return { threadId, runId: String(result?.run_id) };
    },
    until: (threadId: string, status: string): Promise<WireThread> => waitForStatus(url, threadId, status),
    async [Symbol.asyncDispose](): Promise<void> {
      gate.open();
      await server.stop();
      await directory[Symbol.asyncDispose]();
    },
  };
}
