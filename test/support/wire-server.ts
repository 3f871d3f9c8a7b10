import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** What a model says, whatever its provider calls the parts. */
export interface Spoken {
  reasoning?: string;
  text?: string;
  /** Arguments as text are sent as they are, so they may be cut off. */
  calls?: { name: string; args: Record<string, unknown> | string }[];
  refusal?: string;
  /** Why it stopped, if not because it was done. */
  ending?: "length" | "filtered";
  /** The provider reports this after what was said, instead of an end. */
  error?: string;
}

/** The tools a request offers, and what was said before, as far as tests read it. */
export interface Heard {
  tools: string[];
  /** Everything in the conversation as text, to look for what must be in it. */
  text: string;
}

/** A provider's wire format: how a reply is framed, and what it demands of a request. */
export interface Wire {
  /** The path of the one route. */
  path: string;
  contentType: string;
  frames(spoken: Spoken): string[];
  hear(body: never): Heard;
  /** What such a provider would answer with status 400. */
  issues(body: never): string[];
  /** The body of such an answer, where it is not the usual one. */
  failure?(message: string): unknown;
}

export interface WireServer {
  url: string;
  requests: Record<string, unknown>[];
  close(): Promise<void>;
}

/** A provider's server on a free port of 127.0.0.1, which says what a script says, frame by frame. */
export async function startWireServer(
  wire: Wire,
  script: (heard: Heard, n: number) => Spoken,
): Promise<WireServer> {
  const requests: Record<string, unknown>[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (request.url?.split("?")[0] !== wire.path) {
      response.writeHead(404).end(`No route ${request.url}`);
      return;
    }
    const body = JSON.parse(Buffer.concat(parts).toString("utf8"));
    const n = requests.push(body) - 1;
    const issues = wire.issues(body as never);
    if (issues.length > 0) {
      response.writeHead(400, { "content-type": "application/json" });
      const message = issues.join("; ");
      const usual = { type: "error", error: { type: "invalid_request_error", message } };
      response.end(JSON.stringify(wire.failure?.(message) ?? usual));
      return;
    }
    response.writeHead(200, { "content-type": wire.contentType });
    for (const frame of wire.frames(script(wire.hear(body as never), n))) response.write(frame);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, close };
}

/** Pieces as tokens come: a few characters each. */
export function piecesOf(text: string): string[] {
  return text.match(/[\s\S]{1,9}/g) ?? [];
}

export function argsText(args: Record<string, unknown> | string): string {
  return typeof args === "string" ? args : JSON.stringify(args);
}

/** Calls without their answer right behind them, and answers without a call. */
export function unanswered(calls: string[], answers: string[]): string[] {
  return [
    ...calls
      .filter((id) => !answers.includes(id))
      .map((id) => `the call ${id} has no answer right behind it`),
    ...answers.filter((id) => !calls.includes(id)).map((id) => `the answer ${id} has no call before it`),
  ];
}

/** As unique as a provider's: LangGraph takes messages of one id for one message. */
export function nextId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().slice(0, 8)}`;
}
