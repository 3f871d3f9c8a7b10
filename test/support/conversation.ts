import * as sdk115 from "@langchain/langgraph-sdk";
import * as stream115 from "@langchain/langgraph-sdk/stream";
import * as sdk111 from "langgraph-sdk-1-11";
import * as stream111 from "langgraph-sdk-1-11/stream";
import { expect } from "vitest";
import { WebSocket } from "ws";
import type { PlanReview, StepState } from "../../src/agent/index.ts";

/** The stock clients we promise to serve: what `useStream` of `@langchain/react` is built on. */
export const sdks = {
  "1.15.0": { Client: sdk115.Client, StreamController: stream115.StreamController },
  "1.11.0": {
    Client: sdk111.Client as unknown as typeof sdk115.Client,
    StreamController: stream111.StreamController as unknown as typeof stream115.StreamController,
  },
} as const;

export type SdkVersion = keyof typeof sdks;

export interface AgentValues extends Record<string, unknown> {
  messages: unknown[];
  steps?: Record<string, StepState>;
}

export interface ConversationOptions {
  version?: SdkVersion;
  assistantId?: string;
  transport?: "sse" | "websocket";
}

/** A stock client on one thread, as a page that has just opened it. */
export async function openConversation(
  url: string,
  threadId: string,
  { version = "1.15.0", assistantId = "agent", transport = "sse" }: ConversationOptions = {},
) {
  const { Client, StreamController } = sdks[version];
  const client = new Client({ apiUrl: url, apiKey: null, callerOptions: { maxRetries: 0 } });
  const controller = new StreamController<AgentValues, PlanReview>({
    assistantId,
    client,
    threadId,
    transport,
    // Node 20 has no WebSocket of its own.
    webSocketFactory: (url: string) => new WebSocket(url),
    maxReconnectAttempts: 1000,
    reconnectDelayMs: () => 50,
  } as never);
  const release = controller.activate();
  await controller.hydrate();
  const now = () => controller.rootStore.getSnapshot();
  /** Questions and states come over connections of their own: waits until both are here. */
  async function settled(): Promise<void> {
    const { values } = await client.threads.getState<AgentValues>(threadId);
    const ids = (messages: unknown[]) => messages.map((message) => (message as { id?: string }).id);
    await expect
      .poll(() => [now().isLoading, ids(now().messages)], { timeout: 10_000 })
      .toEqual([false, ids(values.messages)]);
  }
  const conversation = {
    client,
    controller,
    now,
    ask: (text: string) =>
      controller.submit({ messages: [{ type: "human", content: text, id: crypto.randomUUID() }] } as never),
    /** The open plan review; waits until there is one. */
    async review(revision?: number): Promise<{ id: string; value: PlanReview }> {
      await expect
        .poll(() => [now().interrupts.map(({ value }) => value?.plan?.revision), now().isLoading], {
          timeout: 20_000,
        })
        .toEqual([[revision ?? expect.any(Number)], false]);
      await settled();
      const [interrupt] = now().interrupts;
      return { id: interrupt?.id ?? "", value: interrupt?.value as PlanReview };
    },
    async answer(answer: unknown, interruptId?: string): Promise<void> {
      const id = interruptId ?? now().interrupts[0]?.id;
      await controller.respond(answer, id === undefined ? {} : { interruptId: id });
    },
    async finished(): Promise<void> {
      await expect
        .poll(async () => (await client.threads.get(threadId)).status, { timeout: 20_000 })
        .toBe("idle");
      await settled();
    },
    /** What the chat shows: type and text of each message. */
    texts: () => now().messages.map((message) => `${message.type}: ${message.text}`),
    async [Symbol.asyncDispose](): Promise<void> {
      release();
      // Not awaited: with the server gone, it waits for a stream that never comes back.
      void controller.dispose();
    },
  };
  return conversation;
}
