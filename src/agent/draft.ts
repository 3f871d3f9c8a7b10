import type { AIMessageChunk } from "@langchain/core/messages";
import { parsePartialJson } from "@langchain/core/output_parsers";
import { proposePlanName } from "./proposal.ts";

/**
 * Watches a model write a proposal and tells of drafts: what can be read of the unfinished JSON so far.
 * A draft is told when the text has grown by an eighth and at least by 48 characters, so that all drafts
 * together stay a small multiple of the plan.
 */
export function createDraftReader(told: (draft: unknown) => void) {
  const texts = new Map<number, { isPlan: boolean; text: string; readAt: number }>();

  return (chunk: AIMessageChunk): void => {
    for (const { index = 0, name, args } of chunk.tool_call_chunks ?? []) {
      const call = texts.get(index) ?? { isPlan: false, text: "", readAt: 0 };
      texts.set(index, call);
      if (name === proposePlanName) call.isPlan = true;
      call.text += args ?? "";
      const grown = call.text.length - call.readAt;
      if (!call.isPlan || grown < Math.max(48, call.readAt / 8)) continue;
      // Also when there is nothing to tell: reading what is no JSON again at every chunk takes minutes.
      call.readAt = call.text.length;
      const draft = readPartial(call.text);
      if (draft !== undefined) told(draft);
    }
  };
}

function readPartial(text: string): unknown {
  try {
    return parsePartialJson(text) ?? undefined;
  } catch {
    return undefined;
  }
}
