import { words } from "./words.ts";

/** An error in words for a person. */
export function describeError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/Failed to fetch|Unable to connect to LangGraph server/.test(message)) {
    return words.refusal.noServer;
  }
  const body = message.match(/^HTTP \d+: (\{.*\})$/s)?.[1];
  if (body === undefined)
    return message.replace(/^Protocol (error \[\w+\]: |request failed: \d+ [^—]*— )/, "");
  try {
    return (JSON.parse(body) as { message?: string }).message ?? message;
  } catch {
    return message;
  }
}

interface RefusedCommand {
  code?: string;
  response?: { meta?: { winner?: { answered_by?: string } } };
}

/** True for an answer that the server did not take: no failure of the run. */
export function isRefusal(error: unknown): boolean {
  const { code, response } = (error ?? {}) as RefusedCommand;
  return code === "no_such_interrupt" || (code === "invalid_argument" && response !== undefined);
}

/** Why an answer was not taken, for the person who gave it. */
export function describeRefusal(error: unknown): string {
  const winner = ((error ?? {}) as RefusedCommand).response?.meta?.winner?.answered_by;
  if (winner === undefined) return describeError(error);
  return words.refusal.wasFirst(winner.replace(/^local:/, ""));
}
