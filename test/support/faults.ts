import { join } from "node:path";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { WireInterrupt } from "../../src/protocol/shapes.ts";
import {
  approvePlan,
  chooseAnswer,
  createDriver,
  createLiveReader,
  createRandom,
  type Driver,
  type FaultPlan,
  type LiveReader,
  type Random,
  type ServerProcess,
  startServerProcess,
} from "../../src/testing/index.ts";
import { bundleOf } from "./bundle-servers.ts";

const script = bundleOf("fault-server");

export interface FaultServerOptions {
  /** Files of the tools, the ledger, and the database where it is SQLite. */
  directory: string;
  /** Default: SQLite in the directory. */
  store?: string | undefined;
  plan?: FaultPlan;
  env?: Record<string, string>;
}

/** The built library as a server in a process of its own (see fault-server.mjs). */
export function startFaultServer(options: FaultServerOptions): Promise<ServerProcess> {
  const { directory, store, plan, env = {} } = options;
  return startServerProcess({
    script,
    ...(plan === undefined ? {} : { plan }),
    env: { FAULT_DIRECTORY: directory, ...(store === undefined ? {} : { FAULT_STORE: store }), ...env },
  });
}

export const ledgerOf = (directory: string) => join(directory, "ledger.jsonl");

/** What a fault server serves, and what it is started with. */
export const inputs: Record<string, JsonObject> = {
  agent: { messages: [{ role: "user", content: "Book it." }] },
  letters: { letters: ["a", "b"] },
  timed: { said: ["asked"] },
  recording: { messages: [{ role: "user", content: "Write it." }] },
};

/** Approves every plan, so that all of it runs; anything else at random. */
export function approve(interrupt: WireInterrupt, random: Random): Json {
  const { value } = interrupt as { value: { type?: string; plan: JsonObject } };
  return value.type === "plan_review" ? approvePlan(value.plan) : chooseAnswer(interrupt, random);
}

interface ThreadOptions {
  seed: number;
  answer?: (interrupt: WireInterrupt, random: Random) => Json;
  input?: JsonObject;
  undoes?: "waiting" | "running" | undefined;
}

/** A person on a new thread, and a reader that follows it from the first event. */
export function openThread(
  url: () => string,
  assistantId: string,
  { seed, answer, undoes, input = inputs[assistantId] ?? {} }: ThreadOptions,
): { driver: Driver; reader: LiveReader } {
  const threadId = crypto.randomUUID();
  const driver = createDriver({
    url,
    threadId,
    assistantId,
    input,
    random: createRandom(seed),
    undoes,
    ...(answer === undefined ? {} : { answer }),
  });
  return { driver, reader: createLiveReader(url, threadId) };
}
