import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, isRecord, type Json } from "../../src/protocol/json.ts";
import type { WireInterrupt } from "../../src/protocol/shapes.ts";
import type { Driver, Random } from "../../src/testing/index.ts";
import { bundleOf } from "./bundle-servers.ts";
import { approve } from "./faults.ts";
import type { KillOptions } from "./kill-points.ts";
import { temporaryDirectory } from "./serve.ts";

const script = bundleOf("recording-server");

/** Answers the questions of the `recording` agent: approves, and of what failed anything goes. */
function answer(interrupt: WireInterrupt, random: Random): Json {
  const { type } = interrupt.value as { type: string };
  if (type === "step_review") return { type: "approve" };
  if (type !== "step_failed") return approve(interrupt, random);
  const chosen = random.pick(["retry", "skip", "done"]);
  return chosen === "skip" ? { type: chosen, dependents: "run" } : { type: chosen };
}

/**
 * Two MCP servers that write down what they are called with, outside of all that is killed: one over streamable
 * HTTP in a process of its own, one over stdio that the killed server starts.
 */
export async function openRecorders(): Promise<AsyncDisposable & { options: Omit<KillOptions, "seed"> }> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "received.jsonl");
  const child: ChildProcess = spawn(process.execPath, [script, file, "http"], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const mcpServers = {
    there: { url: line.toString().trim() },
    here: { command: process.execPath, args: [script, file] },
  };
  const options = {
    assistantId: "recording",
    answer,
    env: { FAULT_MCP: JSON.stringify({ mcpServers }) },
    check: async (driver: Driver) => checkCalls(readCalls(file), driver),
  };
  return {
    options,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
      await directory[Symbol.asyncDispose]();
    },
  };
}

interface RecordedCall {
  line: string;
  key: string;
}

function readCalls(file: string): RecordedCall[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as RecordedCall);
}

const lines: Record<string, string> = { a1: "a1", b1: "b1", c1: "broken", a2: "seen", b2: "b2", end: "end" };
const after: Record<string, string[]> = { a2: ["a1"], b2: ["b1"], end: ["a2", "b2"] };

/** Each call of this thread was approved, under a key of its own, as often as was said, and after those before it. */
function checkCalls(calls: RecordedCall[], { threadId, accepted, retries }: Driver): string[] {
  const approved = accepted.flatMap(({ response }) =>
    isRecord(response) && response.type === "approve" && typeof response.digest === "string"
      ? [response.digest]
      : [],
  );
  const ids = new Map<string, { id: string; most: number }>();
  for (const digest of approved) {
    for (const id of Object.keys(lines)) {
      for (let number = 1; number <= 30; number += 1) {
        const key = `${digest}/${id}/${number}`;
        const hash = createHash("sha256")
          .update(canonicalJson([threadId, key]))
          .digest("hex");
        ids.set(hash, { id, most: 1 + (retries.get(key) ?? 0) });
      }
    }
  }
  const faults: string[] = [];
  const counts = new Map<string, number>();
  const begun = new Set<string>();
  const mine = calls.filter(({ key }) => ids.has(key));
  for (const { line, key } of mine) {
    const { id, most } = ids.get(key) ?? { id: "", most: 0 };
    const times = (counts.get(key) ?? 0) + 1;
    counts.set(key, times);
    if (times > most) faults.push(`${id} was called ${times} times under one key; ${most} was allowed`);
    if (lines[id] !== line) faults.push(`${id} was called with ${line}`);
    const isDoubtful = retries.size > 0;
    const missing = (after[id] ?? []).filter((other) => !begun.has(other));
    if (missing.length > 0 && !isDoubtful && !wasSettledByHand(accepted))
      faults.push(`${id} ran before ${missing}`);
    begun.add(id);
  }
  if (calls.some(({ key }) => key === undefined)) faults.push("a call came without a key");
  return faults;
}

/** A person said of a call that it was made, or passed over: what waits for it may run without it. */
function wasSettledByHand(accepted: Driver["accepted"]): boolean {
  return accepted.some(
    ({ response }) => isRecord(response) && ["done", "skip"].includes(String(response.type)),
  );
}
