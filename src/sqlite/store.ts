import { resolve } from "node:path";
import type { Store } from "../core/ports.ts";
import { createAssistantPort } from "./assistants.ts";
import { createCheckpointPort } from "./checkpoints.ts";
import { type Connection, connect } from "./connection.ts";
import { createCronPort } from "./crons.ts";
import { createEffectPort } from "./effects.ts";
import { createInterruptPort } from "./interrupts.ts";
import { createItemPort } from "./items.ts";
import { createLogPort } from "./log.ts";
import { createRunPort } from "./runs.ts";
import { createThreadPort } from "./threads.ts";
import { createWebhookPort } from "./webhooks.ts";

/**
 * A store in one SQLite file (WAL), for one process.
 *
 * @param path - Of the file; its directory is made. `:memory:` keeps nothing.
 * @returns A store that is opened by `createServer`. `open` throws `store_in_use` when another process
 * holds the file, and `store_unavailable` when it was written by a newer Countersign.
 */
export function sqlite(path: string): Store {
  let connection: Connection | undefined;
  let ports: Omit<Store, "open" | "close"> | undefined;

  function opened(): Omit<Store, "open" | "close"> {
    if (ports === undefined) throw new Error("The store is not open. Call open() first.");
    return ports;
  }

  return {
    async open() {
      if (connection) return;
      connection = connect(path === ":memory:" ? path : resolve(path));
      // The lock on the file says that no other process lives: every lease left in it is a dead one's.
      connection.db.prepare("UPDATE runs SET lease_until = 0 WHERE status = 'running'").run();
      ports = {
        threads: createThreadPort(connection),
        runs: createRunPort(connection),
        interrupts: createInterruptPort(connection),
        log: createLogPort(connection),
        checkpoints: createCheckpointPort(connection),
        effects: createEffectPort(connection),
        assistants: createAssistantPort(connection),
        items: createItemPort(connection),
        webhooks: createWebhookPort(connection),
        crons: createCronPort(connection),
      };
    },
    async close() {
      connection?.close();
      connection = undefined;
      ports = undefined;
    },
    get threads() {
      return opened().threads;
    },
    get runs() {
      return opened().runs;
    },
    get interrupts() {
      return opened().interrupts;
    },
    get log() {
      return opened().log;
    },
    get checkpoints() {
      return opened().checkpoints;
    },
    get effects() {
      return opened().effects;
    },
    get assistants() {
      return opened().assistants;
    },
    get items() {
      return opened().items;
    },
    get webhooks() {
      return opened().webhooks;
    },
    get crons() {
      return opened().crons;
    },
  };
}
