import { setTimeout as wait } from "node:timers/promises";
import type { Fact, Store } from "../core/ports.ts";
import { isRecord } from "../protocol/json.ts";
import { type Fault, type FaultPlan, isAt, toInjectedError } from "./fault-plan.ts";

type Ports = Omit<Store, "open" | "close" | "notifier">;

/** Every method that writes, but for those that look for what is due: how often they do is a matter of time. */
const writes: { [P in keyof Ports]: readonly (keyof Store[P])[] } = {
  threads: ["create", "patch", "delete", "copy"],
  runs: ["accept", "claim", "release", "record", "finish", "requestCancel", "delete"],
  interrupts: ["answer", "undo", "close"],
  log: ["append"],
  checkpoints: ["delete", "prune", "patchNewest", "record"],
  effects: ["start", "end"],
  assistants: ["create", "update", "setVersion", "delete"],
  webhooks: ["keepBody", "retry", "remove"],
  items: ["write", "extend"],
  crons: ["create", "update", "pass", "delete"],
};

/** A point that was reached: `name` is `port.method:before` or `:after`. */
export interface Point {
  name: string;
  /** The thread it is about, where that is known: not before a claim. */
  threadId: string | undefined;
}

export interface FaultyStore extends Store {
  /** Takes another plan; what was counted is forgotten. */
  arm(plan: FaultPlan): void;
}

/**
 * A store that does what the other does, and goes wrong where the plan says. A fault before a write is there
 * before anything of it is written; one after it is there when it is committed and nobody knows it yet.
 * Claims that find nothing are no points: how many there are is a matter of time.
 *
 * @param onPoint - Told of every point, before its fault.
 */
export function withFaults(
  store: Store,
  plan: FaultPlan = { faults: [] },
  onPoint: (point: Point) => void = () => {},
): FaultyStore {
  let armed = toArmed(plan);

  async function reach(point: Point): Promise<void> {
    onPoint(point);
    for (const fault of armed.filter((one) => isDue(one, point))) await strike(fault.fault);
  }

  const ports = new WeakMap<object, object>();
  function wrap<P extends keyof Ports>(name: P): Store[P] {
    const port = store[name];
    const known = ports.get(port);
    if (known !== undefined) return known as Store[P];
    const wrapped = new Proxy(port, {
      get(target, method) {
        const value = Reflect.get(target, method) as unknown;
        if (typeof value !== "function") return value;
        const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
        if (!(writes[name] as readonly PropertyKey[]).includes(method)) return call;
        return async (...args: unknown[]) => {
          const point = `${name}.${String(method)}${kindOf(name, method, args)}`;
          const isClaim = method === "claim";
          if (!isClaim) await reach({ name: `${point}:before`, threadId: threadOf(args) });
          const result = await call(...args);
          const about = isClaim ? threadOfClaim(result) : threadOf(args);
          if (!isClaim || about !== undefined) await reach({ name: `${point}:after`, threadId: about });
          return result;
        };
      },
    });
    ports.set(port, wrapped);
    return wrapped;
  }

  return {
    open: () => store.open(),
    close: () => store.close(),
    arm(next) {
      armed = toArmed(next);
    },
    get notifier() {
      return store.notifier;
    },
    get threads() {
      return wrap("threads");
    },
    get runs() {
      return wrap("runs");
    },
    get interrupts() {
      return wrap("interrupts");
    },
    get log() {
      return wrap("log");
    },
    get checkpoints() {
      return wrap("checkpoints");
    },
    get effects() {
      return wrap("effects");
    },
    get assistants() {
      return wrap("assistants");
    },
    get items() {
      return wrap("items");
    },
    get webhooks() {
      return wrap("webhooks");
    },
    get crons() {
      return wrap("crons");
    },
  };
}

interface Armed {
  fault: Fault;
  passed: number;
}

function toArmed({ faults }: FaultPlan): Armed[] {
  return faults.map((fault) => ({ fault, passed: 0 }));
}

function isDue(armed: Armed, { name, threadId }: Point): boolean {
  const { fault } = armed;
  if (!isAt(fault, name)) return false;
  if (fault.threadId !== undefined && fault.threadId !== threadId) return false;
  armed.passed += 1;
  const { nth = 1, times = 1 } = fault;
  return armed.passed >= nth && (times === null || armed.passed < nth + times);
}

async function strike(fault: Fault): Promise<void> {
  if (fault.do === "throw") throw toInjectedError(fault.error);
  if (fault.do === "delay") await wait(fault.ms);
  else if (fault.do === "block") blockEventLoop(fault.ms);
  else if (fault.do === "stop") process.kill(process.pid, "SIGSTOP");
  else killOwnGroup();
}

/** SIGKILL for this process and, when it leads a group, for all of it. Nothing runs after it. */
function killOwnGroup(): never {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.kill(process.pid, "SIGKILL"); // leads no group
  }
  while (true) blockEventLoop(1_000);
}

/** Holds up this thread: no timer, no callback, no I/O of it comes through. */
export function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** What a batch of facts is, by the most telling of them. */
function kindOf(port: string, method: PropertyKey, args: unknown[]): string {
  if (port !== "runs" || method !== "record") return "";
  const facts = args[1] as Fact[];
  const has = (type: Fact["type"]) => facts.some((fact) => fact.type === type);
  const resumes = facts.some(
    (fact) => fact.type === "writes" && fact.writes.writes.some(({ channel }) => channel === "__resume__"),
  );
  if (has("interrupt")) return ".interrupt";
  if (resumes) return ".resume";
  if (has("checkpoint")) return ".checkpoint";
  return has("writes") ? ".writes" : ".events";
}

function threadOf([first]: unknown[]): string | undefined {
  if (typeof first === "string") return first;
  const named: unknown = Array.isArray(first) ? first[0] : first;
  return isRecord(named) && typeof named.threadId === "string" ? named.threadId : undefined;
}

function threadOfClaim(result: unknown): string | undefined {
  return isRecord(result) && isRecord(result.lease) ? String(result.lease.threadId) : undefined;
}
