import { randomUUID } from "node:crypto";
import { CountersignError, isCountersignError } from "../protocol/errors.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { CommandDeps, RunOptions } from "./accepted-run.ts";
import type { Actor, CronRecord, CronTerms, NewCron } from "./ports.ts";
import { nextTick, type Schedule } from "./schedule.ts";
import { createAcceptStart } from "./start-run.ts";

/** What each tick starts. JSON. */
export interface CronStart {
  actor: Actor;
  input: Json;
  options: RunOptions;
  /** What goes on each thread that is made. */
  threadMetadata: JsonObject;
}

type Said = Omit<CronTerms, "nextAt" | "start"> & { start: CronStart };

export interface Crons {
  /** @throws `no_such_thread`, `no_such_graph` */
  create(cron: Omit<NewCron, keyof CronTerms | "at"> & Said): Promise<CronRecord>;
  /**
   * Changes it to what `change` makes of it. A change of when it is due counts from now on.
   *
   * @throws `not_found` when it is gone, and what `change` throws
   */
  update(cronId: string, change: (cron: CronRecord) => Promise<Partial<Said>>): Promise<CronRecord>;
  /** Starts what is due. */
  look(): Promise<void>;
}

const atOnce = 20;

/** How long the thread of a tick stays when its run has ended, for those who still read of it, in ms. */
const afterwardsMs = 60_000;

/**
 * Runs on a schedule. Of ticks that passed while nobody looked, the newest is made up for by one run. At most one
 * run of a cron waits to begin: a tick that comes meanwhile is passed over.
 */
export function createCrons(
  deps: CommandDeps,
  report: (error: unknown, context: Record<string, unknown>) => void,
): Crons {
  const { store, now } = deps;
  const accept = createAcceptStart(deps);

  /** Never a tick that was passed, whatever the clock of this process says. */
  const nextOf = (cron: Schedule & { enabled: boolean }, tickedAt: number | null): number | null =>
    cron.enabled ? nextTick(cron, Math.max(now(), tickedAt ?? 0)) : null;

  async function start(cron: CronRecord): Promise<void> {
    const tickedAt = now();
    const { cronId, version, threadId, owner, assistantId } = cron;
    const tick = { cronId, version, tickedAt, nextAt: nextOf(cron, tickedAt) };
    const { actor, input, options, threadMetadata } = cron.start as unknown as CronStart;
    const ttlMs = cron.onRunCompleted === "delete" ? afterwardsMs : null;
    try {
      await accept({
        threadId: threadId ?? randomUUID(),
        ...{ actor, owner, assistantId, input, tick },
        ...options,
        metadata: { ...options.metadata, cron_id: cronId },
        strategy: options.strategy ?? "enqueue",
        defaultStrategy: "enqueue",
        ...(threadId === null
          ? { createThread: { owner, metadata: { ...threadMetadata, cron_id: cronId }, ttlMs } }
          : {}),
      });
    } catch (error) {
      // Away: what was not accepted is still due.
      if (isCountersignError(error, "store_unavailable")) throw error;
      report(error, { during: "crons", cronId, ...(threadId === null ? {} : { threadId }) });
      await store.crons.pass(tick);
    }
  }

  return {
    async create(cron) {
      const assistant = await deps.assistants.resolve(cron.assistantId, cron.owner);
      return store.crons.create({
        ...cron,
        assistantId: assistant.assistantId,
        start: cron.start as unknown as JsonObject,
        nextAt: nextOf(cron, null),
        at: now(),
      });
    },

    async update(cronId, change) {
      for (;;) {
        const cron = await store.crons.find(cronId);
        if (cron === undefined) throw noSuchCron(cronId);
        const { start: begins, ...said } = await change(cron);
        const isMoved = ["schedule", "timezone", "endTime", "enabled"].some((term) => term in said);
        const changes = {
          ...said,
          ...(begins === undefined ? {} : { start: begins as unknown as JsonObject }),
          ...(isMoved ? { nextAt: nextOf({ ...cron, ...said }, cron.tickedAt) } : {}),
        };
        const changed = await store.crons.update(cron, changes, now());
        if (changed) return changed;
      }
    },

    async look() {
      for (;;) {
        const due = await store.crons.listDue(now(), atOnce);
        await Promise.all(due.map(start));
        if (due.length < atOnce) return;
      }
    },
  };
}

export function noSuchCron(cronId: string): CountersignError {
  return new CountersignError(
    "not_found",
    `There is no cron ${cronId}. List them with POST /runs/crons/search.`,
  );
}
