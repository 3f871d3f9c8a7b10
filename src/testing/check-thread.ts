import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { canonicalJson, isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import type { WireRun, WireThread, WireThreadState } from "../protocol/shapes.ts";
import type { AcceptedCommand, Driver } from "./driver.ts";
import type { LiveReader } from "./live-reader.ts";
import type { Random } from "./random.ts";
import { compareView, createView, openIdsOf } from "./view.ts";
import {
  getState,
  getThread,
  lastSeq,
  listRuns,
  readLog,
  sendCommand,
  type WireEvent,
} from "./wire-client.ts";

/**
 * The invariants, from outside: everything here was seen over HTTP, or is a trace that a tool left in the
 * world. The thread must be quiet: ended, or waiting for a person.
 */

export interface ThreadCheck {
  url: string;
  driver: Driver;
  readers?: LiveReader[];
  /** The file in which the tool that must not run twice leaves a line each time. */
  ledger?: string;
  random: Random;
}

/** A line of the ledger. */
export interface LedgerLine {
  threadId: string;
  idempotencyKey: string;
}

/** @returns Every invariant that does not hold, in words; none when all is well. */
export async function checkThread(check: ThreadCheck): Promise<string[]> {
  const { url, driver, readers = [] } = check;
  const { threadId } = driver;
  const [thread, state, runs] = [
    await getThread(url, threadId),
    await getState(url, threadId),
    await listRuns(url, threadId),
  ];
  if (thread === undefined || state === undefined || runs === undefined) {
    return [`thread ${threadId}: lost`];
  }
  const last = await lastSeq(url, threadId);
  await Promise.all(readers.map((reader) => reader.reach(last)));
  const log = await readLog(url, threadId);
  const givenUp = new Set(runs.filter(wasGivenUp).map(({ run_id }) => run_id));
  const faults = [
    ...driver.faults,
    ...checkEnd(thread, runs, state),
    ...checkCommands(driver.accepted, runs, thread),
    ...(await checkRepeats(check, givenUp)),
    ...checkDecisions(driver.accepted, givenUp, state),
    ...checkSteps(driver.accepted, thread, state),
    ...checkQuestions(thread, state, log),
    ...checkReaders(log, readers, state),
    ...(await checkCursors(check, state)),
    ...checkLedger(check, state),
  ];
  return faults.map((fault) => `thread ${threadId}: ${fault}`);
}

/** Every thread reaches an end, or an open question. */
function checkEnd(thread: WireThread, runs: WireRun[], state: WireThreadState): string[] {
  const faults: string[] = [];
  if (thread.status === "idle" && runs[0]?.status === "success" && state.tasks.length > 0) {
    faults.push(`has ended, and tasks are left: ${state.tasks.map(({ name }) => name)}`);
  }
  const isWaiting = thread.status === "interrupted";
  if (thread.status === "busy") faults.push("is still busy");
  for (const { run_id, status, error, attempt } of runs) {
    if (status === "running") faults.push(`run ${run_id} is still running`);
    if (status === "pending" && !isWaiting) faults.push(`run ${run_id} waits, and nothing is open`);
    if (status === "error" && !wasGivenUp({ status, attempt }))
      faults.push(`run ${run_id} failed: ${error?.message}`);
  }
  return faults;
}

/**
 * None of so many attempts lived to its end, which people are told: the run has failed. What its answers had not
 * reached asks again, and is answered anew.
 */
export function wasGivenUp({ status, attempt }: Pick<WireRun, "status" | "attempt">): boolean {
  return status === "error" && attempt > 10;
}

/** No accepted command is lost. */
function checkCommands(accepted: readonly AcceptedCommand[], runs: WireRun[], thread: WireThread): string[] {
  const known = new Set(runs.map(({ run_id }) => run_id));
  const open = new Set(openIdsOfThread(thread));
  return accepted.flatMap(({ runId, method, interruptId }) => {
    if (!known.has(runId)) return [`${method} was accepted as run ${runId}, and there is no such run`];
    if (interruptId !== undefined && open.has(interruptId)) {
      return [`interrupt ${interruptId} was answered, and is open`];
    }
    return [];
  });
}

/** What people decided about plans has reached the agent's state, each decision once, in order. */
function checkDecisions(
  accepted: readonly AcceptedCommand[],
  givenUp: ReadonlySet<string>,
  { values }: WireThreadState,
): string[] {
  const { decisions = [] } = (isRecord(values) ? values : {}) as PlanValues;
  const known = decisions.map(({ type }) => type);
  // What names no digest was said about a single step.
  const isDecision = (response: Json | undefined): response is JsonObject =>
    isRecord(response) && (response.digest !== undefined || response.type === "cancel");
  const decided = accepted.flatMap(({ response, runId }) =>
    isDecision(response) ? [{ type: String(response.type), mayLack: givenUp.has(runId) }] : [],
  );
  if (isKnown(decided, known)) return [];
  return [`decided was ${decided.map(({ type }) => type)}, and the state knows ${known}`];
}

interface Decided {
  type: string;
  /** Of a run that was given up: it may have been taken up before that, or not. */
  mayLack: boolean;
}

function isKnown([first, ...rest]: Decided[], known: string[]): boolean {
  if (first === undefined) return known.length === 0;
  if (first.type === known[0] && isKnown(rest, known.slice(1))) return true;
  return first.mayLack && isKnown(rest, known);
}

/**
 * A plan that was approved has come to its end once its thread has, unless somebody said to stop. None of the
 * tools fails: a step that did was blamed for what went wrong elsewhere.
 */
function checkSteps(accepted: readonly AcceptedCommand[], thread: WireThread, { values }: WireThreadState) {
  const { plan, steps, decisions } = (isRecord(values) ? values : {}) as PlanValues;
  const isApproved = ["approve", "edit"].includes(decisions?.at(-1)?.type ?? "");
  const isStopped = accepted.some(({ response }) => isRecord(response) && response.type === "stop");
  if (!plan || !isApproved || isStopped || thread.status !== "idle") return [];
  const statuses = plan.steps.map(({ id }) => steps?.[id]?.status ?? "unknown");
  const isEnded = statuses.every((status) => ["done", "skipped"].includes(status));
  return isEnded ? [] : [`the plan was approved, the thread has ended, and its steps are ${statuses}`];
}

/** The state of the plan agent, as far as it matters here. */
interface PlanValues {
  plan?: { digest: string; steps: { id: string; tool: string }[] } | null;
  steps?: Record<string, { status: string }>;
  decisions?: { type: string }[];
}

/** An answer stays answered: the same again gets the first run back, another is told who was first. */
async function checkRepeats(
  { url, driver, random }: ThreadCheck,
  givenUp: ReadonlySet<string>,
): Promise<string[]> {
  const answers = driver.accepted.filter(
    ({ method, runId }) => method === "input.respond" && !givenUp.has(runId),
  );
  const one = answers[random.below(Math.max(1, answers.length))];
  if (one === undefined) return [];
  const params = { interrupt_id: one.interruptId, response: one.response };
  const command = { method: "input.respond", params };
  const again = await sendCommand(url, driver.threadId, { ...command, actor: one.actor });
  const other = await sendCommand(url, driver.threadId, { ...command, actor: "somebody else" });
  const faults: string[] = [];
  if (again.result?.run_id !== one.runId || again.meta?.repeated !== true) {
    faults.push(`the answer of ${one.actor} again: ${JSON.stringify(again)}, not run ${one.runId} repeated`);
  }
  if (other.meta?.winner?.answered_by !== `local:${one.actor}`) {
    faults.push(`another answer to ${one.interruptId}: ${JSON.stringify(other)}, not told who was first`);
  }
  return faults;
}

/** Thread, tasks of the state and stream tell of the same open questions. */
function checkQuestions(thread: WireThread, state: WireThreadState, log: WireEvent[]): string[] {
  const view = createView(() => {});
  for (const event of log) view.apply(event);
  const seen = {
    "thread.interrupts": openIdsOfThread(thread),
    "tasks of the state": openIdsOf(state),
    "state.interrupts": [...new Set(state.interrupts.map(({ id }) => id))].sort(),
    stream: [...view.open].sort(),
  };
  const texts = Object.entries(seen).map(([where, ids]) => `${where}: ${ids.join(", ") || "none"}`);
  const isSame = new Set(Object.values(seen).map((ids) => ids.join())).size === 1;
  const faults = isSame ? [] : [`open questions differ: ${texts.join("; ")}`];
  if ((thread.status === "interrupted") !== openIdsOfThread(thread).length > 0) {
    faults.push(`status is ${thread.status}, and open is ${openIdsOfThread(thread).join() || "nothing"}`);
  }
  if (canonicalJson(thread.values) !== canonicalJson(state.values))
    faults.push("thread.values is not the state");
  return faults;
}

/** Every reader comes to the state, has missed nothing that is there, and no seq ever meant two events. */
function checkReaders(log: WireEvent[], readers: LiveReader[], state: WireThreadState): string[] {
  const faults: string[] = [];
  const replay = createView((fault) => faults.push(`replay: ${fault}`));
  for (const event of log) replay.apply(event);
  faults.push(...compareView("replay", replay, state));
  const known = new Map(log.map(({ seq, event_id }) => [seq, event_id]));
  for (const reader of readers) {
    faults.push(...reader.faults, ...compareView("live reader", reader.view, state));
    const seen = new Set(reader.events.map(({ seq }) => seq));
    const missed = log.filter(({ seq }) => !seen.has(seq)).map(({ seq }) => seq);
    if (missed.length > 0) faults.push(`live reader: was never told of ${missed.join(", ")}`);
    for (const { seq, event_id } of reader.events) {
      const now = known.get(seq);
      if (now !== undefined && now !== event_id) faults.push(`seq ${seq} was ${event_id}, and is ${now}`);
      known.set(seq, event_id);
    }
  }
  return faults;
}

/** Whoever comes back with a cursor of earlier comes to the state too. */
async function checkCursors(
  { url, driver, readers = [], random }: ThreadCheck,
  state: WireThreadState,
): Promise<string[]> {
  const [reader] = readers;
  if (reader === undefined || reader.events.length === 0) return [];
  const faults: string[] = [];
  const view = createView((fault) => faults.push(`remembered cursor: ${fault}`));
  for (const event of reader.events.slice(0, 1 + random.below(reader.events.length))) view.apply(event);
  const from = view.cursor;
  for (const event of await readLog(url, driver.threadId, from)) view.apply(event);
  return [...faults, ...compareView(`reader from ${from}`, view, state)];
}

/**
 * A tool that must not run twice ran at most once, and once more for every time a person said so; and what
 * is told as done was done.
 */
function checkLedger({ driver, ledger }: ThreadCheck, state: WireThreadState): string[] {
  if (ledger === undefined) return [];
  const { threadId, retries, saidDone } = driver;
  const allowed = new Map([...retries].map(([key, count]) => [toIdempotencyKey(threadId, key), 1 + count]));
  const counts = new Map<string, number>();
  for (const line of readLedger(ledger)) {
    if (line.threadId !== threadId) continue;
    counts.set(line.idempotencyKey, (counts.get(line.idempotencyKey) ?? 0) + 1);
  }
  const tooMany = [...counts].flatMap(([key, count]) => {
    const limit = allowed.get(key) ?? 1;
    return count <= limit ? [] : [`the tool ran ${count} times under ${key}; ${limit} was allowed`];
  });
  const tooFew = stepsDone(state).filter(
    (key) => !saidDone.has(key) && !counts.has(toIdempotencyKey(threadId, key)),
  );
  return [...tooMany, ...tooFew.map((key) => `${key} is told as done, and the tool never ran`)];
}

/** Effect keys of the steps of a plan that are done by the tool that keeps the ledger. */
function stepsDone({ values }: WireThreadState): string[] {
  const { plan, steps } = (isRecord(values) ? values : {}) as PlanValues;
  const done = plan?.steps.filter(({ id, tool }) => tool === ledgerTool && steps?.[id]?.status === "done");
  return done?.map(({ id }) => `${plan?.digest}/${id}/1`) ?? [];
}

/** Name of the tool that appends to the ledger. */
export const ledgerTool = "append_ledger";

/** What the tool has left, in order. */
export function readLedger(path: string): LedgerLine[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as LedgerLine);
}

/** The key that an effect hands to the outside service (see `countersign/effects`). */
function toIdempotencyKey(threadId: string, key: string): string {
  return createHash("sha256")
    .update(canonicalJson([threadId, key]))
    .digest("hex");
}

function openIdsOfThread(thread: WireThread): string[] {
  const all = Object.values(thread.interrupts).flat();
  return [...new Set(all.filter(isRecord).map(({ id }) => String(id)))].sort();
}
