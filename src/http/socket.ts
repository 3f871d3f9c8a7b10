import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Core } from "../core/core.ts";
import { followLength } from "../core/feed.ts";
import type { EventRecord } from "../core/ports.ts";
import { joinText, toJsonParts } from "../core/state-text.ts";
import { subscribe } from "../protocol/commands.ts";
import { CountersignError } from "../protocol/errors.ts";
import { channelOf, type EventMethod, toFilter } from "../protocol/events.ts";
import { isRecord } from "../protocol/json.ts";
import { checkThreadId, getThread, mayReadNow } from "./access.ts";
import { type Attendance, createAttendance } from "./attendance.ts";
import type { Caller, Guard } from "./auth.ts";
import { toEventText } from "./event-stream.ts";
import { checkAsked, type Limits, type OpenStreams } from "./limits.ts";
import { onAbort } from "./on-abort.ts";
import { parseJson } from "./parse-json.ts";
import { executeCommand } from "./protocol-commands.ts";
import { parse, toClientError } from "./respond.ts";
import { createUnfold, type Unfold } from "./unfold.ts";

/** A WebSocket, as far as the protocol needs one. `send` resolves when there is room for more. */
export interface Socket {
  send(text: string): Promise<void>;
  close(code: number, reason: string): void;
  onMessage(told: (text: string) => void): void;
  onClose(told: () => void): void;
}

/** WebSocket close codes are 4000 + HTTP status (reference/protocol.md 3.1); 1001: the server goes away. */
const [closeBase, goingAway] = [4000, 1001];

type Filter = ReturnType<typeof toFilter>;
type Subscriptions = Map<string, { matches: Filter; channels: readonly string[] }>;

const commandId = z.int({ error: "A command's id must be an integer." });

/** Subscriptions a socket may hold at once. */
const maxSubscriptions = 64;

/**
 * The thread protocol over one WebSocket: the same commands, in-band, and subscriptions. A new subscription is
 * sent what was before; what comes then is sent once, to all of them, in the order of the log: a client hands
 * each event to every subscription of its own that wants it, and the end of a run must come last.
 */
export async function serveSocket(
  core: Core,
  options: {
    socket: Socket;
    request: Request;
    guard: Guard;
    closing: AbortSignal;
    limits: Limits;
    streams: OpenStreams;
  },
): Promise<void> {
  const { socket, request, guard, closing, limits, streams } = options;
  let isGone = false;
  let ended = () => {};
  socket.onClose(() => {
    isGone = true;
    ended();
  });
  try {
    const path = new URL(request.url).pathname;
    const threadId = checkThreadId(
      decodeURIComponent(/\/threads\/([^/]+)\/stream\/events$/.exec(path)?.[1] ?? ""),
    );
    const caller = await guard(request);
    const exists = (await core.store.threads.find(threadId)) !== undefined;
    if (exists) await getThread(core, caller, threadId, "threads.read");
    if (isGone) return;
    ended = streams.open(threadId, caller.actor);
    const attendance = createAttendance(core, threadId, caller);
    socket.onClose(attendance.leave);
    if (exists) attendance.come();
    createSession(core, { socket, caller, threadId, attendance, closing, limits });
  } catch (thrown) {
    const error = toClientError(thrown, core.report);
    socket.close(closeBase + error.status, error.message.slice(0, 120));
  }
}

interface SessionOptions {
  socket: Socket;
  caller: Caller;
  threadId: string;
  attendance: Attendance;
  closing: AbortSignal;
  limits: Limits;
}

