import { randomUUID } from "node:crypto";
import { isBaseMessage } from "@langchain/core/messages";
import { isRecord, type Json } from "../protocol/json.ts";
import { toUuid } from "./uuid.ts";

/**
 * Messages without an id get a random one from the reducer each time it is applied: to the writes of a task that was
 * cut off before its step was done, or waits for another, whenever the state is read. So they get one before.
 */

/** Of ids that are made of a run and the place of a message in its input. */
const idNamespace = "3f0cbd0c-7a52-4f6e-9f1b-6d1c5b0a2e47";

/** LangGraph's reducer of messages, whichever copy of it made the graph. */
const reducer = "messagesStateReducer";

/** True for a channel of a compiled graph that is put together by LangGraph's reducer of messages. */
export function isOfMessages(channel: unknown): boolean {
  return isRecord(channel) && typeof channel.operator === "function" && channel.operator.name === reducer;
}

/**
 * An input whose messages have ids: each attempt at the run has the same.
 *
 * @param isMessages - Whether a channel holds messages, by its name.
 * @param runId - Of the run it came with.
 */
export function withMessageIds(input: Json, isMessages: (channel: string) => boolean, runId: string): Json {
  if (!isRecord(input)) return input;
  const entries = Object.entries(input as Record<string, Json>).map(([channel, value]): [string, Json] => {
    if (!isMessages(channel)) return [channel, value];
    const seed = `${runId}/${channel}`;
    if (!Array.isArray(value)) return [channel, withId(value, seed)];
    return [channel, value.map((one, index) => withId(one, `${seed}/${index}`))];
  });
  return Object.fromEntries(entries);
}

function withId(message: Json, seed: string): Json {
  if (typeof message === "string") return { type: "human", content: message, id: toUuid(idNamespace, seed) };
  if (!isRecord(message) || message.id != null) return message;
  const isMessage = typeof message.type === "string" || typeof message.role === "string";
  return isMessage ? { ...message, id: toUuid(idNamespace, seed) } : message;
}

/** As the reducer does a moment later: in the messages themselves, which are what a node has put out. */
export function nameMessages(value: unknown): void {
  for (const one of Array.isArray(value) ? value : [value]) {
    if (!isBaseMessage(one) || one.id != null) continue;
    one.id = randomUUID();
    one.lc_kwargs.id = one.id;
  }
}
