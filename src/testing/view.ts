import { canonicalJson, isRecord } from "../protocol/json.ts";
import type { WireThreadState } from "../protocol/shapes.ts";
import type { WireEvent } from "./wire-client.ts";

/** What a reader of events makes of a thread. Every reader must come to the same, and to the thread's state. */
export interface View {
  /** The seq read last. */
  readonly cursor: number;
  /** Of the root graph; undefined before the first. */
  readonly values: unknown;
  /** Interrupts requested and not answered. */
  readonly open: ReadonlySet<string>;
  /** The last lifecycle of the root. */
  readonly status: string | undefined;
  /** Texts of the messages that were streamed, by id, as they stand. */
  readonly texts: ReadonlyMap<string, string>;
  apply(event: WireEvent): void;
}

/** @param onFault - Told what no log may hold. */
export function createView(onFault: (fault: string) => void): View {
  const open = new Set<string>();
  const messages = createMessageTexts();
  const ids = new Set<string>();
  let cursor = 0;
  let values: unknown;
  let status: string | undefined;
  /** The run that is on, by its root's lifecycle. */
  let active: string | undefined;

  function turn(runId: string | undefined, said: string): void {
    if (said !== "running") active = undefined;
    else if (active !== undefined && active !== runId) onFault(`run ${runId} began while ${active} was on`);
    else active = runId;
    status = said;
  }

  return {
    open,
    texts: messages.texts,
    get cursor() {
      return cursor;
    },
    get values() {
      return values;
    },
    get status() {
      return status;
    },
    apply(event) {
      const { seq, event_id: id, method } = event;
      const { namespace, data } = event.params;
      if (seq <= cursor) onFault(`seq ${seq} came after ${cursor}`);
      if (ids.has(id)) onFault(`the event id ${id} came twice`);
      cursor = seq;
      ids.add(id);
      const isRoot = namespace.length === 0;
      if (method === "values" && isRoot) values = data;
      // A root's lifecycle tells its run in its id: `synth:<run>:<seq>`.
      if (method === "lifecycle" && isRoot) turn(id.split(":")[1], String(data.event));
      if (method === "input.requested") open.add(String(data.interrupt_id));
      if (method === "input.answered") for (const one of data.interrupt_ids as string[]) open.delete(one);
      if (method === "messages") messages.apply(namespace.join("|"), data);
    },
  };
}

function createMessageTexts() {
  const texts = new Map<string, string>();
  /** By namespace: the message that is being told, and its text blocks. */
  const current = new Map<string, { id: string; blocks: Map<number, string> }>();
  return {
    texts,
    apply(namespace: string, data: Record<string, unknown>): void {
      if (data.event === "message-start") {
        current.set(namespace, { id: String(data.id), blocks: new Map() });
      }
      const message = current.get(namespace);
      if (message === undefined) return;
      const { blocks } = message;
      const index = Number(data.index);
      const text = (part: unknown) => (isRecord(part) && typeof part.text === "string" ? part.text : "");
      if (data.event === "content-block-start") blocks.set(index, text(data.content));
      if (data.event === "content-block-finish") blocks.set(index, text(data.content));
      if (data.event === "content-block-delta") {
        blocks.set(index, (blocks.get(index) ?? "") + text(data.delta));
      }
      texts.set(message.id, [...blocks.values()].join(""));
    },
  };
}

/** Where a view and the state of the thread it read differ, in words. */
export function compareView(name: string, view: View, state: WireThreadState): string[] {
  const faults: string[] = [];
  const differ = (what: string, seen: unknown, stands: unknown) => {
    const [a, b] = [canonicalJson(seen ?? null), canonicalJson(stands ?? null)];
    if (a !== b) faults.push(`${name}: ${what} is ${shorten(a)}, and the state says ${shorten(b)}`);
  };
  if (view.values !== undefined) differ("values", view.values, state.values);
  differ("what is open", [...view.open].sort(), openIdsOf(state));
  for (const [id, text] of textsOf(state.values)) {
    const told = view.texts.get(id);
    if (told !== undefined) differ(`message ${id}`, told, text);
  }
  return faults;
}

/** Ids of the interrupts that the tasks of a state wait for, nested ones too. */
export function openIdsOf(state: WireThreadState): string[] {
  const ids = new Set<string>();
  const visit = ({ tasks }: WireThreadState) => {
    for (const task of tasks) {
      for (const { id } of task.interrupts) ids.add(id);
      if (task.state) visit(task.state);
    }
  };
  visit(state);
  return [...ids].sort();
}

/** What models said, by message id. */
function textsOf(values: unknown): [string, string][] {
  const messages = isRecord(values) && Array.isArray(values.messages) ? (values.messages as unknown[]) : [];
  return messages.flatMap((message): [string, string][] => {
    if (!isRecord(message) || message.type !== "ai" || typeof message.content !== "string") return [];
    return typeof message.id === "string" ? [[message.id, message.content]] : [];
  });
}

function shorten(text: string): string {
  return text.length <= 600 ? text : `${text.slice(0, 300)} … ${text.slice(-300)}`;
}
