import { isRecord, type JsonRecord, textOf } from "./json.ts";

/**
 * Calls of tools that wait for a person, in the dialects that graphs ask in: LangChain's middleware as JavaScript
 * spells it (`actionRequests`) and as Python does (`action_requests`), and Agent Inbox
 * (`{action_request, config}`, a list of it, or the JSON text of either).
 */
export interface ToolRequests {
  dialect: "js" | "python" | "inbox";
  requests: ToolRequest[];
}

export type ToolDecisionType = "approve" | "edit" | "reject" | "respond";

export interface ToolRequest {
  name: string;
  args: JsonRecord;
  description: string | null;
  allowed: ToolDecisionType[];
}

export type ToolDecision =
  | { type: "approve" }
  | { type: "edit"; args: JsonRecord }
  /** Do not call it; the model is told why. */
  | { type: "reject"; message: string }
  /** Do not call it; this is what it would have returned. */
  | { type: "respond"; message: string };

const all: readonly ToolDecisionType[] = ["approve", "edit", "reject", "respond"];

export function toToolRequests(value: unknown): ToolRequests | null {
  if (isRecord(value)) {
    for (const [dialect, actions, reviews] of [
      ["python", "action_requests", "review_configs"],
      ["js", "actionRequests", "reviewConfigs"],
    ] as const) {
      const requests = value[actions];
      if (!isListOfRecords(requests)) continue;
      if (!requests.every(({ name, action }) => textOf(name ?? action) !== null)) continue;
      const configs = isListOfRecords(value[reviews]) ? (value[reviews] as JsonRecord[]) : [];
      return { dialect, requests: requests.map((one, index) => toRequest(one, configs, index)) };
    }
  }
  return fromInbox(value);
}

function toRequest(request: JsonRecord, configs: JsonRecord[], index: number): ToolRequest {
  const name = String(request.name ?? request.action);
  const config = configs.find((one) => (one.action_name ?? one.actionName) === name) ?? configs[index] ?? {};
  const named = config.allowed_decisions ?? config.allowedDecisions;
  const args = request.args ?? request.arguments;
  return {
    name,
    args: isRecord(args) ? args : {},
    description: textOf(request.description),
    allowed: Array.isArray(named)
      ? all.filter((type) => named.includes(type))
      : ["approve", "edit", "reject"],
  };
}

function fromInbox(value: unknown): ToolRequests | null {
  const list = [typeof value === "string" ? parsed(value) : value].flat();
  if (!isListOfRecords(list)) return null;
  if (!list.every(({ action_request, config }) => isRecord(action_request) && isRecord(config))) return null;
  return {
    dialect: "inbox",
    requests: list.map(({ action_request, config, description }) => {
      const { action, args } = action_request as JsonRecord;
      const { allow_accept, allow_edit, allow_respond, allow_ignore } = config as JsonRecord;
      const may = { approve: allow_accept, edit: allow_edit, reject: allow_ignore, respond: allow_respond };
      return {
        name: String(action),
        args: isRecord(args) ? args : {},
        description: textOf(description),
        allowed: all.filter((type) => may[type] === true),
      };
    }),
  };
}

/** The decisions, one for each request and in their order, as whoever asked reads them. */
export function toToolAnswer(
  { dialect, requests }: ToolRequests,
  decisions: readonly ToolDecision[],
): unknown {
  if (dialect === "inbox") return decisions.map((one, index) => toInboxAnswer(one, requests[index]?.name));
  const spelling = dialect === "js" ? "editedAction" : "edited_action";
  return {
    decisions: decisions.map((one, index) => {
      if (one.type !== "edit") return one;
      return { type: "edit", [spelling]: { name: requests[index]?.name, args: one.args } };
    }),
  };
}

function toInboxAnswer(decision: ToolDecision, action: string | undefined): unknown {
  if (decision.type === "approve") return { type: "accept", args: null };
  if (decision.type === "edit") return { type: "edit", args: { action, args: decision.args } };
  if (decision.type === "respond") return { type: "response", args: decision.message };
  return { type: "ignore", args: null };
}

function isListOfRecords(value: unknown): value is JsonRecord[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
