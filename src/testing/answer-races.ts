import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import type { Json, JsonObject } from "../protocol/json.ts";
import { approvePlan, editPlan, rejectPlan } from "./answers.ts";
import { readLedger } from "./check-thread.ts";
import { createRandom, type Random } from "./random.ts";
import { type CommandReply, getThread, sendCommand } from "./wire-client.ts";

export interface AnswerRacesOptions {
  /** Servers on one store. Callers are spread over them. */
  urls: string[];
  rounds: number;
  /** Answers to one question. Default 50, each by its own actor. */
  callers?: number;
  /** Runs a client process: it calls `answerAtOnce` for every message. */
  clientScript: string;
  /** Client processes. Default 4. */
  clients?: number;
  seed: number;
  limitMs?: number;
  /** What a thread of the plan agent is started with. */
  input: JsonObject;
  ledger: string;
}

export interface AnswerRacesResult {
  rounds: number;
  /** How often each kind of answer won. */
  won: Record<string, number>;
  faults: string[];
}

/** Answers to one question, to be sent at the same moment. */
export interface Volley {
  url: string;
  threadId: string;
  interruptId: string;
  answers: { actor: string; response: Json }[];
}

type Call = Volley["answers"][number];

/**
 * Rounds in which many people answer one plan at once, from several processes: exactly one is accepted, the
 * tool runs as that one said and no more, and everybody else is told who was first.
 */
export async function runAnswerRaces(options: AnswerRacesOptions): Promise<AnswerRacesResult> {
  const { rounds, clients = 4, limitMs = Number.POSITIVE_INFINITY } = options;
  const random = createRandom(options.seed);
  const result: AnswerRacesResult = { rounds: 0, won: {}, faults: [] };
  const began = performance.now();
  const children = Array.from({ length: clients }, () => fork(options.clientScript));
  try {
    while (result.rounds < rounds && performance.now() - began < limitMs && result.faults.length === 0) {
      const { kind, faults } = await race(options, children, random);
      result.faults.push(...faults);
      result.won[kind] = (result.won[kind] ?? 0) + 1;
      result.rounds += 1;
    }
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
  return result;
}

async function race(options: AnswerRacesOptions, clients: ChildProcess[], random: Random) {
  const { urls, callers = 50, ledger, input } = options;
  const threadId = crypto.randomUUID();
  const urlOf = (index: number) => urls[index % urls.length] ?? "";
  const params = { assistant_id: "agent", input };
  await sendCommand(urlOf(0), threadId, { method: "run.start", params });
  const { id: interruptId, plan } = await question(urlOf(0), threadId);

  const calls = Array.from({ length: callers }, (_, index): Call => {
    const toAnswer = random.pick([approvePlan, editPlan, rejectPlan]);
    return { actor: `person ${index}`, response: toAnswer(plan) };
  });
  const replies = await Promise.all(
    clients.map((client, index) => {
      const answers = calls.filter((_, caller) => caller % clients.length === index);
      return sendVolley(client, { url: urlOf(index), threadId, interruptId, answers });
    }),
  );
  const told = replies.flat();
  const winners = told.filter(({ reply }) => reply.type === "success");
  const kind = String((winners[0]?.call.response as JsonObject | undefined)?.type);
  const faults = winners.length === 1 ? [] : [`${winners.length} answers were accepted`];
  for (const { call, reply } of told) {
    const first = winners[0]?.call.actor;
    if (reply.type === "success" || reply.meta?.winner?.answered_by === `local:${first}`) continue;
    faults.push(`${call.actor} was not told that ${first} was first: ${JSON.stringify(reply)}`);
  }
  await settled(urlOf(1), threadId, interruptId);
  const keys = readLedger(ledger).flatMap((line) =>
    line.threadId === threadId ? [line.idempotencyKey] : [],
  );
  if (new Set(keys).size !== keys.length) faults.push(`a tool ran twice: ${keys.join(", ")}`);
  if (keys.length > 0 !== (kind !== "reject")) faults.push(`${kind} won, and tools ran ${keys.length} times`);
  return { kind, faults: faults.map((fault) => `thread ${threadId}: ${fault}`) };
}

/** The plan that the thread asks about, once it does. */
async function question(url: string, threadId: string): Promise<{ id: string; plan: JsonObject }> {
  while (true) {
    const thread = await getThread(url, threadId);
    const [open] = Object.values(thread?.interrupts ?? {}).flat();
    if (open !== undefined) return { id: open.id, plan: (open.value as { plan: JsonObject }).plan };
    await wait(5);
  }
}

/** Returns once the thread has ended, or asks something else. */
async function settled(url: string, threadId: string, interruptId: string): Promise<void> {
  while (true) {
    const thread = await getThread(url, threadId);
    const ids = Object.values(thread?.interrupts ?? {}).flatMap((open) => open.map(({ id }) => id));
    if (thread?.status === "idle" || thread?.status === "error") return;
    if (thread?.status === "interrupted" && !ids.includes(interruptId)) return;
    await wait(5);
  }
}

async function sendVolley(
  client: ChildProcess,
  volley: Volley,
): Promise<{ call: Call; reply: CommandReply }[]> {
  client.send(volley);
  const [replies] = (await once(client, "message")) as [CommandReply[]];
  return volley.answers.map((call, index) => ({ call, reply: replies[index] as CommandReply }));
}

/** What a client process does with a volley. */
export function answerAtOnce({ url, threadId, interruptId, answers }: Volley): Promise<CommandReply[]> {
  return Promise.all(
    answers.map(({ actor, response }) => {
      const params = { interrupt_id: interruptId, response };
      return sendCommand(url, threadId, { method: "input.respond", params, actor });
    }),
  );
}
