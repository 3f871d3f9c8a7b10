import { compareWritesSortKeys, writesSortKey } from "@langchain/langgraph-checkpoint";
import { isRecord } from "../protocol/json.ts";
import { jsonOf, kindOf } from "./contents.ts";
import { itemsFromEnd } from "./list-items.ts";
import { parseMessageFields, toMessageText } from "./message-fields.ts";
import type { CheckpointPort, StoredWrite } from "./ports.ts";
import type { Redact } from "./redaction.ts";
import { DataSerializer, marker } from "./serializer.ts";
import type { Excerpt, TextMatcher } from "./text-match.ts";
import { toWireText } from "./wire.ts";

/** A message that holds the text. */
export interface FoundMessage extends Excerpt {
  messageId: string | null;
  /** `human`, `ai`, `tool`, `system`, or what the graph calls it. */
  type: string;
}

/** A message that was looked at: the newest have the greatest places. */
export interface Looked {
  place: number;
  found: FoundMessage | undefined;
}

export interface MessageSearch {
  checkpoints: CheckpointPort;
  redact: Redact | undefined;
  /** Does a piece of work: a handful of reads, or {@link atOnce} messages. */
  turn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Messages looked at in one turn: most are of a kilobyte or two. */
const atOnce = 32;

/** The channel that stock clients read messages from. */
const channel = "messages";

/** Messages of tasks whose super-step is not over stand behind those of the checkpoint. */
const pendingPlace = 2 ** 40;

/** Takes the place of all messages before it (LangGraph's `REMOVE_ALL_MESSAGES`). */
const removesAll = "__remove_all__";

/**
 * Looks through the messages of a thread, as they are at its head, newest first. It reads what is stored of the list
 * from its end and no other state, and parses only messages in whose JSON the text may be. What clients are not
 * shown is not found.
 *
 * @param before - Only messages at places below this one, as an earlier search told it.
 */
export async function* searchMessages(
  { checkpoints, redact, turn }: MessageSearch,
  threadId: string,
  { matcher, before = Number.POSITIVE_INFINITY }: { matcher: TextMatcher; before?: number | undefined },
): AsyncGenerator<Looked[]> {
  const load = (hashes: string[]) => checkpoints.contents(threadId, hashes);
  const look = createLook(matcher, redact);
  const head = await turn(() => readHead(checkpoints, threadId, load));
  /** Ids of messages that come again, or go, with what is pending. */
  const replaced = new Set<string | null>();
  const looked: Looked[] = [];
  for (const [index, bytes] of [...head.pending.entries()].reverse()) {
    const place = pendingPlace + index;
    const { id, found } = await look(bytes, true);
    if (place < before) looked.push({ place, found: replaced.has(id) ? undefined : found });
    if (id !== null) replaced.add(id);
  }
  if (looked.length > 0) yield looked;
  if (head.hash === undefined || replaced.has(removesAll)) return;
  const needsId = replaced.size > 0;
  for await (const items of itemsFromEnd(head.hash, (hashes) => turn(() => load(hashes)), before)) {
    for (let from = 0; from < items.length; from += atOnce) {
      yield await turn(async () => {
        const page = items.slice(from, from + atOnce);
        const contents = await load(page.map(({ hash }) => hash));
        const looks: Looked[] = [];
        for (const { place, hash } of page) {
          const { id, found } = await look(contents.get(hash), needsId);
          looks.push({ place, found: replaced.has(id) ? undefined : found });
        }
        return looks;
      });
    }
  }
}

type Load = (hashes: string[]) => Promise<Map<string, Uint8Array>>;

/** What the list of messages at the head is stored as, and the messages that are pending, oldest first. */
async function readHead(
  checkpoints: CheckpointPort,
  threadId: string,
  load: Load,
): Promise<{ hash: string | undefined; pending: Uint8Array[] }> {
  const head = await checkpoints.find(threadId, "");
  if (head === undefined) return { hash: undefined, pending: [] };
  const writes = await checkpoints.writes(threadId, "", head.checkpointId);
  const key = (write: StoredWrite) => writesSortKey(write.taskPath, write.taskId, write.index);
  const written = writes
    .filter((write) => write.channel === channel)
    .sort((a, b) => compareWritesSortKeys(key(a), key(b)))
    .map(({ hash }) => hash);
  const pending = written.length === 0 ? [] : await readPending(written, load);
  return { hash: (head.body.channels as Record<string, string>)[channel], pending };
}

/** What tasks wrote: each a message, or a list of some. */
async function readPending(written: string[], load: Load): Promise<Uint8Array[]> {
  const contents = await load(written);
  const hashes: string[] = [];
  for (const hash of written) {
    const bytes = contents.get(hash);
    if (bytes !== undefined && kindOf(bytes) === "value") hashes.push(hash);
    const leaves: string[][] = [];
    for await (const items of itemsFromEnd(hash, load))
      leaves.unshift(items.map((item) => item.hash).reverse());
    hashes.push(...leaves.flat());
  }
  const messages = await load(hashes);
  return hashes.flatMap((hash) => messages.get(hash) ?? []);
}

const nothing = { id: null, found: undefined };

/** Looks at one stored message; also at those without the text where the id is needed. */
function createLook(matcher: TextMatcher, redact: Redact = (text) => text) {
  const serde = new DataSerializer();

  async function read(text: string): Promise<unknown> {
    const fields = parseMessageFields(text);
    if (fields) return JSON.parse(redact(toMessageText(fields)));
    const isPlain = !text.includes('"lc":') && !text.includes(marker);
    return JSON.parse(redact(isPlain ? text : toWireText(await serde.loadsTyped("json", text))));
  }

  return async (
    bytes: Uint8Array | undefined,
    needsId: boolean,
  ): Promise<{ id: string | null; found: FoundMessage | undefined }> => {
    const text = bytes && jsonOf(bytes);
    if (text === undefined || !(needsId || matcher.mayBeIn(text) || text.includes(marker))) return nothing;
    // What is no JSON any more, once something is hidden in it, shows nothing.
    const message = await read(text).catch(() => undefined);
    if (!isRecord(message)) return nothing;
    const messageId = typeof message.id === "string" ? message.id : null;
    for (const one of textsOf(message.content)) {
      const excerpt = matcher.find(one);
      if (excerpt) return { id: messageId, found: { messageId, type: typeOf(message), ...excerpt } };
    }
    return { id: messageId, found: undefined };
  };
}

/** The texts of a message's content: of all its blocks that are text. */
function textsOf(content: unknown): string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown) => {
    const text = isRecord(block) ? block.text : block;
    return typeof text === "string" ? [text] : [];
  });
}

/** Of messages that a graph keeps as it was given them, the role. */
function typeOf({ type, role }: Record<string, unknown>): string {
  const said = String(type ?? role ?? "");
  return { user: "human", assistant: "ai" }[said] ?? said;
}
