import type { MiddlewareHandler } from "hono";
import type { Actor } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { isRecord } from "../protocol/json.ts";
import type { Env } from "./env.ts";
import { unreadable } from "./respond.ts";

/** What one client may ask for at most. */
export interface Limits {
  /** The size of a body, and of a message over WebSocket, in bytes. Default 8 MiB. */
  bodyBytes: number;
  /** Streams, sockets and requests that wait for a run, on one thread. Default 1,000. */
  streamsPerThread: number;
  /** The same of one actor, where a login vouches for who it is. Default 200. */
  streamsPerActor: number;
  /** Entries of a page. Default, and at most, 1,000. */
  pageSize: number;
  /** `recursion_limit` in a run's config. Default 10,000. */
  recursionLimit: number;
}

const defaults: Limits = {
  bodyBytes: 8 * 1024 * 1024,
  streamsPerThread: 1_000,
  streamsPerActor: 200,
  pageSize: 1_000,
  recursionLimit: 10_000,
};

/** @throws `invalid_argument` for a limit that is no whole number above 0. */
export function toLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new CountersignError("invalid_argument", `limits.${name} is ${value}; set a whole number above 0.`);
  }
  return limits;
}

/** Says where a request asks for more than it may, by the path of the field. @throws `invalid_argument` */
export function checkAsked(body: unknown, limits: Limits): void {
  if (Array.isArray(body)) for (const one of body) checkAsked(one, limits);
  if (!isRecord(body)) return;
  for (const [path, asked] of [
    ["", body],
    ["params.", body.params],
  ] as const) {
    if (!isRecord(asked)) continue;
    const config = isRecord(asked.config) ? asked.config : {};
    checkNumber(`${path}limit`, asked.limit, limits.pageSize);
    checkNumber(`${path}config.recursion_limit`, config.recursion_limit, limits.recursionLimit);
  }
}

function checkNumber(path: string, value: unknown, most: number): void {
  if (typeof value !== "number" || value <= most) return;
  throw new CountersignError(
    "invalid_argument",
    `Invalid request. ${path}: at most ${most} here. Ask for less.`,
  );
}

/** Refuses bodies that are too large: before they are read, or while they are where they do not say how long. */
export function limitBody({ bodyBytes }: Limits): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { method, url, headers } = c.req.raw;
    const length = headers.get("content-length");
    if (Number(length ?? 0) > bodyBytes) throw tooLarge(bodyBytes);
    const isOpenEnded = length === null || headers.has("transfer-encoding");
    if (isOpenEnded && method !== "GET" && c.req.raw.body !== null) {
      const body = new Blob(await readUpTo(bodyBytes, c.req.raw));
      c.req.raw = new Request(url, { method, headers, body });
    }
    return next();
  };
}

async function readUpTo(most: number, { body }: Request): Promise<Uint8Array<ArrayBuffer>[]> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      size += chunk.length;
      if (size > most) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw unreadable(cause);
  }
  if (size > most) throw tooLarge(most);
  return chunks;
}

function tooLarge(bodyBytes: number): CountersignError {
  return new CountersignError("payload_too_large", `The body is larger than ${bodyBytes} bytes. Send less.`);
}

/** Counts what stays open. */
export interface OpenStreams {
  /** @returns How to say that it has ended; may be called again. @throws `too_many_streams` */
  open(threadId: string | undefined, actor: Actor): () => void;
}

export function countStreams({ streamsPerThread, streamsPerActor }: Limits): OpenStreams {
  const counts = new Map<string, number>();
  return {
    open(threadId, { id, verified }) {
      const threads = threadId === undefined ? [] : [{ key: `thread ${threadId}`, most: streamsPerThread }];
      // A name that is only claimed counts for nothing: who reaches the limit would claim another.
      const actors = verified ? [{ key: `actor ${id}`, most: streamsPerActor }] : [];
      const counted = [...threads, ...actors];
      for (const { key, most } of counted) {
        if ((counts.get(key) ?? 0) < most) continue;
        throw new CountersignError(
          "too_many_streams",
          `There are ${most} streams open for ${key}, and may not be more. Close one, then try again.`,
        );
      }
      for (const { key } of counted) counts.set(key, (counts.get(key) ?? 0) + 1);
      let isOpen = true;
      return () => {
        if (!isOpen) return;
        isOpen = false;
        for (const { key } of counted) {
          const left = (counts.get(key) ?? 1) - 1;
          if (left > 0) counts.set(key, left);
          else counts.delete(key);
        }
      };
    },
  };
}

/** Paths of what stays open: streams, and requests that wait for a run. */
export const staysOpen = /\/(stream|stream\/events|wait|join)$/;

/** Counts a request that stays open from before it does anything until its reply has ended. */
export function limitStreams(streams: OpenStreams): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (!staysOpen.test(c.req.path)) return next();
    const [, encoded] = /\/threads\/([^/]+)\//.exec(c.req.path) ?? [];
    const threadId = encoded === undefined ? undefined : decodePath(encoded);
    const ended = streams.open(threadId, c.get("caller").actor);
    await next();
    if (c.res.body === null || !c.res.ok) ended();
    else c.res = toldOfItsEnd(c.res, c.res.body, ended);
  };
}

/** One thread is one thread, however its id is written in the path. */
function decodePath(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** The same response, and a word when its body has ended, broke, or nobody reads it any more. */
function toldOfItsEnd(response: Response, body: ReadableStream<Uint8Array>, ended: () => void): Response {
  const reader = body.getReader();
  const told = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await reader.read();
          if (!done) return controller.enqueue(value);
          ended();
          controller.close();
        } catch (error) {
          ended();
          controller.error(error);
        }
      },
      cancel(reason) {
        ended();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const { status, headers } = response;
  return new Response(told, { status, headers });
}
