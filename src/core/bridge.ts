import { decisionIssues, mayHoldQuestion, toBothSpellings, toDialectOf } from "../protocol/hitl.ts";
import { isRecord, type Json } from "../protocol/json.ts";
import type { InterruptRecord } from "./ports.ts";

/** Which graphs' questions and answers are translated: all, none, or by graph id (those not named are). */
export type BridgeSetting = boolean | Record<string, boolean>;

type Asking = Pick<InterruptRecord, "graphId" | "source" | "value">;

/**
 * Translates between the dialects of approval requests, at the edges only: what is stored, its digest and what
 * the graph gets stay the graph's own.
 */
export interface Bridge {
  /** A question as clients see it. `graphId` undefined: of a graph nobody knows any more. */
  shown(graphId: string | undefined, question: Json): Json;
  /** The data of an event as clients see it, as JSON text: a question, or a task's with its interrupts. */
  shownEvent(graphId: () => Promise<string | undefined>, jsonText: string): Promise<string>;
  /** An answer in the dialect of its question. */
  answerTo(question: Asking, answer: Json): Json;
  /** What is wrong with an answer, as far as its dialect says. */
  issues(question: Asking, answer: Json): string[];
}

export function createBridge(setting: BridgeSetting = true): Bridge {
  const isOn = (graphId: string | undefined): boolean => {
    if (typeof setting === "boolean") return setting;
    return graphId === undefined || !Object.hasOwn(setting, graphId) || setting[graphId] !== false;
  };
  const translates = ({ graphId, source }: Asking) => source === "graph" && isOn(graphId);
  const shown = (graphId: string | undefined, question: Json) =>
    isOn(graphId) ? toBothSpellings(question) : question;
  return {
    shown,
    async shownEvent(graphId, jsonText) {
      if (!mayHoldQuestion(jsonText)) return jsonText;
      const id = await graphId();
      if (!isOn(id)) return jsonText;
      const data = JSON.parse(jsonText) as Record<string, Json>;
      const show = (value: Json) => shown(id, value);
      return JSON.stringify({
        ...data,
        ...("payload" in data ? { payload: show(data.payload as Json) } : {}),
        ...("value" in data ? { value: show(data.value as Json) } : {}),
        ...(Array.isArray(data.interrupts)
          ? {
              interrupts: data.interrupts.map((one) =>
                isRecord(one) && "value" in one ? { ...one, value: show(one.value as Json) } : one,
              ),
            }
          : {}),
      });
    },
    answerTo: (question, answer) => (translates(question) ? toDialectOf(question.value, answer) : answer),
    issues: (question, answer) => (translates(question) ? decisionIssues(question.value, answer) : []),
  };
}
