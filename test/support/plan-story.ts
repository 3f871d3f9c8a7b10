import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { createPlanAgent, type Plan, type PlanAgentOptions, type ToolPolicy } from "../../src/agent/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { canonicalJson } from "../../src/protocol/json.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { createRandom, type Random, ScriptedModel, withFaults } from "../../src/testing/index.ts";
import { type ArenaCall, arenaTools } from "./arena.ts";
import { getJson, openInterrupts, type Reply, sendCommand, type WireThread } from "./command.ts";
import { temporaryDirectory } from "./serve.ts";

/** A plan, what goes wrong with it, and how a person takes it. */
export interface Story {
  steps: { tool: "note" | "burn" | "mail"; after: number[]; late: boolean }[];
  /** What becomes of the calls, one after the other, again and again. */
  fates: ("ok" | "fail" | "broken")[];
  policy: ToolPolicy[];
  /** At so many points before and after writes the store fails for good, and another process takes over; one after the other. */
  crashes: number[];
  /** Chooses what is answered. */
  seed: number;
}

const steps = fc
  .array(
    fc.record({
      tool: fc.constantFrom("note", "burn", "mail"),
      late: fc.boolean(),
      before: fc.array(fc.nat(6), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) =>
    all.map(({ before, ...step }, index) => ({
      ...step,
      after: [...new Set(before.filter((one) => one < index))],
    })),
  );

/** Plans of up to eight steps, with all that can come of them. */
export const stories: fc.Arbitrary<Story> = fc.record({
  steps,
  fates: fc.array(fc.constantFrom("ok", "ok", "ok", "fail", "broken"), { minLength: 1, maxLength: 9 }),
  policy: fc.array(
    fc.record({
      tool: fc.constantFrom("note", "burn", "mail", "*"),
      ask: fc.constantFrom("plan", "always"),
      retries: fc.constant(0),
    }),
    { maxLength: 2 },
  ),
  crashes: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 }),
  seed: fc.nat(),
}) as fc.Arbitrary<Story>;

type Answer = Record<string, unknown> & { type: string };

/** @returns What ran that should not have, in words; and how much there was of everything. */
export async function playStory(story: Story) {
  await using directory = await temporaryDirectory();
  const random = createRandom(story.seed);
  const threadId = crypto.randomUUID();
  const record = createRecord();
  const crashes = [...story.crashes];
  const graph = toAgent(story, record);
  let serving = await serveOnce(directory.path, graph, crashes.shift());
  let crashed = 0;
  /** As a client does whose server is gone: asks the next one, with the same key. */
  async function insist<T>(ask: (url: string) => Promise<T>, isGood: (reply: T) => boolean): Promise<T> {
    for (;;) {
      const reply = await ask(serving.url).catch(() => undefined);
      if (reply !== undefined && isGood(reply)) return reply;
      if (!serving.isBroken()) {
        if (reply !== undefined) return reply;
        await wait(5);
        continue;
      }
      crashed += 1;
      await serving.stop();
      serving = await serveOnce(directory.path, graph, crashes.shift());
    }
  }
  const send = (method: string, params: Record<string, unknown>, key: string): Promise<Reply> =>
    insist(
      (url) =>
        sendCommand(url, threadId, { method, params: { ...params, metadata: { idempotency_key: key } } }),
      ({ type }) => type === "success",
    );

  const input = { messages: [{ role: "user", content: "Do it" }] };
  await send("run.start", { assistant_id: "agent", input }, "start");
  for (let answers = 0; answers < 80; ) {
    const thread = await insist(
      (url) => getJson<WireThread>(`${url}/threads/${threadId}`),
      ({ status }) => ["busy", "idle", "interrupted", "error"].includes(status) && !serving.isBroken(),
    );
    const [open] = thread.status === "interrupted" ? openInterrupts(thread) : [];
    if (open !== undefined) {
      const response = choose(open.value, random, answers);
      answers += 1;
      // Before it is sent: what it permits may run before the reply is here.
      record.permit(open.value, response);
      const reply = await send("input.respond", { interrupt_id: open.id, response }, `answer ${answers}`);
      if (reply.type !== "success")
        record.faults.push(`refused: ${JSON.stringify(response)}: ${reply.message}`);
    } else if (thread.status === "busy" || thread.status === "interrupted") {
      await wait(5);
    } else {
      if (thread.status === "error") record.faults.push(`failed: ${thread.error?.message}`);
      break;
    }
  }
  await serving.stop();
  return { faults: record.faults, calls: record.calls(), crashed };
}

async function serveOnce(directory: string, graph: ReturnType<typeof createPlanAgent>, crash?: number) {
  let points = 0;
  const store = withFaults(sqlite(join(directory, "test.db")), { faults: [] }, () => {
    points += 1;
  });
  const server = createServer({ graphs: { agent: graph }, store, leaseMs: 300, report: () => {} });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  points = 0;
  if (crash !== undefined) {
    store.arm({ faults: [{ at: "*", nth: crash, times: null, do: "throw", error: "disk_full" }] });
  }
  return { url, stop, isBroken: () => crash !== undefined && points >= crash };
}

