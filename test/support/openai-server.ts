import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** The body of a request to `/v1/chat/completions`, as far as tests read it. */
export interface ChatRequest {
  model: string;
  messages: { role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }[];
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  tools?: { type: string; function: { name: string; parameters?: unknown } }[];
  tool_choice?: unknown;
  response_format?: { type: string; json_schema?: { name: string; schema: unknown } };
  [key: string]: unknown;
}

export interface ToolCallReply {
  name: string;
  /** An object is sent as JSON; a string is sent as it is, so it may be malformed. */
  args: Record<string, unknown> | string;
}

/** What the model says, token by token when the client streams. */
export interface SpokenReply {
  text?: string;
  /** Sent instead of text, as `refusal`. */
  refusal?: string;
  calls?: ToolCallReply[];
  /** By default `stop`, or `tool_calls` when there are calls. */
  finish?: "stop" | "length" | "tool_calls" | "content_filter";
  /** Milliseconds before each token; 0 by default. */
  msPerToken?: number;
  /** Runs before each token (counted from 0): a promise holds the stream there until it settles. */
  beforeToken?: (index: number) => void | Promise<void>;
  /** Destroys the socket after so many tokens; without streaming, before anything is sent. */
  cutAfter?: number;
}

/** An error answer, such as 401, 429 with `retryAfter`, or 500. */
export interface ErrorReply {
  status: number;
  message?: string;
  /** Seconds, as the `retry-after` header. */
  retryAfter?: number;
}

/** A string is short for `{ text }`. */
export type Reply = string | SpokenReply | ErrorReply;

/**
 * Decides what is answered. `n` counts the requests from 0, so "429, then success" is
 * `(_, n) => (n === 0 ? { status: 429, retryAfter: 1 } : "Hello.")`. A promise holds the answer back.
 */
export type Script = (request: ChatRequest, n: number) => Reply | Promise<Reply>;

export interface OpenAiServer {
  /** With `/v1`, as `OPENAI_BASE_URL` takes it. */
  url: string;
  /** The body of every request so far, oldest first. */
  requests: ChatRequest[];
  /** Stops listening and destroys every connection. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * An OpenAI-compatible chat-completions server on a free port of 127.0.0.1: streaming (small deltas of content
 * and of tool-call arguments, a usage chunk when asked for, `[DONE]`) and not. Every completion has its own id.
 */
export async function startOpenAiServer({ script }: { script: Script }): Promise<OpenAiServer> {
  const requests: ChatRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        sendJson(response, 500, {
          error: { message: `The script threw: ${String(error)}`, type: "server_error" },
        });
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST" || request.url?.split("?")[0] !== "/v1/chat/completions") {
      sendJson(response, 404, { error: { message: `No route ${request.method} ${request.url}` } });
      return;
    }
    const body = JSON.parse(await readBody(request)) as ChatRequest;
    const n = requests.push(body) - 1;
    const reply = await script(body, n);
    if (typeof reply === "object" && "status" in reply) sendError(response, reply);
    else await speak(response, body, { id: `chatcmpl-test-${crypto.randomUUID()}`, ...toSpoken(reply) });
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, requests, close, [Symbol.asyncDispose]: close };
}

type Completion = SpokenReply & { id: string };
type Delta = Record<string, unknown>;

function toSpoken(reply: string | SpokenReply): SpokenReply {
  return typeof reply === "string" ? { text: reply } : reply;
}

function speak(response: ServerResponse, request: ChatRequest, completion: Completion): Promise<void> {
  return request.stream ? stream(response, request, completion) : sendWhole(response, request, completion);
}

async function stream(response: ServerResponse, request: ChatRequest, completion: Completion): Promise<void> {
  const { id, msPerToken = 0, beforeToken, cutAfter } = completion;
  const base = { id, object: "chat.completion.chunk", created: 1_700_000_000, model: request.model };
  const write = (data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  for (const delta of deltasOf(completion)) {
    if (sent === cutAfter) {
      // Only once the tokens before are on their way is this a cut in the middle.
      response.write("", () => response.destroy());
      return;
    }
    await beforeToken?.(sent);
    if (msPerToken > 0) await wait(msPerToken);
    if (response.destroyed) return;
    write({ ...base, choices: [{ index: 0, delta, finish_reason: null }] });
    sent += 1;
  }
  write({ ...base, choices: [{ index: 0, delta: {}, finish_reason: finishOf(completion) }] });
  if (request.stream_options?.include_usage) {
    write({ ...base, choices: [], usage: usageOf(request, sent) });
  }
  response.end("data: [DONE]\n\n");
}

function* deltasOf({ text = "", refusal = "", calls = [] }: Completion): Generator<Delta> {
  let role: Delta = { role: "assistant" };
  for (const content of tokensOf(text)) {
    yield { ...role, content };
    role = {};
  }
  for (const part of tokensOf(refusal)) {
    yield { ...role, refusal: part };
    role = {};
  }
  for (const [index, { name, args }] of calls.entries()) {
    const start = { index, id: callId(), type: "function", function: { name, arguments: "" } };
    yield { ...role, tool_calls: [start] };
    role = {};
    for (const part of toText(args).match(/[\s\S]{1,7}/g) ?? []) {
      yield { tool_calls: [{ index, function: { arguments: part } }] };
    }
  }
}

async function sendWhole(
  response: ServerResponse,
  request: ChatRequest,
  completion: Completion,
): Promise<void> {
  const { id, text, refusal, calls = [], cutAfter, msPerToken = 0, beforeToken } = completion;
  await beforeToken?.(0);
  if (msPerToken > 0) await wait(msPerToken * [...deltasOf(completion)].length);
  if (cutAfter !== undefined) {
    response.destroy();
    return;
  }
  const tool_calls = calls.map(({ name, args }) => ({
    id: callId(),
    type: "function",
    function: { name, arguments: toText(args) },
  }));
  const message = {
    role: "assistant",
    content: text ?? null,
    refusal: refusal ?? null,
    ...(tool_calls.length > 0 ? { tool_calls } : {}),
  };
  sendJson(response, 200, {
    id,
    object: "chat.completion",
    created: 1_700_000_000,
    model: request.model,
    choices: [{ index: 0, message, finish_reason: finishOf(completion) }],
    usage: usageOf(request, [...deltasOf(completion)].length),
  });
}

function finishOf({ finish, calls = [] }: SpokenReply): string {
  return finish ?? (calls.length > 0 ? "tool_calls" : "stop");
}

function usageOf({ messages }: ChatRequest, completion_tokens: number) {
  const prompt_tokens = Math.ceil(JSON.stringify(messages).length / 4);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** Words with the space behind them. */
function tokensOf(text: string): string[] {
  return text.match(/\s*\S+\s*/g) ?? (text === "" ? [] : [text]);
}

function toText(args: ToolCallReply["args"]): string {
  return typeof args === "string" ? args : JSON.stringify(args);
}

function callId(): string {
  return `call_${crypto.randomUUID().slice(0, 8)}`;
}

function sendError(response: ServerResponse, { status, message, retryAfter }: ErrorReply): void {
  if (retryAfter !== undefined) response.setHeader("retry-after", String(retryAfter));
  const words =
    message ?? (status === 401 ? "Incorrect API key provided." : `The script answered ${status}.`);
  sendJson(response, status, { error: { message: words, type: "error", code: null, param: null } });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
