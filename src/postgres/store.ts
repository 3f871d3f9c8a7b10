import type { Store } from "../core/ports.ts";
import { createAssistantPort } from "./assistants.ts";
import { createCheckpointPort } from "./checkpoints.ts";
import { repairAfterCrash } from "./crash.ts";
import { createCronPort } from "./crons.ts";
import { connect, type Database } from "./database.ts";
import { createEffectPort } from "./effects.ts";
import { createInterruptPort } from "./interrupts.ts";
import { createItemPort } from "./items.ts";
import { createLogPort } from "./log.ts";
import { migrate } from "./migrate.ts";
import { createNotifier } from "./notifier.ts";
import { type PostgresOptions, toSettings } from "./options.ts";
import { createRunPort } from "./runs.ts";
import { createThreadPort } from "./threads.ts";
import { createWebhookPort } from "./webhooks.ts";

/**
 * A store in a PostgreSQL database (14 or newer), for any number of processes.
 *
 * It survives dropped connections and a server that restarts: what was asked is asked again, and takes
 * effect once. When the database stays away, methods throw `store_unavailable`. It works behind a pooler in
 * transaction mode, but for LISTEN, which `listenUrl` leads around it.
 *
 * @param connection - A `postgresql://` URL, or all settings.
 * @returns A store that is opened by `createServer`. `open` throws `store_unavailable` when the database
 * cannot be reached, when its server is too old, and when a newer Countersign has changed the schema so that
 * this one cannot work with it.
 */
export function postgres(connection: string | PostgresOptions, options: PostgresOptions = {}): Store {
  const settings = toSettings(connection, options);
  let opening: Promise<Opened> | undefined;
  let opened: Opened | undefined;

  function ports(): Opened["ports"] {
    if (opened === undefined) throw new Error("The store is not open. Call open() first.");
    return opened.ports;
  }

  async function start(): Promise<Opened> {
    const db = await connect(settings);
    try {
      await db.session((client) => migrate(client, settings));
      await db.session((client) => repairAfterCrash(db.s, client));
    } catch (error) {
      await db.close();
      throw error;
    }
    const { notifier, close } = createNotifier(db, settings);
    return { db, closeNotifier: close, ports: { ...createPorts(db), notifier } };
  }

  function createPorts(db: Database) {
    return {
      threads: createThreadPort(db),
      runs: createRunPort(db, settings),
      interrupts: createInterruptPort(db),
      log: createLogPort(db),
      checkpoints: createCheckpointPort(db),
      effects: createEffectPort(db),
      assistants: createAssistantPort(db),
      items: createItemPort(db),
      webhooks: createWebhookPort(db),
      crons: createCronPort(db),
    };
  }

  return {
    async open() {
      opening ??= start();
      try {
        opened = await opening;
      } catch (error) {
        opening = undefined;
        throw error;
      }
    },
    async close() {
      const last = await opening?.catch(() => undefined);
      opening = undefined;
      opened = undefined;
      await last?.closeNotifier();
      await last?.db.close();
    },
    get threads() {
      return ports().threads;
    },
    get runs() {
      return ports().runs;
    },
    get interrupts() {
      return ports().interrupts;
    },
    get log() {
      return ports().log;
    },
    get checkpoints() {
      return ports().checkpoints;
    },
    get effects() {
      return ports().effects;
    },
    get assistants() {
      return ports().assistants;
    },
    get items() {
      return ports().items;
    },
    get webhooks() {
      return ports().webhooks;
    },
    get crons() {
      return ports().crons;
    },
    get notifier() {
      return ports().notifier;
    },
  };
}

interface Opened {
  db: Database;
  closeNotifier(): Promise<void>;
  ports: Required<Omit<Store, "open" | "close">>;
}