function toAgent(story: Story, record: ReturnType<typeof createRecord>) {
  let revision = 0;
  let filled = 0;
  let called = 0;
  const model = new ScriptedModel({
    script: (messages, bound) => {
      if (bound.includes("fill_arguments")) {
        filled += 1;
        return { calls: [{ name: "fill_arguments", args: { text: `text ${filled}` } }] };
      }
      // Asked about the plan, it would rather act at once.
      if (messages.at(-1)?.text.startsWith('{"decision":"ask"'))
        return { calls: [{ name: "burn", args: { to: "s0", text: "at once" } }] };
      if (!bound.includes("propose_plan")) return { text: "Done." };
      revision += 1;
      const steps = story.steps.map(({ tool, after, late }, index) => ({
        ...{ id: `s${index}`, title: `Step ${index}`, why: "", tool, after: after.map((one) => `s${one}`) },
        args: { to: `s${index}`, ...(late ? {} : { text: `revision ${revision}` }) },
        ...(late ? { late: { text: "what came before" } } : {}),
      }));
      return { calls: [{ name: "propose_plan", args: { title: "Plan", summary: "", steps } }] };
    },
  });
  const tools = arenaTools((call) => {
    const fate = story.fates[called % story.fates.length];
    called += 1;
    record.call(call, fate === "ok");
    if (fate === "fail") throw new Error("The pen is dry.");
    if (fate === "broken") throw Object.assign(new Error("The line broke."), { code: "ECONNRESET" });
  });
  const options: PlanAgentOptions = { model, tools, policy: story.policy };
  return createPlanAgent(options);
}

/** What a person said yes to, and what was called, told apart by the step's name in `to`. */
function createRecord() {
  const faults: string[] = [];
  const permits: { tool: string; step: string; args: Record<string, unknown>; late: boolean }[] = [];
  const plans: Plan["steps"][] = [];
  /** Steps that are behind: called well, or said to be so. */
  const behind = new Set<string>();
  const keys = new Map<string, number>();
  const retries = new Map<string, number>();
  let calls = 0;

  function permitPlan(steps: Plan["steps"]): void {
    plans.push(steps);
    for (const { id, tool, args, late } of steps)
      permits.push({ tool, step: id, args, late: late !== undefined });
  }

  return {
    faults,
    calls: () => calls,
    permit(value: Record<string, unknown>, response: Answer): void {
      const { plan, step } = value as unknown as { plan: Plan; step: Plan["steps"][0] };
      const { type } = response;
      if (value.type === "plan_review") {
        if (type === "approve") permitPlan(plan.steps);
        if (type === "edit") permitPlan((response.plan as Plan).steps);
      } else if (value.type === "effect_in_doubt") {
        const id = String(value.key).split("/")[1] ?? "";
        if (type === "retry") retries.set(id, (retries.get(id) ?? 0) + 1);
        if (type === "done") behind.add(id);
      } else {
        const args = response.args as Record<string, unknown>;
        if (type === "edit") permits.push({ tool: step.tool, step: step.id, args, late: false });
        if (type === "done" || (type === "skip" && response.dependents === "run")) behind.add(step.id);
      }
    },
    call({ tool, args, key }: ArenaCall, isDone: boolean): void {
      calls += 1;
      const what = `${tool} ${JSON.stringify(args)}`;
      const id = String(args.to);
      const { text: _, ...pinned } = args;
      const isPermitted = permits.some(
        (one) =>
          one.tool === tool &&
          one.step === id &&
          canonicalJson(one.args) === canonicalJson(one.late ? pinned : args),
      );
      if (!isPermitted) faults.push(`${what} was approved by nobody`);
      const times = (keys.get(key) ?? 0) + 1;
      keys.set(key, times);
      if (times > 1 + (retries.get(id) ?? 0)) faults.push(`${what} ran ${times} times under one key`);
      const { after = [] } = plans.at(-1)?.find((step) => step.id === id) ?? {};
      const missing = after.filter((one) => !behind.has(one));
      if (missing.length > 0) faults.push(`${what} ran before ${missing}`);
      if (isDone) behind.add(id);
    },
  };
}

function choose(value: Record<string, unknown>, random: Random, answers: number): Answer {
  const { plan, step } = value as unknown as { plan: Plan; step: Plan["steps"][0] };
  // So that it comes to an end.
  if (answers > 40) return { type: value.type === "effect_in_doubt" ? "stop" : "cancel" };
  if (value.type === "plan_review") {
    const { digest } = plan;
    const autonomy = random.pick([undefined, "through", "stop_before_risky"]);
    const more = autonomy ? { autonomy } : {};
    const type = random.pick(["approve", "approve", "approve", "edit", "reject", "ask", "cancel"]);
    if (type === "ask") return { type, digest, question: "Why?" };
    if (type === "approve") return { type, digest, ...more };
    if (type === "reject")
      return { type, digest, feedback: "Otherwise.", keep: plan.steps.slice(0, 1).map(({ id }) => id) };
    if (type === "cancel") return { type };
    const done = new Set((value.done as string[] | undefined) ?? []);
    const edited = plan.steps.map(({ risk: _, ...one }) =>
      one.late || done.has(one.id) ? one : { ...one, args: { ...one.args, text: `edited ${answers}` } },
    );
    return { type, digest, plan: { title: "Edited", steps: edited }, ...more };
  }
  if (value.type === "effect_in_doubt") return { type: random.pick(["retry", "done", "skip", "stop"]) };
  const args = { to: step.id, text: `said ${answers}` };
  const dependents = random.pick(["skip", "run"]);
  if (value.type === "step_review") {
    const type = random.pick(["approve", "approve", "edit", "skip", "cancel"]);
    return { type, ...(type === "edit" ? { args } : {}), ...(type === "skip" ? { dependents } : {}) };
  }
  const type = random.pick(["retry", "retry", "edit", "skip", "done", "replan", "cancel"]);
  return {
    type,
    ...(type === "edit" ? { args } : {}),
    ...(type === "skip" ? { dependents } : {}),
    ...(type === "replan" ? { feedback: "Otherwise." } : {}),
    ...(type === "done" ? { output: "by hand" } : {}),
  };
}
