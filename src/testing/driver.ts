import { setTimeout as wait } from "node:timers/promises";
import { isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import type { WireInterrupt, WireThread } from "../protocol/shapes.ts";
import { chooseAnswer } from "./answers.ts";
import type { Random } from "./random.ts";
import { type CommandOptions, getThread, insist, listRuns, sendCommand, undoAnswer } from "./wire-client.ts";

export interface DriverOptions {
  /** Where the server is now; it may move with every restart. */
  url: () => string;
  threadId: string;
  assistantId: string;
  input: JsonObject;
  random: Random;
  /** Default {@link chooseAnswer}. */
  answer?: (interrupt: WireInterrupt, random: Random) => Json;
  /**
   * Takes each answer to a question of the graph back, and answers anew: `waiting` before its run may begin,
   * `running` at once, when it may be too late.
   */
  undoes?: "waiting" | "running" | undefined;
  /** Aborts what it waits for. */
  signal?: AbortSignal;
}

/** A command the server said yes to. */
export interface AcceptedCommand {
  runId: string;
  method: "run.start" | "input.respond";
  actor: string;
  /** What was answered, for a `input.respond`. */
  interruptId?: string;
  response?: Json;
}

/**
 * A person on one thread who goes on until it has ended, whatever happens to the server: says what is to be
 * done, answers what is asked, and asks again, with the same key or the same answer, when no reply came.
 */
export interface Driver {
  readonly threadId: string;
  readonly accepted: readonly AcceptedCommand[];
  /** By effect in doubt: how often was said to try it again. */
  readonly retries: ReadonlyMap<string, number>;
  /** Effects that somebody said are done, without anybody knowing. */
  readonly saidDone: ReadonlySet<string>;
  /** Answers that were taken back. */
  undone(): number;
  /** Effects in doubt that were asked about. */
  doubts(): number;
  /** What the thread was at, as its person saw it last: `start`, `plan`, `wait`, `answer`, `run` or `end`. */
  phase(): string;
  /** Replies that no server may give to this. */
  readonly faults: readonly string[];
  /** The first command. Resolves when it is accepted. */
  start(): Promise<void>;
  /** Answers what is open, if anything. Returns where the thread stands then. */
  step(): Promise<WireThread["status"]>;
  /** Goes on until the thread has ended. */
  finish(): Promise<void>;
}

export function createDriver(options: DriverOptions): Driver {
  const { url, threadId, assistantId, input, random, signal, undoes, answer = chooseAnswer } = options;
  const accepted: AcceptedCommand[] = [];
  const retries = new Map<string, number>();
  const saidDone = new Set<string>();
  const faults: string[] = [];
  /** Questions that are open again. */
  const again = new Set<string>();
  let answers = 0;
  let doubts = 0;
  let phase = "start";

  const find = () => insist(() => getThread(url(), threadId), signal);

  async function send(command: CommandOptions, note: Omit<AcceptedCommand, "runId">): Promise<boolean> {
    const reply = await insist(() => sendCommand(url(), threadId, command), signal);
    const runId = reply.result?.run_id;
    if (reply.type === "success" && runId !== undefined) {
      accepted.push({ ...note, runId });
      return true;
    }
    faults.push(`${command.method} of ${threadId} was refused: ${JSON.stringify(reply)}`);
    return false;
  }

  /** @returns The type of what was answered. */
  async function respond(interrupt: WireInterrupt): Promise<Json | undefined> {
    const response = answer(interrupt, random);
    answers += 1;
    phase = "answer";
    const actor = `person ${answers}`;
    const { value } = interrupt;
    const isDoubt = isRecord(value) && value.type === "effect_in_doubt";
    const isUndone = undoes !== undefined && !isDoubt && !again.has(interrupt.id);
    const params = {
      interrupt_id: interrupt.id,
      response,
      ...(isUndone && undoes === "waiting" ? { after_seconds: 60 } : {}),
    };
    // Without a key, the same answer by the same person must be recognised all the same.
    const key = random.next() < 0.5 ? { idempotencyKey: `answer ${answers}` } : {};
    const command = { method: "input.respond", params, actor, ...key };
    const note = { method: "input.respond" as const, actor, interruptId: interrupt.id, response };
    if (!(await send(command, note))) return undefined;
    phase = "run";
    if (isUndone && (await undo(interrupt.id, actor))) return undefined;
    const type = isRecord(response) ? response.type : undefined;
    if (!isRecord(value) || !isDoubt || !isRecord(response)) return type;
    doubts += 1;
    const effect = String(value.key);
    if (response.type === "retry") retries.set(effect, (retries.get(effect) ?? 0) + 1);
    if (response.type === "done") saidDone.add(effect);
    return type;
  }

  /** Also of a command whose reply did not come: what is taken back already is found so. */
  async function undo(interruptId: string, actor: string): Promise<boolean> {
    const open = await insist(() => undoAnswer(url(), threadId, { interruptId, actor }), signal);
    if (open === undefined) return false;
    again.add(open);
    accepted.pop();
    return true;
  }

  const driver: Driver = {
    threadId,
    accepted,
    retries,
    saidDone,
    faults,
    undone: () => again.size,
    doubts: () => doubts,
    phase: () => phase,
    async start() {
      const params = { assistant_id: assistantId, input };
      const command = { method: "run.start", params, actor: "person 0", idempotencyKey: "start" };
      await send(command, { method: "run.start", actor: "person 0" });
      phase = "plan";
    },

    async step() {
      const thread = await find();
      if (thread === undefined) {
        faults.push(`The thread ${threadId} is gone.`);
        return "idle";
      }
      const open = Object.values(thread.interrupts).flat();
      if (thread.status !== "interrupted" || open.length === 0) return thread.status;
      phase = "wait";
      // One at a time, or all that are open.
      const mine = random.next() < 0.5 ? open : open.slice(0, 1);
      for (const interrupt of mine) {
        // To stop at one effect is the answer to all of them.
        if ((await respond(interrupt)) === "stop") break;
      }
      return "busy";
    },

    async finish() {
      if (accepted.length === 0) await driver.start();
      for (let status = await driver.step(); faults.length === 0; status = await driver.step()) {
        if (status === "idle" || status === "error") {
          const runs = (await insist(() => listRuns(url(), threadId), signal)) ?? [];
          if (runs.every((run) => !["pending", "running"].includes(run.status))) break;
        }
        signal?.throwIfAborted();
        await wait(10);
      }
      phase = "end";
    },
  };
  return driver;
}
