import { isRecord, type Json, type JsonObject } from "./json.ts";

/**
 * The dialects in which graphs ask people about calls of tools, and people answer (reference/protocol.md 4):
 *
 * - LangChain's middleware, as JavaScript spells it (`actionRequests`) and as Python does (`action_requests`);
 *   the answer is `{decisions: [{type: "approve" | "edit" | "reject" | "respond", …}]}`, one for each request.
 * - Agent Inbox: `{action_request, config}`, a list of it, or the JSON text of either; the answer is
 *   `[{type: "accept" | "edit" | "response" | "ignore", args}]`.
 *
 * What is none of these passes as it is, in both directions.
 */
type Dialect = "js" | "python" | "inbox";

interface Asked {
  dialect: Dialect;
  requests: Record<string, unknown>[];
  configs: Record<string, unknown>[];
}

const spellings = {
  request: [["args", "arguments"]],
  config: [
    ["actionName", "action_name"],
    ["allowedDecisions", "allowed_decisions"],
    ["argsSchema", "args_schema"],
  ],
} as const;

/** A question with both spellings of everything, for clients of either; every other value is returned as it is. */
export function toBothSpellings(question: Json): Json {
  const asked = askedIn(question);
  if (asked === undefined || asked.dialect === "inbox") return question;
  const actions = asked.requests.map((request) => withAliases(request, spellings.request));
  const reviews = asked.configs.map((config) => withAliases(config, spellings.config));
  const hasConfigs = reviews.length > 0;
  return {
    ...(question as JsonObject),
    actionRequests: actions,
    action_requests: actions,
    ...(hasConfigs ? { reviewConfigs: reviews, review_configs: reviews } : {}),
  } as JsonObject;
}

/** An answer in the dialect of its question; what is not an answer in any dialect is returned as it is. */
export function toDialectOf(question: Json, answer: Json): Json {
  const asked = askedIn(question);
  const given = decisionsIn(answer);
  if (asked === undefined || given === undefined) return answer;
  const isWhole = isRecord(answer) && "decisions" in answer;
  if (asked.dialect !== "inbox") {
    const decisions = given.map((one, index) => toDecision(one, asked, index));
    return { ...(isWhole ? answer : {}), decisions } as JsonObject;
  }
  if (!isWhole && !Array.isArray(answer)) return answer;
  return given.map((one, index) => toInbox(one, asked.configs[index])) as Json;
}

/** What is wrong with an answer in its question's dialect: the middleware would only throw, in the run. */
export function decisionIssues(question: Json, answer: Json): string[] {
  const asked = askedIn(question);
  if (asked === undefined || asked.dialect === "inbox") return [];
  if (!isRecord(answer) || !Array.isArray(answer.decisions)) return [];
  const { decisions } = answer;
  const { requests } = asked;
  if (decisions.length !== requests.length) {
    return [
      `decisions: there are ${requests.length} actions and ${decisions.length} decisions; send one for each, in their order`,
    ];
  }
  return decisions.flatMap((decision, index) => {
    const allowed = allowedIn(asked, index);
    const { type, ...more } = isRecord(decision) ? decision : { type: null };
    const name = String(requests[index]?.name);
    if (allowed !== undefined && !allowed.includes(type)) {
      const given = JSON.stringify(type ?? null);
      return [
        `decisions[${index}].type: ${given} is not allowed for ${name}; allowed: ${allowed.join(", ")}`,
      ];
    }
    const edited = type === "edit" ? actionOf(more) : undefined;
    if (type !== "edit" || (typeof edited?.name === "string" && isRecord(edited.args))) return [];
    return [`decisions[${index}].${ownSpelling(asked)[0]}: an edit needs the name and the args of the call`];
  });
}

/** The place of an edited call in a decision: as whoever asked spells it, then as the others do. */
function ownSpelling({ dialect }: Asked): [own: string, other: string] {
  return dialect === "js" ? ["editedAction", "edited_action"] : ["edited_action", "editedAction"];
}

/** True for JSON text that may hold a question with two spellings: a cheap look before it is parsed. */
export function mayHoldQuestion(jsonText: string): boolean {
  return jsonText.includes('"actionRequests"') || jsonText.includes('"action_requests"');
}

function askedIn(question: unknown): Asked | undefined {
  if (isRecord(question)) {
    for (const [dialect, actions, reviews] of [
      ["js", "actionRequests", "reviewConfigs"],
      ["python", "action_requests", "review_configs"],
    ] as const) {
      const requests = question[actions];
      if (!isListOfRecords(requests) || !requests.every(({ name }) => typeof name === "string")) continue;
      const configs = question[reviews];
      return { dialect, requests, configs: isListOfRecords(configs) ? configs : [] };
    }
  }
  return askedByInbox(question);
}

