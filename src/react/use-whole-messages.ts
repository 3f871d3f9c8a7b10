import type { BaseMessage } from "@langchain/core/messages";
import type { AnyStream } from "@langchain/react";
import { useEffect, useMemo, useState } from "react";
import { isRecord } from "./json.ts";

/**
 * The messages of a thread, each as the state has it once it is there: what is put together from a stream lacks
 * names, sources and all that is not text in messages of people and tools.
 *
 * It listens to what the stream receives anyway: to ask for states of its own would take them away from the stream.
 */
export function useWholeMessages(stream: AnyStream): readonly BaseMessage[] {
  const { messages, threadId } = stream;
  const thread = stream.getThread();
  const [recorded, setRecorded] = useState(none);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another thread has other messages
  useEffect(() => setRecorded(none), [threadId]);
  useEffect(
    () =>
      thread?.onEvent(({ method, params: { namespace, data } }) => {
        if (method === "values" && namespace.length === 0) setRecorded(byId(data));
      }),
    [thread],
  );
  return useMemo(
    () =>
      messages.map((message) => {
        const whole = recorded.get(message.id ?? "");
        // What is being streamed anew may be ahead of what was recorded.
        return whole !== undefined && lengthOf(whole) >= lengthOf(message) ? whole : message;
      }),
    [messages, recorded],
  );
}

const none: ReadonlyMap<string, BaseMessage> = new Map();

function byId(state: unknown): ReadonlyMap<string, BaseMessage> {
  const messages = isRecord(state) && Array.isArray(state.messages) ? state.messages : [];
  // On the wire they have the same fields as the classes that are made of them.
  return new Map(
    messages.flatMap((one) =>
      isRecord(one) && typeof one.id === "string" ? [[one.id, one as unknown as BaseMessage]] : [],
    ),
  );
}

function lengthOf({ content }: BaseMessage): number {
  if (typeof content === "string") return content.length;
  const texts = content.map((block) => ("text" in block && typeof block.text === "string" ? block.text : ""));
  return texts.join("").length;
}
