import { isRecord, type JsonRecord } from "./json.ts";
import { createPlanRequests, type PlanRequests } from "./plan-requests.ts";
import type { OpenInterrupt, QuestionDetails } from "./questions.ts";
import { words } from "./words.ts";

/** An open question, wherever it is. */
export interface InboxItem extends OpenInterrupt {
  threadId: string;
  graphId: string;
  details: QuestionDetails;
}

export interface GivenAnswer {
  threadId: string;
  interruptId: string;
  answer: unknown;
}

export interface QuestionQuery {
  /** Only those of this thread. */
  threadId?: string;
  /** Only what the caller may answer, as the server knows them: by id or role, or because everybody may. */
  isMine?: boolean;
  /** At most so many. Default: 5,000. */
  limit?: number;
}

/** What a page asks a Countersign server beyond what the stock clients can. */
export interface CountersignClient extends PlanRequests {
  /**
   * The open questions of one thread (oldest first), or of all that the person may see (newest first).
   *
   * @throws Error with what the server said; `describeError` puts it in words.
   */
  listOpenQuestions(options?: QuestionQuery): Promise<InboxItem[]>;
  /** What these threads are called, by id: `metadata.title`. */
  listTitles(threadIds: readonly string[]): Promise<Map<string, string>>;
  /** Answers a question of a thread that is not open on the page. @throws what `describeRefusal` reads */
  answerQuestion(given: GivenAnswer): Promise<void>;
  /** What is recorded of an effect, with its whole result; null where nothing is, or the server keeps no such books. */
  findEffect(threadId: string, key: string): Promise<EffectRecord | null>;
}

/** An effect as the server recorded it. */
export interface EffectRecord {
  key: string;
  status: string;
  result: unknown;
}

export interface ClientOptions {
  /** Where the server is, its base path included: `https://agents.example.com/api`. */
  apiUrl: string;
  /** Sent with every request: who asks, for example. */
  headers?: (() => Readonly<Record<string, string>>) | undefined;
  /** In place of the browser's own: to send cookies elsewhere, or to see every reply. */
  fetch?: typeof fetch | undefined;
}

/** Most questions that the server gives in one reply. */
const pageSize = 1_000;

interface WireItem {
  id: string;
  thread_id: string;
  graph_id: string;
  value: unknown;
  response_schema?: unknown;
  opened_at: string;
  assignees: string[] | null;
  expires_at: string | null;
  on_expiry: QuestionDetails["onExpiry"];
}

export function createCountersignClient({
  apiUrl,
  headers,
  fetch = (...request) => globalThis.fetch(...request),
}: ClientOptions): CountersignClient {
  const base = apiUrl.replace(/\/+$/, "");

  const send = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${base}${path}`, {
      method,
      headers: { ...headers?.(), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  async function post<Reply>(path: string, body: unknown): Promise<Reply> {
    const response = await send("POST", path, body);
    if (response.ok) return (await response.json()) as Reply;
    throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  }

  /** Null for what is not there. */
  async function find<Reply>(path: string): Promise<Reply | null> {
    const response = await fetch(`${base}${path}`, { headers: { ...headers?.() } });
    if (response.ok) return (await response.json()) as Reply;
    if (response.status === 404) return null;
    throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  }

  return {
    findEffect: (threadId, key) =>
      find<EffectRecord>(`/threads/${encodeURIComponent(threadId)}/effects/${encodeURIComponent(key)}`),
    ...createPlanRequests(send),
    async listOpenQuestions({ threadId, isMine = false, limit = 5_000 } = {}) {
      const items: InboxItem[] = [];
      let before: number | null = null;
      do {
        const page: { interrupts: WireItem[]; next?: number | null } = await post("/interrupts/search", {
          limit: Math.min(limit - items.length, pageSize),
          ...(threadId === undefined ? {} : { thread_id: threadId }),
          ...(isMine ? { assignee: "me" } : {}),
          ...(before === null ? {} : { before }),
        });
        items.push(...page.interrupts.map(toItem));
        before = threadId === undefined ? (page.next ?? null) : null;
      } while (before !== null && items.length < limit);
      return items;
    },
    async listTitles(threadIds) {
      const titles = new Map<string, string>();
      for (let start = 0; start < threadIds.length; start += pageSize) {
        const ids = threadIds.slice(start, start + pageSize);
        const threads = await post<{ thread_id: string; metadata: JsonRecord | null }[]>("/threads/search", {
          ids,
          limit: ids.length,
          select: ["thread_id", "metadata"],
        });
        for (const { thread_id, metadata } of threads) titles.set(thread_id, titleOf(metadata));
      }
      return titles;
    },
    async answerQuestion({ threadId, interruptId, answer }) {
      const reply = await post<{ type: string; error?: string; message?: string }>(
        `/threads/${encodeURIComponent(threadId)}/commands`,
        {
          id: 1,
          method: "input.respond",
          params: { namespace: [], interrupt_id: interruptId, response: answer },
        },
      );
      if (reply.type === "success") return;
      throw Object.assign(new Error(reply.message ?? words.refusal.notTaken), {
        code: reply.error,
        response: reply,
      });
    },
  };
}

/** What a thread is called, by its metadata. */
export function titleOf(metadata: JsonRecord | null | undefined): string {
  const title = metadata?.title;
  return typeof title === "string" && title !== "" ? title : words.inbox.untitled;
}

function toItem(item: WireItem): InboxItem {
  return {
    threadId: item.thread_id,
    graphId: item.graph_id,
    interruptId: item.id,
    value: item.value,
    details: {
      schema: isRecord(item.response_schema) ? item.response_schema : null,
      assignees: item.assignees ?? [],
      openedAt: item.opened_at,
      expiresAt: item.expires_at,
      onExpiry: item.on_expiry,
    },
  };
}