function askedByInbox(question: unknown): Asked | undefined {
  const list = [typeof question === "string" ? parsed(question) : question].flat();
  if (!isListOfRecords(list)) return undefined;
  if (!list.every(({ action_request, config }) => isRecord(action_request) && isRecord(config))) return;
  return {
    dialect: "inbox",
    requests: list.map(({ action_request }) => action_request as JsonObject),
    configs: list.map(({ config }) => config as JsonObject),
  };
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const types = ["approve", "edit", "reject", "respond", "accept", "response", "ignore"];

/** The decisions of an answer in any dialect: in `decisions`, as a list, or one alone. */
function decisionsIn(answer: Json): Record<string, unknown>[] | undefined {
  const list = isRecord(answer) && "decisions" in answer ? answer.decisions : [answer].flat();
  if (!isListOfRecords(list)) return undefined;
  return list.every(({ type }) => typeof type === "string" && types.includes(type)) ? list : undefined;
}

/** As the middleware reads it, in the spelling of whoever asked. */
function toDecision(given: Record<string, unknown>, asked: Asked, index: number): Record<string, unknown> {
  const { type, message } = given;
  if (type === "accept") return { type: "approve" };
  if (type === "ignore") return { type: "reject" };
  if (type === "response") return toRespond(given.args, asked, index);
  if (type === "respond") return isRespondForeign(asked, index) ? toRespond(message, asked, index) : given;
  const [own, other] = ownSpelling(asked);
  const { [own]: first, [other]: second, args: third, ...rest } = given;
  const action = toAction(first) ?? toAction(second) ?? toAction(third);
  return type === "edit" && action !== undefined ? { ...rest, [own]: action } : given;
}

/** Where a graph does not know `respond`, what was said goes back to the model as the reason of a rejection. */
function toRespond(said: unknown, asked: Asked, index: number): Record<string, unknown> {
  const type = isRespondForeign(asked, index) ? "reject" : "respond";
  return { type, ...(typeof said === "string" ? { message: said } : {}) };
}

function isRespondForeign(asked: Asked, index: number): boolean {
  const allowed = allowedIn(asked, index);
  return allowed?.includes("reject") === true && !allowed.includes("respond");
}

/** As Agent Inbox answers. */
function toInbox(
  given: Record<string, unknown>,
  config: Record<string, unknown> = {},
): Record<string, unknown> {
  const { type, message } = given;
  if (type === "approve") return { type: "accept", args: null };
  const action =
    type === "edit" ? (toAction(given.editedAction) ?? toAction(given.edited_action)) : undefined;
  if (action !== undefined) {
    const { name, ...rest } = action;
    return { type: "edit", args: { action: name, ...rest } };
  }
  const isSaid = typeof message === "string" && message !== "";
  if (type === "respond" || (type === "reject" && isSaid && config.allow_respond === true)) {
    return { type: "response", args: message ?? null };
  }
  return type === "reject" ? { type: "ignore", args: null } : given;
}

/** The edited action of a decision, in whichever place and spelling it came. */
function actionOf({ editedAction, edited_action, args }: Record<string, unknown>): JsonObject | undefined {
  return toAction(editedAction) ?? toAction(edited_action) ?? toAction(args);
}

function toAction(value: unknown): JsonObject | undefined {
  if (!isRecord(value)) return undefined;
  const { name, action, args, arguments: others, ...rest } = value as JsonObject;
  const [called, given] = [name ?? action, args ?? others];
  return {
    ...rest,
    ...(called === undefined ? {} : { name: called }),
    ...(given === undefined ? {} : { args: given }),
  };
}

/** The decisions allowed about a request: by its name, else by its place. */
function allowedIn({ requests, configs }: Asked, index: number): unknown[] | undefined {
  const name = requests[index]?.name;
  const config = configs.find((one) => (one.actionName ?? one.action_name) === name) ?? configs[index];
  const allowed = config?.allowedDecisions ?? config?.allowed_decisions;
  return Array.isArray(allowed) ? allowed : undefined;
}

function withAliases(
  record: Record<string, unknown>,
  pairs: readonly (readonly [string, string])[],
): Record<string, unknown> {
  const both = { ...record };
  for (const [first, second] of pairs) {
    if (first in record && !(second in record)) both[second] = record[first];
    if (second in record && !(first in record)) both[first] = record[second];
  }
  return both;
}

function isListOfRecords(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isRecord);
}
