import { CountersignError } from "../protocol/errors.ts";
import { createRandom } from "./random.ts";

/**
 * What is to go wrong, and when. A point is a write of the store, before or after it is committed:
 * `runs.finish:before`, `effects.end:after`. `runs.record` says what it records: `.events` (deltas alone),
 * `.checkpoint`, `.interrupt` (a question), `.resume` (an answer reaches the engine's writes), `.writes`
 * (a task is done).
 */
export interface FaultPlan {
  faults: Fault[];
}

export type Fault = FaultPlace & FaultAction;

export interface FaultPlace {
  /** Name of a point, `*` for any, or a list of names. */
  at: string | string[];
  /** The n-th time it is reached, from 1 (default). */
  nth?: number;
  /** How many times from there. Default 1; null for ever. */
  times?: number | null;
  /** Counts only what concerns this thread. */
  threadId?: string;
}

export type FaultAction =
  /** SIGKILL for the process and, where it leads one, its group: nothing is tidied up. */
  | { do: "kill" }
  /** SIGSTOP: the process stands still until somebody sends SIGCONT. */
  | { do: "stop" }
  | { do: "throw"; error: InjectedError }
  | { do: "delay"; ms: number }
  /** Holds up the event loop. */
  | { do: "block"; ms: number };

/** What the stores make of a full disk and of a database that is gone, or an error that nobody foresaw. */
export type InjectedError = "disk_full" | "database_gone" | "unforeseen";

/** The variable that carries a plan, as JSON, to a server in a child process. */
export const faultPlanVariable = "COUNTERSIGN_FAULTS";

/** The plan of this process; without one, nothing goes wrong. @throws SyntaxError when it is no JSON. */
export function readFaultPlan(env: Record<string, string | undefined>): FaultPlan {
  const text = env[faultPlanVariable];
  return text === undefined || text === "" ? { faults: [] } : (JSON.parse(text) as FaultPlan);
}

/** Any of the next `within` points, chosen by a seed. */
export function randomInstant(seed: number, within: number): FaultPlace {
  return { at: "*", nth: 1 + createRandom(seed).below(within) };
}

/** True when a point with this name is one of the fault's. */
export function isAt(fault: Fault, name: string): boolean {
  return fault.at === "*" || (Array.isArray(fault.at) ? fault.at.includes(name) : fault.at === name);
}

export function toInjectedError(kind: InjectedError): Error {
  if (kind === "unforeseen") return new Error("The store threw what nobody foresaw.");
  const cause =
    kind === "disk_full"
      ? Object.assign(new Error("database or disk is full"), { name: "SqliteError", code: "SQLITE_FULL" })
      : Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
  const words = kind === "disk_full" ? "The disk is full. Make space" : "The database is gone. Start it";
  return new CountersignError("store_unavailable", `${words}, then send this again.`, {}, { cause });
}
