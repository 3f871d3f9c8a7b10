import type { BaseMessage } from "@langchain/core/messages";
import { channelProjection, extensionProjection, StreamController } from "@langchain/langgraph-sdk/stream";
import type { Decision, Plan, StepState } from "../agent/index.ts";
import { followActivity } from "./activity.ts";
import type { Asked } from "./choices.ts";
import { listenForOthers } from "./other-runs.ts";
import { findQuestions } from "./questions.ts";
import { type Server, toServerError } from "./server.ts";

/** A `step` event of the agent: how one step of one plan stands. */
export interface StepEvent extends StepState {
  plan: string;
  digest: string;
  step: string;
}

/** The last `plan` event: a plan as far as it is written, or the whole of it. */
export interface Draft {
  revision: number;
  draft?: Partial<Plan>;
  plan?: Plan;
}

export interface OpenQuestion extends Asked {
  id: string;
}

/** All there is to show of a thread at one moment. */
export interface Moment {
  messages: readonly BaseMessage[];
  plan: Plan | null;
  decisions: readonly Decision[];
  steps: Readonly<Record<string, StepState>>;
  /** What steps have said, oldest first. */
  stepEvents: readonly StepEvent[];
  draft: Draft | null;
  questions: readonly OpenQuestion[];
  /** What running tools have put out so far, by tool call id. */
  toolOutput: ReadonlyMap<string, string>;
  isLoading: boolean;
  isReconnecting: boolean;
  error: string | null;
}

export interface Conversation {
  readonly threadId: string;
  now(): Moment;
  /** Calls on every change. Returns how to stop it. */
  subscribe(listener: () => void): () => void;
  /** Begins a run. What becomes of it, the moments say. */
  send(text: string): void;
  /** @throws {@link RefusedError}, {@link UnreachableError} */
  answer(interruptId: string, value: unknown): Promise<void>;
  /** The question with what the stream does not tell of it: which answers it takes. */
  describe(question: OpenQuestion): Promise<OpenQuestion>;
  /** Goes on with what was stopped, or has failed. */
  goOn(): void;
  /** Stops the run on the server. */
  stop(): Promise<void>;
  /** Looks at the thread as it is on the server. */
  refresh(): Promise<void>;
  close(): void;
}

const titleLength = 80;

