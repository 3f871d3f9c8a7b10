import { isRecord } from "../protocol/json.ts";
import type { Server } from "./server.ts";

/** A question as `POST /interrupts/search` lists it (`docs/protocol.md`). Times are ISO 8601. */
export interface Question {
  id: string;
  thread_id: string;
  run_id: string;
  graph_id: string;
  namespace: string[];
  value: unknown;
  response_schema?: unknown;
  digest: string;
  opened_at: string;
  assignees: string[] | null;
  expires_at: string | null;
  on_expiry: string;
  status: "open" | "answered" | "expired" | "cancelled" | "superseded" | "undone";
  answered_by: string | null;
  answered_at: string | null;
}

export interface QuestionFilter {
  graph_id?: string;
  assignee?: "me" | string[];
}

const pageSize = 100;

/** Every open question, newest first. */
export async function listQuestions(server: Server, filter: QuestionFilter): Promise<Question[]> {
  const all: Question[] = [];
  let before: number | null = null;
  do {
    const page: { interrupts: Question[]; next: number | null } = await server.call(
      "POST",
      "/interrupts/search",
      { ...filter, limit: pageSize, ...(before === null ? {} : { before }) },
    );
    all.push(...page.interrupts);
    before = page.next;
  } while (before !== null);
  return all;
}

/** The questions of one id, whatever became of them: more than one when their thread was copied. */
export async function findQuestions(server: Server, id: string): Promise<Question[]> {
  const { interrupts } = await server.call<{ interrupts: Question[] }>("POST", "/interrupts/search", {
    interrupt_id: id,
    limit: pageSize,
  });
  return interrupts;
}

/** What kind of question it is, in one word. */
export function kindOf(value: unknown): string {
  if (isRecord(value)) {
    if (typeof value.type === "string" && value.type !== "") return value.type;
    if (Array.isArray(value.action_requests) || Array.isArray(value.actionRequests)) return "action_request";
  }
  return "question";
}

/** What it is about, in one line. */
export function subjectOf(value: unknown): string {
  if (typeof value === "string") return oneLine(value);
  if (!isRecord(value)) return oneLine(JSON.stringify(value));
  const { plan, step, about, message, question, title, description } = value;
  for (const candidate of [step, about, plan]) {
    if (isRecord(candidate) && typeof candidate.title === "string") return oneLine(candidate.title);
  }
  for (const candidate of [title, question, message, description]) {
    if (typeof candidate === "string") return oneLine(candidate);
  }
  return oneLine(JSON.stringify(value));
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
