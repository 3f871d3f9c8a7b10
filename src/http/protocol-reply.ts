import type { CommandResult } from "../core/accepted-run.ts";
import type { Core } from "../core/core.ts";
import type { Caller } from "./auth.ts";

/** What the handler of a command gets. */
export interface CommandContext {
  core: Core;
  caller: Caller;
  threadId: string;
  params: Record<string, unknown>;
  idempotencyKey: string | undefined;
}

export interface Reply {
  result: Record<string, unknown>;
  meta?: Record<string, unknown>;
}

/** What the commands that make runs reply. */
export function toReply({ run, seq, repeated }: CommandResult): Reply {
  return {
    result: { run_id: run.runId },
    meta: { applied_through_seq: seq, ...(repeated ? { repeated: true } : {}) },
  };
}
