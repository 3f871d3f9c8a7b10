import type { EventMethod, LifecycleStatus } from "../protocol/events.ts";
import { isRecord, type JsonObject } from "../protocol/json.ts";
import type { ThreadCheckpointer } from "./checkpointer.ts";
import type { EngineChunk } from "./graph.ts";
import type { NewEvent, StateRef } from "./ports.ts";
import type { QuestionNames } from "./question-names.ts";
import { toWireText, toWireValue } from "./wire.ts";

export interface EngineEventsOptions {
  runId: string;
  now: () => number;
  checkpointer: ThreadCheckpointer;
  /** Under which ids questions are open, where these are not the engine's. */
  names: QuestionNames;
  event: (event: NewEvent) => void;
  /** True when somebody is shown events of this method now. A state costs as much as the thread is long. */
  isWanted: (method: EventMethod) => boolean;
}

/**
 * Turns what the engine streams into events of the log: one mode feeds both protocols (invariant 9).
 * `values` become references to the checkpoint they are in; `__interrupt__` chunks are left out, since
 * the checkpointer told of the interrupt in the engine's own transaction.
 */
export function createEngineEvents({
  runId,
  now,
  checkpointer,
  names,
  event,
  isWanted,
}: EngineEventsOptions) {
  const lifecycle = createNestedLifecycle((namespace, status, error) =>
    event({
      runId,
      method: "lifecycle",
      namespace,
      at: now(),
      data: JSON.stringify({
        event: status,
        graph_name: graphNameOf(namespace),
        ...(error ? { error } : {}),
      }),
    }),
  );
  const messages = createMessageFolds();
  /** What the engine said last of where it stands, by checkpoint namespace. */
  const envelopes = new Map<string, { id: string }>();
  /** The checkpoint whose state went out last, by checkpoint namespace. */
  const told = new Map<string, string>();

  function emit(method: EventMethod, namespace: string[], data: string, more: Partial<NewEvent> = {}): void {
    lifecycle.seen(namespace);
    event({ runId, method, namespace, at: now(), data, ...more });
  }

  function emitValues(namespace: string[], values: unknown): void {
    const ns = namespace.join("|");
    const envelope = envelopes.get(ns);
    const foldKey = `values/${ns}`;
    if (envelope !== undefined) {
      emit("checkpoints", namespace, JSON.stringify(envelope), { foldKey: `checkpoints/${ns}` });
    }
    if (envelope === undefined || !checkpointer.standings.has(ns)) {
      emit("values", namespace, toWireText(values), { foldKey }); // a graph without checkpoints of its own
      return;
    }
    const ref: StateRef = {
      checkpointNs: ns,
      checkpointId: envelope.id,
      // Told again for the same checkpoint: finished siblings of an interrupted task are in it now.
      ...(told.get(ns) === envelope.id ? { pending: true } : {}),
    };
    told.set(ns, envelope.id);
    const live = isWanted("values") ? { live: checkpointer.toText(values) } : {};
    emit("values", namespace, JSON.stringify(ref), { isRef: true, ...live, foldKey });
  }

  function emitTask(namespace: string[], task: Record<string, unknown>): void {
    if ("result" in task || !("input" in task)) {
      emit("tasks", namespace, toWireText(withNames(task, names)));
      lifecycle.finished([...namespace, `${task.name}:${task.id}`], task);
      return;
    }
    const { input, ...frame } = task;
    const ref = inputRef(namespace.join("|"), frame, input);
    if (ref === undefined) {
      emit("tasks", namespace, toWireText(task));
      return;
    }
    const live = isWanted("tasks") ? { live: toWireText(task) } : {};
    emit("tasks", namespace, JSON.stringify(ref), { isRef: true, ...live });
  }

  /** A task's input that is nothing but channels of the state need not be in the log again. */
  function inputRef(ns: string, frame: Record<string, unknown>, input: unknown): StateRef | undefined {
    const values = checkpointer.valuesOf(ns);
    if (values === undefined || !isRecord(input)) return undefined;
    const keys = Object.keys(input);
    if (!keys.every((key) => input[key] === values[key])) return undefined;
    const checkpointId = checkpointer.standings.get(ns);
    if (checkpointId === undefined) return undefined;
    return { checkpointNs: ns, checkpointId, task: { frame: toWireValue(frame) as JsonObject, keys } };
  }

  /** `{ name, payload, fold? }` is a named event; of those with one `fold` the last is kept (see docs). */
  function emitCustom(namespace: string[], custom: unknown): void {
    if (!isRecord(custom) || typeof custom.name !== "string") {
      emit("custom", namespace, toWireText({ payload: custom }));
      return;
    }
    const { fold, ...data } = custom;
    const foldKey = `custom/${namespace.join("|")}/${custom.name}/${String(fold)}`;
    const folded = fold === undefined ? {} : { foldKey };
    emit("custom", namespace, toWireText(data), { customName: custom.name, ...folded });
  }

  return {
    /** An event from the callbacks of a model or a tool. */
    emit(method: "messages" | "tools", namespace: string[], data: Record<string, unknown>): void {
      const foldKey = method === "tools" ? toolFoldKey(data) : messages.foldKey(namespace, data);
      emit(method, namespace, JSON.stringify(data), foldKey === undefined ? {} : { foldKey });
    },

    /** A chunk of the engine's stream. */
    take([namespace, mode, payload]: EngineChunk): void {
      if (mode === "checkpoints") {
        envelopes.set(namespace.join("|"), payload as { id: string });
      } else if (mode === "values") {
        if (!isRecord(payload) || !("__interrupt__" in payload)) emitValues(namespace, payload);
      } else if (mode === "updates") {
        if (!isRecord(payload) || "__metadata__" in payload) return;
        for (const [node, delta] of Object.entries(payload)) {
          if (node !== "__interrupt__") emit("updates", namespace, toWireText(delta), { node });
        }
      } else if (mode === "tasks") {
        if (isRecord(payload)) emitTask(namespace, payload);
      } else if (mode === "custom") {
        emitCustom(namespace, payload);
      }
    },

    /** True when the state at this checkpoint of the root was told last. */
    isTold: (checkpointId: string | undefined): boolean => told.get("") === checkpointId,

    /** Ends every nested graph that is still going. */
    end: lifecycle.end,
  };
}

