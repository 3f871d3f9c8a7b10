import { type AnyStream, useChannel, useExtension } from "@langchain/react";
import type { Decision, Plan, StepState } from "countersign/agent";
import { useMemo } from "react";
import { toDoubt } from "./doubts.ts";
import type { Draft } from "./plans.ts";
import type { DoubtEvent, StepEvent } from "./steps.ts";
import { type TimelineItem, toTimeline } from "./timeline.ts";
import { useWholeMessages } from "./use-whole-messages.ts";

/** What the plan agent says of its plans, from its state and its events. */
export interface PlanChannels {
  /** The conversation, from the messages alone. */
  items: TimelineItem[];
  plan: Plan | null;
  decisions: Decision[];
  steps: Record<string, StepState>;
  /** What steps, and questions about them, have said, oldest first. */
  liveSteps: (StepEvent | DoubtEvent)[];
  draft: Draft | null;
  /** Text a running tool has put out so far, by tool call id. */
  toolOutput: ReadonlyMap<string, string>;
}

interface AgentValues {
  plan?: Plan | null;
  decisions?: Decision[];
  steps?: Record<string, StepState>;
}

const bufferSize = 2_000;

/** Follows the plans of a thread: what the state holds, and what is told while it runs. */
export function usePlan(stream: AnyStream): PlanChannels {
  const draft = useExtension<Draft>(stream, "plan");
  const stepEvents = useChannel(stream, ["custom:step", "input"], undefined, { bufferSize });
  const toolEvents = useChannel(stream, ["tools"], undefined, { bufferSize });
  const { plan, decisions, steps } = (stream.values ?? {}) as AgentValues;
  const messages = useWholeMessages(stream);
  return {
    items: useMemo(() => toTimeline(messages), [messages]),
    plan: plan ?? null,
    decisions: decisions ?? none,
    steps: steps ?? noSteps,
    liveSteps: useMemo(() => stepEvents.flatMap(toStepEvent), [stepEvents]),
    draft: draft ?? null,
    toolOutput: useMemo(() => joinToolOutput(toolEvents), [toolEvents]),
  };
}

const none: Decision[] = [];
const noSteps: Record<string, StepState> = {};

/** A step's own word, or a question whether it has run. */
function toStepEvent({
  method,
  params,
}: {
  method: string;
  params: { data: unknown };
}): (StepEvent | DoubtEvent)[] {
  const { payload } = (params.data ?? {}) as { payload?: unknown };
  if (method === "custom") return payload ? [payload as StepEvent] : [];
  const doubt = toDoubt({ interruptId: "", value: payload });
  return doubt ? [{ inDoubt: doubt.key }] : [];
}

/** What running tools have said so far, by tool call id. */
function joinToolOutput(events: readonly { params: { data: unknown } }[]): Map<string, string> {
  const output = new Map<string, string>();
  for (const { params } of events) {
    const {
      event,
      tool_call_id: id,
      delta,
    } = params.data as { event: string; tool_call_id: string; delta?: string };
    // Another try begins with nothing.
    if (event === "tool-started") output.delete(id);
    if (event === "tool-output-delta") output.set(id, `${output.get(id) ?? ""}${delta ?? ""}`);
  }
  return output;
}