/** A thread, by the stock client that is under `useStream` as well. */
export async function openConversation(
  server: Server,
  { threadId, graphId, isNew }: { threadId: string; graphId: string; isNew: boolean },
): Promise<Conversation> {
  const { client, url } = server;
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  let isReconnecting = false;
  /** What a new thread is called, once the server has it: its first message. */
  let title: string | undefined;
  let isTitled = false;
  const setReconnecting = (now: boolean) => {
    isReconnecting = now;
    changed();
  };
  const controller = new StreamController<Record<string, unknown>>({
    assistantId: graphId,
    client: client as never,
    threadId,
    maxReconnectAttempts: Number.MAX_SAFE_INTEGER,
    reconnectDelayMs: (attempt: number) => Math.min(500 * 2 ** Math.min(attempt, 4), 5_000),
    onCreated() {
      if (!isNew || title === undefined || isTitled) return;
      isTitled = true;
      // Only a name in lists: without it the thread is untitled there.
      client.threads.update(threadId, { metadata: { title } }).catch(() => {});
    },
    onReconnect: () => setReconnecting(true),
    onConnected: () => setReconnecting(false),
  });
  const release = controller.activate();
  const channels = openChannels(controller);
  const unsubscribe = [controller.rootStore, ...channels.stores].map((store) => store.subscribe(changed));
  if (!isNew) {
    await controller.hydrate();
    const { error } = controller.rootStore.getSnapshot();
    if (error != null) throw toServerError(url, error);
  }
  const ignoreOthers = listenForOthers(controller);
  /** What the last command was refused with: that is no failure of the run. */
  let refused: unknown = null;
  const told = async (act: Promise<unknown>): Promise<void> => {
    try {
      await act;
    } catch (error) {
      refused = error;
      throw toServerError(url, error);
    }
  };
  const activity = followActivity(server, controller, { threadId, changed });
  // A run that fails, or is refused, is told of by the error of the moment; reading the thread anew takes it away.
  let failure: string | null = null;
  unsubscribe.push(
    controller.rootStore.subscribe(() => {
      const { error } = controller.rootStore.getSnapshot();
      if (error != null && error !== refused) failure = toServerError(url, error).message;
    }),
  );
  const submit = (input: unknown): void => {
    failure = null;
    void controller.submit(input as never).catch(() => {});
    activity.begin();
  };

  return {
    threadId,
    now: () => {
      const { values, messages, interrupts } = controller.rootStore.getSnapshot();
      const { plan = null, decisions = [], steps: inState = {} } = values as Partial<Moment>;
      return {
        messages,
        plan,
        decisions,
        steps: inState,
        ...channels.now(),
        questions: interrupts.flatMap(({ id, value, response_schema }) =>
          id === undefined ? [] : [{ id, value, response_schema }],
        ),
        isLoading: activity.isOn(),
        isReconnecting,
        error: failure,
      };
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send(text) {
      title ??= text.length > titleLength ? `${text.slice(0, titleLength - 1)}…` : text;
      submit({ messages: [{ type: "human", content: text, id: crypto.randomUUID() }] });
    },
    async answer(interruptId, value) {
      await told(controller.respond(value, { interruptId }));
      activity.begin();
    },
    async describe(question) {
      if (question.response_schema !== undefined) return question;
      const found = (await findQuestions(server, question.id)).find((one) => one.thread_id === threadId);
      return found === undefined ? question : { ...question, response_schema: found.response_schema };
    },
    goOn: () => submit(null),
    // The controller's own stop knows only runs that it has started, and stops listening.
    stop: () => told(stopRuns(server, threadId).then(() => controller.disconnect())),
    refresh: () => controller.hydrate(),
    close() {
      ignoreOthers();
      activity.close();
      for (const stop of unsubscribe) stop();
      channels.release();
      listeners.clear();
      release();
      // Not awaited: with the server gone it would wait for a stream that never comes back.
      void controller.dispose();
    },
  };
}

async function stopRuns({ client }: Server, threadId: string): Promise<void> {
  const runs = await client.runs.list(threadId, { limit: 100 });
  const on = runs.filter(({ status }) => status === "running" || status === "pending");
  await Promise.all(on.map(({ run_id }) => client.runs.cancel(threadId, run_id)));
}

/** What the thread says beside its state: drafts of plans, steps, and what tools put out. */
function openChannels({ registry }: StreamController<Record<string, unknown>>) {
  const draft = registry.acquire(extensionProjection<Draft>("plan", []));
  const steps = registry.acquire(channelProjection(["custom:step"], [], { bufferSize: 2_000 }));
  const tools = registry.acquire(channelProjection(["tools"], [], { bufferSize: 2_000 }));
  return {
    stores: [draft.store, steps.store, tools.store],
    now: (): Pick<Moment, "draft" | "stepEvents" | "toolOutput"> => ({
      draft: draft.store.getSnapshot() ?? null,
      stepEvents: steps.store.getSnapshot().flatMap(toStepEvent),
      toolOutput: joinToolOutput(tools.store.getSnapshot()),
    }),
    release() {
      for (const one of [draft, steps, tools]) one.release();
    },
  };
}

interface WireEvent {
  method: string;
  params: { data: unknown };
}

function toStepEvent({ params }: WireEvent): StepEvent[] {
  const { payload } = (params.data ?? {}) as { payload?: StepEvent };
  return payload === undefined ? [] : [payload];
}

function joinToolOutput(events: readonly WireEvent[]): Map<string, string> {
  const output = new Map<string, string>();
  for (const { params } of events) {
    const { event, tool_call_id: id, delta = "" } = params.data as Record<string, string>;
    if (event === "tool-output-delta" && id !== undefined) output.set(id, (output.get(id) ?? "") + delta);
  }
  return output;
}