/** A task that has stopped at questions, with the ids under which these are open. */
function withNames(task: Record<string, unknown>, names: QuestionNames): Record<string, unknown> {
  const { interrupts } = task;
  if (!Array.isArray(interrupts) || Object.keys(names).length === 0) return task;
  const named = (interrupts as { id?: string }[]).map((one) => ({
    ...one,
    ...(one.id === undefined ? {} : { id: names[one.id] ?? one.id }),
  }));
  return { ...task, interrupts: named };
}

/** The deltas of a tool's output fold into its end. */
function toolFoldKey({ event, tool_call_id: id }: Record<string, unknown>): string {
  return event === "tool-started" ? `tool/${id}/start` : `tool/${id}`;
}

/** The deltas of a block fold into its end; a message begun again folds what was there of it. */
function createMessageFolds() {
  const current = new Map<string, string>();
  return {
    foldKey(namespace: string[], { event, id, index }: Record<string, unknown>): string | undefined {
      const ns = namespace.join("|");
      if (event === "message-start") current.set(ns, String(id));
      const message = current.get(ns);
      if (message === undefined) return undefined;
      if (event === "message-start") return `message/${message}/start`;
      if (event === "content-block-start") return `message/${message}/${index}/start`;
      if (index !== undefined) return `message/${message}/${index}`;
      return `message/${message}/end`;
    },
  };
}

function graphNameOf(namespace: string[]): string {
  return namespace.at(-1)?.split(":")[0] ?? "root";
}

/** `started` when a namespace is first heard of, one end each. The root's own lifecycle belongs to the run. */
function createNestedLifecycle(emit: (namespace: string[], status: LifecycleStatus, error?: string) => void) {
  const going = new Map<string, string[]>();
  const ended = new Set<string>();

  function end(namespace: string[], status: LifecycleStatus, error?: string): void {
    const key = namespace.join("|");
    if (!going.delete(key)) return;
    ended.add(key);
    emit(namespace, status, error);
  }

  return {
    seen(namespace: string[]): void {
      for (let depth = 1; depth <= namespace.length; depth += 1) {
        const prefix = namespace.slice(0, depth);
        const key = prefix.join("|");
        if (going.has(key) || ended.has(key)) continue;
        going.set(key, prefix);
        emit(prefix, "started");
      }
    },
    finished(namespace: string[], task: Record<string, unknown>): void {
      const interrupts = task.interrupts;
      if (Array.isArray(interrupts) && interrupts.length > 0) end(namespace, "interrupted");
      else if (task.error) end(namespace, "failed", String(task.error));
      else end(namespace, "completed");
    },
    end(status: LifecycleStatus): void {
      for (const namespace of [...going.values()].reverse()) end(namespace, status);
    },
  };
}
