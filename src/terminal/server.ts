import { Client } from "@langchain/langgraph-sdk";

export interface ServerAddress {
  url: string;
  token: string | undefined;
  /** The name decisions are recorded under, where nobody logs in. */
  name: string;
}

/** A Countersign server as the terminal talks to it: a stock client, and our own routes. */
export interface Server {
  url: string;
  client: Client;
  /** @throws {@link RefusedError}, {@link UnreachableError} */
  call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
}

/** The server said no. `code` is one of the closed table of errors, where the reply had one. */
export class RefusedError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Nothing answered, or something that is no Countersign server. */
export class UnreachableError extends Error {}

export function connect({ url, token, name }: ServerAddress): Server {
  const headers: Record<string, string> = {
    "x-countersign-name": encodeURIComponent(name),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const client = new Client({
    apiUrl: url,
    apiKey: null,
    defaultHeaders: headers,
    callerOptions: { maxRetries: 0 },
  });
  return {
    url,
    client,
    async call<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).catch((error: Error) => {
        throw unreachable(url, error);
      });
      const reply = (await response.json().catch(() => undefined)) as Record<string, unknown> | undefined;
      if (response.ok && reply !== undefined) return reply as T;
      if (typeof reply?.message !== "string") {
        throw new UnreachableError(
          `What answers at ${url} is no Countersign server (HTTP ${response.status}). Give the right address with --url.`,
        );
      }
      throw new RefusedError(
        String(reply.error ?? "unknown"),
        inTerminalWords(reply.message, response.status),
      );
    },
  };
}

/** True when a Countersign server answers; false when nothing does. @throws {@link UnreachableError} for anything else */
export async function isThere(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ok`, { signal: AbortSignal.timeout(10_000) });
    const reply = (await response.json().catch(() => undefined)) as { ok?: unknown } | undefined;
    if (reply?.ok === true || response.status === 401 || response.status === 403) return true;
    throw new UnreachableError(
      `What answers at ${url} is no Countersign server. Give the right address with --url.`,
    );
  } catch (error) {
    if (error instanceof UnreachableError) throw error;
    return false;
  }
}

export function unreachable(url: string, error: unknown): UnreachableError {
  const { cause } = error as { cause?: { code?: string } };
  const why = cause?.code === undefined ? "" : ` (${cause.code})`;
  return new UnreachableError(
    `No server answers at ${url}${why}. Start one with "countersign start", or give its address with --url.`,
  );
}

function inTerminalWords(message: string, status: number): string {
  return status === 401 ? "This server asks for a token. Set COUNTERSIGN_TOKEN." : message;
}

interface CommandFailure {
  code?: string;
  message?: string;
  response?: { message?: string; meta?: Record<string, unknown> };
}

/** What the stock client throws, as one of our two errors. */
export function toServerError(url: string, error: unknown): RefusedError | UnreachableError {
  if (error instanceof RefusedError || error instanceof UnreachableError) return error;
  const { response, code, message = String(error) } = (error ?? {}) as CommandFailure;
  if (response !== undefined) {
    const { code: exact = code, ...details } = response.meta ?? {};
    return new RefusedError(String(exact), response.message ?? message, details);
  }
  const [, status, body] = /^HTTP (\d+): (\{.*\})$/s.exec(message) ?? [];
  if (body !== undefined) {
    try {
      const parsed = JSON.parse(body) as { error?: string; message?: string };
      return new RefusedError(
        String(parsed.error ?? "unknown"),
        inTerminalWords(parsed.message ?? message, Number(status)),
      );
    } catch {
      return new RefusedError("unknown", message);
    }
  }
  if (/fetch failed|Unable to connect|ECONNREFUSED|ECONNRESET|terminated/.test(message)) {
    return unreachable(url, error);
  }
  return new RefusedError("unknown", message);
}
