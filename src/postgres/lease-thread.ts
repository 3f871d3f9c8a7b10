import type { ClientConfig } from "pg";
import type { Pg } from "./load-pg.ts";

/** What the thread is given. All of it can be cloned. */
export interface LeaseThreadData {
  /** The driver's file. */
  driver: string;
  client: ClientConfig;
  /** Renews the leases of `$1` for `$2` ms. */
  renewal: string;
  owner: string;
  leaseMs: number;
}

/**
 * Keeps leases alive from a thread with a connection of its own, however long user code blocks the main
 * thread. It dies with the process. It is started from its own text ({@link toLeaseThread}), so that it
 * needs no file beside the bundle this code may end up in: it must use nothing but what it is given.
 */
function keepLeases(
  { parentPort, workerData }: typeof import("node:worker_threads"),
  { Client }: Pick<Pg, "Client">,
): void {
  const { client: config, renewal, owner, leaseMs } = workerData as LeaseThreadData;
  let client: InstanceType<typeof Client> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  async function beat(): Promise<void> {
    if (client === undefined) {
      const fresh = new Client(config);
      fresh.on("error", () => {}); // the next query tells
      client = fresh;
      await fresh.connect();
    }
    await client.query(renewal, [owner, leaseMs]);
  }

  async function letGo(): Promise<void> {
    const old = client;
    client = undefined;
    await old?.end().catch(() => {});
  }

  async function next(): Promise<void> {
    let pauseMs = leaseMs / 3;
    try {
      await beat();
    } catch {
      pauseMs = Math.min(leaseMs / 10, 500);
      void letGo();
    }
    if (!isStopped) timer = setTimeout(next, pauseMs);
  }

  parentPort?.on("message", async () => {
    isStopped = true;
    clearTimeout(timer);
    await letGo();
    parentPort.close();
  });
  void next();
}

/** The text a thread runs. `__name` is what some bundlers call in the text of a function. */
export function toLeaseThread(): string {
  return `const __name = (fn) => fn;
    const threads = require("node:worker_threads");
    (${keepLeases.toString()})(threads, require(threads.workerData.driver));`;
}
