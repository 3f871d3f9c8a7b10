import type { TerminalContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { UsageMistake } from "./options.ts";
import { toPlain, toSafeJson } from "./safe-text.ts";
import { RefusedError, UnreachableError } from "./server.ts";

/** One command: what it does, and how it goes. */
export interface TerminalCommand {
  use: string;
  run: (args: readonly string[], context: TerminalContext) => Promise<ExitCode>;
}

/** Runs a command; whatever goes wrong becomes words on stderr (and JSON on stdout, where that is asked for) and a code. */
export async function runCommand(
  { use, run }: TerminalCommand,
  args: readonly string[],
  context: TerminalContext,
): Promise<ExitCode> {
  const { stdout, stderr } = context;
  if (args.includes("--help") || args.includes("-h")) {
    stdout.write(use);
    return exitCodes.done;
  }
  try {
    return await run(args, context);
  } catch (error) {
    if (error instanceof UsageMistake) {
      stderr.write(`${toPlain(error.message)}\n${use}`);
      return exitCodes.usage;
    }
    if (!(error instanceof RefusedError || error instanceof UnreachableError)) throw error;
    const winner = winnerOf(error);
    if (args.includes("--json")) stdout.write(`${toSafeJson(toJson(error))}\n`);
    stderr.write(`${toPlain(winner === undefined ? error.message : inWords(winner))}\n`);
    return winner === undefined ? exitCodes.failed : exitCodes.decided;
  }
}

export interface Winner {
  answered_by: string;
  answered_at?: string;
}

/** Who has answered the question before, if that is why an answer was refused. */
export function winnerOf(error: unknown): Winner | undefined {
  if (!(error instanceof RefusedError)) return undefined;
  const winner = error.details.winner as Winner | undefined;
  return typeof winner?.answered_by === "string" ? winner : undefined;
}

export function inWords({ answered_by: by, answered_at: at }: Winner): string {
  const when = at === undefined ? "" : ` (${at})`;
  return `${nameOf(by)} was first${when}: your answer did not count.`;
}

/** `local:ana` is a name that nobody vouches for; people know it as ana. */
export function nameOf(actorId: string): string {
  return actorId.replace(/^local:/, "");
}

function toJson(error: RefusedError | UnreachableError): Record<string, unknown> {
  if (error instanceof UnreachableError) return { error: "unreachable", message: error.message };
  const { winner, issues } = error.details;
  return {
    error: error.code,
    message: error.message,
    ...(winner === undefined ? {} : { winner }),
    ...(issues === undefined ? {} : { issues }),
  };
}
