import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { ClientConfig } from "pg";
import type { RunPort } from "../core/ports.ts";
import { after } from "./insert-run.ts";
import { type LeaseThreadData, toLeaseThread } from "./lease-thread.ts";
import { pathOfPg } from "./load-pg.ts";
import type { Settings } from "./options.ts";

/** How long to wait before a thread that died is started again, and for one that is to stop, in ms. */
const [restartMs, farewellMs] = [1_000, 2_000];

/** Keeps the leases of an owner alive from a thread, see lease-thread.ts. */
export function createHoldLeases(settings: Settings): RunPort["holdLeases"] {
  const driver = pathOfPg(); // found missing when the store is opened, not when leases run out
  return (owner, leaseMs) => {
    const stopped = new AbortController();
    let worker: Worker | undefined;

    async function live(): Promise<void> {
      while (!stopped.signal.aborted) {
        await runThread().catch(() => {}); // started again
        await wait(restartMs, undefined, { ref: false, signal: stopped.signal }).catch(() => {});
      }
    }

    /** Returns when the thread has ended. */
    async function runThread(): Promise<void> {
      const data: LeaseThreadData = { ...(await toData(settings, leaseMs)), driver, owner, leaseMs };
      if (stopped.signal.aborted) return;
      const thread = new Worker(toLeaseThread(), { eval: true, workerData: data, execArgv: [] });
      thread.unref();
      thread.on("error", () => {}); // it exits, too
      worker = thread;
      await once(thread, "exit").finally(() => {
        worker = undefined;
      });
    }

    const life = live();
    return async () => {
      stopped.abort();
      const last = worker;
      last?.ref();
      last?.postMessage("stop");
      const patience = new AbortController();
      const isOver = await Promise.race([
        life.then(() => true),
        wait(farewellMs, false, { signal: patience.signal }).catch(() => true),
      ]);
      patience.abort();
      if (!isOver) await last?.terminate();
    };
  };
}

async function toData({ client, quotedSchema: s }: Settings, leaseMs: number) {
  const { password } = client;
  const config = {
    ...withoutFunctions(client),
    ...(typeof password === "function" ? { password: await password() } : {}),
    // A connection that hangs must be given up while there is time to try another.
    query_timeout: leaseMs / 2,
    connectionTimeoutMillis: leaseMs / 2,
  };
  const renewal = `UPDATE ${s}.runs SET lease_until = least(${after("$2")}, lease_limit)
    WHERE lease_owner = $1 AND status = 'running'`;
  return { client: config as ClientConfig, renewal };
}

/** What of the options a thread can be given, also of `ssl`, the one with options of its own. */
function withoutFunctions(options: object): Record<string, unknown> {
  const kept = Object.entries(options).filter(([, value]) => typeof value !== "function");
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === "ssl" && typeof value === "object" && value !== null ? withoutFunctions(value) : value,
    ]),
  );
}
