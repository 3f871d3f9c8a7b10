import type { AIMessage } from "@langchain/core/messages";

/** Tokens that calls to the model took, as the provider counted them; a provider that does not count adds none. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  total_tokens: number;
  /** Calls to the model, counted or not. */
  calls: number;
}

/** What is added to the `usage` channel; `isFresh` begins a new sum, as a new request does. */
export type UsageUpdate = Usage & { isFresh?: boolean };

export const noUsage: Usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0, calls: 0 };

export function addUsage(before: Usage, { isFresh = false, ...more }: UsageUpdate): Usage {
  const from = isFresh ? noUsage : before;
  return {
    input_tokens: from.input_tokens + more.input_tokens,
    output_tokens: from.output_tokens + more.output_tokens,
    total_tokens: from.total_tokens + more.total_tokens,
    calls: from.calls + more.calls,
  };
}

/** Sums up the calls that one node makes. */
export function createMeter() {
  let used = noUsage;
  return {
    count({ usage_metadata }: Pick<AIMessage, "usage_metadata">): void {
      const { input_tokens = 0, output_tokens = 0, total_tokens = 0 } = usage_metadata ?? {};
      used = addUsage(used, { input_tokens, output_tokens, total_tokens, calls: 1 });
    },
    used: () => used,
  };
}

export type Meter = ReturnType<typeof createMeter>;
