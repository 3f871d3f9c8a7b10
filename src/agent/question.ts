import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import { z } from "zod";
import { sinceRequest } from "./about-plan.ts";

/** Name of the tool by which a planning model asks the person what they mean. */
export const askPersonName = "ask_person";

/** Questions that a model may ask about one request. */
export const maxQuestions = 3;

const choice = z.object({ label: z.string().trim().min(1), description: z.string().optional() });

const questionSchema = z.object({
  question: z.string().trim().min(1),
  choices: z
    .array(z.union([z.string().transform((label) => ({ label })), choice]).pipe(choice))
    .max(20)
    .optional(),
  multiple: z.boolean().optional(),
});

/** What the interrupt asks when a request can mean different things. */
export interface Clarification {
  type: "clarification";
  question: string;
  /** Absent: the answer is text. */
  choices?: { label: string; description?: string }[];
  /** True when several choices may be named. */
  multiple?: boolean;
  allowed: ("answer" | "cancel")[];
}

/** The tool a planning model is given, in the shape `bindTools` takes. */
export const askPersonTool = {
  type: "function",
  function: {
    name: askPersonName,
    description:
      "Ask the person one question, when their request can mean different things and reading does not settle it. Not for approval: a plan is approved by itself.",
    parameters: {
      type: "object",
      properties: {
        question: { type: "string" },
        choices: {
          type: "array",
          description: "The possible answers, where there are few. The person may always answer in words.",
          items: {
            type: "object",
            properties: {
              label: { type: "string", description: "Short; given back as it is when it is chosen." },
              description: { type: "string" },
            },
            required: ["label"],
          },
        },
        multiple: { type: "boolean", description: "True when several choices may be named." },
      },
      required: ["question"],
    },
  },
};

/** The question in a call's arguments, or what is wrong with them. */
export function parseQuestion(args: unknown): { question: Clarification } | { issues: string } {
  const parsed = questionSchema.safeParse(args);
  if (!parsed.success) {
    return {
      issues: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    };
  }
  const { question, choices = [], multiple } = parsed.data;
  const labels = choices.map(({ label }) => label);
  const twice = labels.find((label, index) => labels.indexOf(label) < index);
  if (twice !== undefined) return { issues: `choices: ${twice} is there twice` };
  return {
    question: {
      type: "clarification",
      question,
      ...(choices.length > 0 ? { choices } : {}),
      ...(choices.length > 0 && multiple ? { multiple } : {}),
      allowed: ["answer", "cancel"],
    } as Clarification,
  };
}

/** The answers a question takes: a choice it offers, words, or both; or an end to it all. */
export function clarificationAnswer({ choices = [], multiple = false }: Clarification) {
  const answer = z.literal("answer");
  const text = z.string().regex(/\S/, "say something");
  const inWords = z.looseObject({ type: answer, choice: z.never().optional(), text });
  const cancel = z.looseObject({ type: z.literal("cancel"), reason: z.string().optional() });
  if (choices.length === 0) return z.union([inWords, cancel]);
  const label = z.enum(choices.map((one) => one.label));
  const chosen = multiple ? z.union([label, z.array(label).min(1)]) : label;
  return z.union([z.looseObject({ type: answer, choice: chosen, text: text.optional() }), inWords, cancel]);
}

export interface OpenQuestion {
  callId: string;
  question: Clarification;
}

/** The question that the model asked last, when nobody has answered it or said something else since. */
export function openQuestion(messages: readonly BaseMessage[]): OpenQuestion | undefined {
  const since = sinceRequest(messages);
  const answered = new Set(
    since.flatMap((message) => (ToolMessage.isInstance(message) ? [message.tool_call_id] : [])),
  );
  for (const { id = "", args } of questionCalls(since)) {
    if (answered.has(id)) continue;
    const parsed = parseQuestion(args);
    if ("question" in parsed) return { callId: id, question: parsed.question };
  }
  return undefined;
}

/** How many questions about this request have been answered. */
export function questionsAsked(messages: readonly BaseMessage[]): number {
  const isAnswer = (message: BaseMessage) =>
    ToolMessage.isInstance(message) && message.name === askPersonName && message.status !== "error";
  return sinceRequest(messages).filter(isAnswer).length;
}

function questionCalls(messages: readonly BaseMessage[]) {
  const calls = messages.flatMap((message) =>
    AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [],
  );
  return calls.filter(({ name }) => name === askPersonName);
}