function createSession(core: Core, options: SessionOptions): void {
  const { socket, caller, threadId, attendance, closing, limits } = options;
  const gone = new AbortController();
  const subscriptions: Subscriptions = new Map();
  /** What was sent of the log to all subscriptions; undefined until the first one. */
  let cursor: number | undefined;
  /** Replies, replays and batches leave one after the other. */
  let queue: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };
  const hide = core.redact ?? ((text: string) => text);
  const send = (value: unknown) => inTurn(() => socket.send(hide(joinText(toJsonParts(value)))));
  closeWith(closing, socket);
  socket.onClose(() => gone.abort());

  async function open(id: number, params: unknown): Promise<void> {
    const { channels, namespaces, depth, since } = parse(subscribe, params ?? {});
    if (subscriptions.size >= maxSubscriptions) {
      throw new CountersignError(
        "invalid_argument",
        `A socket holds at most ${maxSubscriptions} subscriptions. Unsubscribe from one first.`,
      );
    }
    const subscriptionId = randomUUID();
    const matches = filterOf({ channels, namespaces, depth });
    await send({ type: "success", id, result: { subscription_id: subscriptionId, replayed_events: 0 } });
    await inTurn(async () => {
      const isFirst = cursor === undefined;
      cursor ??= await core.store.log.lastSeq(threadId);
      const unfold = createUnfold(core.store.log, threadId, followLength);
      await replay([matches], since ?? 0, { until: cursor, unfold });
      subscriptions.set(subscriptionId, { matches, channels });
      if (isFirst) void follow(cursor, unfold);
    });
  }

  /** Sends what there is behind `after`. */
  async function replay(
    filters: Filter[],
    after: number,
    { until, unfold }: { until: number; unfold: Unfold },
  ): Promise<void> {
    for (let from = after; from < until && !gone.signal.aborted; ) {
      const events = await core.store.log.read(threadId, from, followLength);
      if (events.length === 0) break;
      from = events.at(-1)?.seq ?? until;
      await sendEvents(filters, await unfold(events.filter(({ seq }) => seq <= until)));
    }
  }

  async function sendEvents(filters: Filter[], events: EventRecord[]): Promise<void> {
    if (events.length === 0) return;
    if (!(await mayReadNow(core, caller, threadId))) {
      closeMissing(socket);
      gone.abort();
    } else attendance.come();
    for (const event of events) {
      if (gone.signal.aborted) return;
      const channel = channelOf(event.method, event.customName);
      if (filters.some((matches) => matches(channel, event.namespace)))
        await socket.send(await toEventText(core, threadId, event));
    }
  }

  async function follow(after: number, unfold: Unfold): Promise<void> {
    const wants = (method: EventMethod) => isShown(subscriptions, method);
    try {
      for await (const batch of core.feed.follow(threadId, after, { signal: gone.signal, wants })) {
        await inTurn(async () => {
          await sendEvents(filtersOf(subscriptions), await unfold(batch));
          cursor = batch.at(-1)?.seq ?? cursor;
        });
      }
      if (!gone.signal.aborted) closeMissing(socket);
    } catch (error) {
      if (gone.signal.aborted) return;
      core.report(error, { threadId, during: "socket" });
      socket.close(closeBase + 500, "The events could not be read. Connect again.");
    }
  }

  const subscriptionCommands = new Map<unknown, typeof open>([
    ["subscription.subscribe", open],
    ["subscription.unsubscribe", unsubscribe],
  ]);

  async function receive(text: string): Promise<void> {
    const body = toCommand(text);
    if (typeof body === "string")
      return send({ type: "error", id: null, error: "invalid_argument", message: body });
    const own = subscriptionCommands.get(body.method);
    if (own === undefined) {
      const { reply } = await executeCommand({ core, caller, threadId }, async () => {
        checkAsked(body, limits);
        return body;
      });
      await send(reply);
      return;
    }
    const { id = 0 } = body;
    try {
      await own(parse(commandId, id), body.params);
    } catch (thrown) {
      const { reply } = await executeCommand({ core, caller, threadId }, async () => {
        throw thrown;
      });
      await send({ ...reply, id: typeof id === "number" ? id : null });
    }
  }

  async function unsubscribe(id: number, params: unknown): Promise<void> {
    const { subscription_id: subscription } = parse(z.object({ subscription_id: z.string() }), params ?? {});
    if (!subscriptions.delete(subscription)) {
      const message = `There is no subscription ${subscription} on this socket.`;
      return send({ type: "error", id, error: "no_such_subscription", message });
    }
    return send({ type: "success", id, result: {} });
  }

  socket.onMessage((text) => {
    receive(text).catch((error: unknown) => core.report(error, { threadId, during: "socket" }));
  });
}

function closeMissing(socket: Socket): void {
  socket.close(closeBase + 404, "There is no such thread.");
}

/** A server that stops says so to the client. */
function closeWith(closing: AbortSignal, socket: Socket): void {
  const leave = () => socket.close(goingAway, "The server stops. Connect again.");
  socket.onClose(onAbort(closing, leave));
}

function isShown(subscriptions: Subscriptions, method: EventMethod): boolean {
  return [...subscriptions.values()].some(({ channels }) => channels.includes(method));
}

function filtersOf(subscriptions: Subscriptions): Filter[] {
  return [...subscriptions.values()].map(({ matches }) => matches);
}

function filterOf({ channels, namespaces, depth }: Omit<z.infer<typeof subscribe>, "since">): Filter {
  return toFilter({
    channels,
    ...(namespaces ? { namespaces } : {}),
    ...(depth == null ? {} : { depth }),
  });
}

/** The command in a message, or what is wrong with it. */
function toCommand(text: string): Record<string, unknown> | string {
  try {
    const body = parseJson(text);
    return isRecord(body) ? body : "Protocol commands must be JSON objects.";
  } catch (error) {
    return `Protocol commands must be valid JSON. ${(error as Error).message}`;
  }
}
