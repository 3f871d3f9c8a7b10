import {
  Annotation,
  END,
  interrupt,
  MessagesAnnotation,
  Send,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { effect } from "../../src/effects/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { createActing } from "../support/acting-graph.ts";
import { serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { sendCommand } from "../support/command.ts";
import { createGates, type Gates } from "../support/gates.ts";
import { isOpenEverywhere, openPerson, withoutIds } from "../support/person.ts";
import { createTools, type Received, step } from "../support/plan-agent.ts";

const Notes = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

test.each(storeKinds)(
  "%s: an answer that waits is taken back before its run begins, and the same question is open everywhere",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, done] = [createGates(), [] as string[]];
    let now = Date.now();
    await using server = await serveAt(place, {
      graphs: { acting: createActing(gates, done) },
      now: () => now,
    });
    const person = openPerson(() => server.url, "acting");
    await person.start({ notes: [] });
    const { id, value } = await person.question();
    const before = await withoutIds(person);
    const runId = await person.answer(id, "yes", { after_seconds: 30 });
    expect(await person.thread()).toMatchObject({ status: "busy", interrupts: {} });
    expect(await person.run(runId)).toMatchObject({ status: "pending" });
    const { status, body } = await person.undo(id);
    expect([status, body]).toEqual([200, { interrupt_id: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
    const again = String(body.interrupt_id);
    expect(again).not.toBe(id);
    await isOpenEverywhere(person, [again]);
    expect(await withoutIds(person)).toEqual(before);
    expect((await person.question()).value).toEqual(value);
    expect(await person.run(runId)).toMatchObject({ status: "interrupted" });
    expect((await person.events()).at(-1)?.params.data).toEqual({
      ...{ event: "interrupted", graph_name: "acting", reason: "undone", by: "local:anonymous" },
      reopened: { [id]: again },
    });

    await person.answer(again, "yes, really", { after_seconds: 60 });
    now += 59_000;
    gates("think said yes, really").open();
    gates("act").open();
    expect((await person.thread()).status).toBe("busy");
    now += 1_000;
    await person.idle();
    expect(await person.state()).toMatchObject({
      values: { notes: ["said yes, really", "thought", "acted"] },
      next: [],
    });
    expect(done).toEqual(["before", "said yes, really"]);
  },
);

test.each(storeKinds)(
  "%s: what a run has done of the state until it acts is taken back, and the run can act no more",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, done] = [createGates(), [] as string[]];
    await using server = await serveAt(place, { graphs: { acting: createActing(gates, done) } });
    const person = openPerson(() => server.url, "acting");
    await person.start({ notes: [] });
    const { id } = await person.question();
    const before = await withoutIds(person);
    const runId = await person.answer(id, "yes");
    await gates("think said yes").reached;
    expect(await person.state()).toMatchObject({ values: { notes: ["said yes"] }, next: ["think"] });
    const { status, body } = await person.undo(id);
    expect(status).toBe(200);
    const again = String(body.interrupt_id);
    await isOpenEverywhere(person, [again]);
    expect(await withoutIds(person)).toEqual(before);
    const shown = (await person.events(["values", "checkpoints"])).filter(
      ({ params }) => params.namespace.length === 0,
    );
    expect(shown.at(-1)?.params.data).toEqual({ notes: [] });
    // The node that was thinking goes on, and nothing comes of it.
    gates("think said yes").open();
    gates("act").open();
    gates("think said no").open();
    const second = await person.answer(again, "no");
    await person.idle();
    expect(await person.state()).toMatchObject({ values: { notes: ["said no", "thought", "acted"] } });
    expect(done).toEqual(["before", "said no"]);
    expect([(await person.run(runId)).status, (await person.run(second)).status]).toEqual([
      "interrupted",
      "success",
    ]);
  },
);

test.each(storeKinds)("%s: once the run has acted, the answer stays, and it is said why", async (kind) => {
  await using place = await temporaryPlace(kind);
  const [gates, done] = [createGates(), [] as string[]];
  await using server = await serveAt(place, { graphs: { acting: createActing(gates, done) } });
  const person = openPerson(() => server.url, "acting");
  await person.start({ notes: [] });
  const { id } = await person.question();
  expect(await person.undo(id)).toMatchObject({
    status: 409,
    body: { error: "too_late", reason: "not_answered", status: "open" },
  });
  gates("think said yes").open();
  await person.answer(id, "yes");
  await gates("act").reached;
  const late = await person.undo(id);
  expect(late).toMatchObject({ status: 409, body: { error: "too_late", reason: "acted", interrupt_id: id } });
  expect(late.body.message).toContain("has begun to act");
  gates("act").open();
  await person.idle();
  expect(await person.undo(id)).toMatchObject({ status: 409, body: { error: "too_late", reason: "ended" } });
  expect(await person.undo("0".repeat(32))).toMatchObject({
    status: 409,
    body: { error: "no_such_interrupt" },
  });
  expect(done).toEqual(["before", "said yes"]);
});

test("an answer that was taken back does not count when it comes once more", async () => {
  await using place = await temporaryPlace("sqlite");
  const [gates, done] = [createGates(), [] as string[]];
  await using server = await serveAt(place, { graphs: { acting: createActing(gates, done) } });
  const person = openPerson(() => server.url, "acting");
  await person.start({ notes: [] });
  const { id } = await person.question();
  await person.answer(id, "yes");
  await gates("think said yes").reached;
  const { body } = await person.undo(id);
  expect(await person.undo(id)).toEqual({ status: 200, body });
  const params = { interrupt_id: id, response: "yes" };
  const reply = await sendCommand(server.url, person.threadId, { method: "input.respond", params });
  expect(reply).toMatchObject({
    error: "no_such_interrupt",
    meta: { reason: "undone", open_ids: [body.interrupt_id] },
    message: expect.stringContaining("that was taken back"),
  });
  await isOpenEverywhere(person, [String(body.interrupt_id)]);
});

const Letters = Annotation.Root({
  letters: Annotation<string[]>({ reducer: (_before, after) => after, default: () => [] }),
  sent: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Asks about every letter at once, each in a graph within, after work that must not be done twice; then waits. */
function createLetters(gates: Gates, done: string[]) {
  const Letter = Annotation.Root({ letter: Annotation<string>, sent: Letters.spec.sent });
  const inner = new StateGraph(Letter)
    .addNode("write", async ({ letter }, config) => {
      await effect(config, { key: "write" }, async () => {
        done.push(letter);
        return null;
      });
      return {};
    })
    .addNode("gate", ({ letter }) => ({ sent: [`${letter}: ${String(interrupt({ letter }))}`] }))
    .addNode("wait", async ({ letter }) => {
      await gates(letter).wait();
      return {};
    })
    .addEdge(START, "write")
    .addEdge("write", "gate")
    .addEdge("gate", "wait")
    .addEdge("wait", END)
    .compile();
  return new StateGraph(Letters)
    .addNode("ask", inner as never)
    .addConditionalEdges(START, ({ letters }) => letters.map((letter) => new Send("ask", { letter })), [
      "ask",
    ])
    .addEdge("ask", END);
}

test.each(storeKinds)(
  "%s: of questions within graphs that run side by side, one is taken back, and no work is done again",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, done] = [createGates(), [] as string[]];
    await using server = await serveAt(place, { graphs: { letters: createLetters(gates, done) } });
    const person = openPerson(() => server.url, "letters");
    await person.start({ letters: ["a", "b", "c"] });
    const asked = await person.questions();
    const idOf = (letter: string) => asked.find(({ value }) => value.letter === letter)?.id ?? "";
    gates("c").open();
    await person.answer(idOf("c"), "yes");
    await expect.poll(async () => (await person.thread()).status).toBe("interrupted");
    await isOpenEverywhere(person, [idOf("a"), idOf("b")]);
    const before = await withoutIds(person);
    await person.answer(idOf("a"), "yes");
    await gates("a").reached;
    const { body } = await person.undo(idOf("a"));
    const again = String(body.interrupt_id);
    await isOpenEverywhere(person, [again, idOf("b")]);
    const after = await withoutIds(person);
    expect(after).toEqual(before);
    gates("a").open();
    gates("b").open();
    const { length: seen } = await person.events(["tasks"]);
    await person.answer(idOf("b"), "yes");
    await expect.poll(async () => (await person.thread()).status).toBe("interrupted");
    await isOpenEverywhere(person, [again]);
    const tasks = (await person.events(["tasks"])).slice(seen);
    const ids = tasks.flatMap(({ params }) => (params.data.interrupts as { id: string }[] | undefined) ?? []);
    expect(new Set(ids.map((one) => one.id))).toEqual(new Set([again]));
    await person.answer(again, "no");
    await person.idle();
    const { sent } = (await person.state()).values as unknown as { sent: string[] };
    expect([...sent].sort()).toEqual(["a: no", "b: yes", "c: yes"]);
    expect([...done].sort()).toEqual(["a", "b", "c"]);
  },
);

test.each(storeKinds)(
  "%s: of two questions in one node the second is taken back, and the answer to the first stays",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const gates = createGates();
    const graph = new StateGraph(Notes)
      .addNode("gates", () => ({ notes: [interrupt({ gate: 1 }), interrupt({ gate: 2 })].map(String) }))
      .addNode("think", async ({ notes }) => {
        await gates(String(notes.at(-1))).wait();
        return {};
      })
      .addEdge(START, "gates")
      .addEdge("gates", "think")
      .addEdge("think", END);
    await using server = await serveAt(place, { graphs: { two: graph } });
    const person = openPerson(() => server.url, "two");
    await person.start({ notes: [] });
    await person.answer((await person.question()).id, "one");
    await expect.poll(async () => (await person.question()).value).toEqual({ gate: 2 });
    const { id } = await person.question();
    const before = await withoutIds(person);
    await person.answer(id, "two");
    await gates("two").reached;
    const { body } = await person.undo(id);
    expect(await withoutIds(person)).toEqual(before);
    await isOpenEverywhere(person, [String(body.interrupt_id)]);
    gates("two").open();
    gates("other").open();
    await person.answer(String(body.interrupt_id), "other");
    await person.idle();
    expect((await person.state()).values.notes).toEqual(["one", "other"]);
  },
);

/** An agent whose model waits where it fills text in, or plans anew. */
function createAgent(gates: Gates, received: Received[]) {
  let turn = 0;
  const model = new ScriptedModel({
    script: async (_messages, tools) => {
      if (tools.includes("fill_arguments")) {
        await gates("fill").wait();
        return { calls: [{ name: "fill_arguments", args: { text: "filled" } }] };
      }
      if (!tools.includes("propose_plan")) return { text: "That is all." };
      turn += 1;
      if (turn === 2) return { calls: [{ name: "look", args: { text: "around" } }] };
      if (turn === 3) await gates("replan").wait();
      const steps = [step("one", "note", { args: {}, late: { text: "what fits" } }), step("two", "burn")];
      return { calls: [{ name: "propose_plan", args: { title: `Plan ${turn}`, summary: "", steps } }] };
    },
  });
  return createPlanAgent({ model, tools: createTools(received) });
}

const hello = { messages: [{ role: "user", content: "Do it" }] };

test.each(storeKinds)(
  "%s: an approval that was taken back approves nothing, and the plan is asked about again",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const gates = createGates();
    const received: Received[] = [];
    await using server = await serveAt(place, { graphs: { agent: createAgent(gates, received) } });
    const person = openPerson(() => server.url, "agent");
    await person.start(hello);
    const { id, value } = await person.question();
    const before = await withoutIds(person);
    const { digest } = value.plan;
    await person.answer(id, { type: "approve", digest });
    await gates("fill").reached;
    expect((await person.state()).values.decisions).toMatchObject([{ type: "approve" }]);
    const { status, body } = await person.undo(id);
    expect(status).toBe(200);
    await isOpenEverywhere(person, [String(body.interrupt_id)]);
    expect(await withoutIds(person)).toEqual(before);
    gates("fill").open();
    expect(received).toEqual([]);
  },
);

test.each(storeKinds)(
  "%s: a plan that is approved after all runs once, by the approval that counts",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const gates = createGates();
    const received: Received[] = [];
    await using server = await serveAt(place, { graphs: { agent: createAgent(gates, received) } });
    const person = openPerson(() => server.url, "agent");
    await person.start(hello);
    const { id, value } = await person.question();
    const { digest } = value.plan;
    await person.answer(id, { type: "approve", digest, autonomy: "through" });
    await gates("fill").reached;
    const { body } = await person.undo(id);
    gates("fill").open();
    const again = String(body.interrupt_id);
    await person.answer(again, { type: "approve", digest, autonomy: "stop_before_risky" });
    // What was taken back would have gone through.
    const review = await person.question();
    expect(review.value).toMatchObject({ type: "step_review", step: { id: "two" } });
    expect(received.map(({ text }) => text)).toEqual(["filled"]);
    await person.answer(review.id, { type: "approve" });
    await person.idle();
    expect(received.map(({ text }) => text)).toEqual(["filled", "two"]);
    expect((await person.state()).values.decisions).toMatchObject([{ type: "approve", digest }]);
  },
);

test("feedback is taken back while the agent plans anew, though it has read something meanwhile", async () => {
  await using place = await temporaryPlace("sqlite");
  const gates = createGates();
  const received: Received[] = [];
  await using server = await serveAt(place, { graphs: { agent: createAgent(gates, received) } });
  const person = openPerson(() => server.url, "agent");
  await person.start(hello);
  const { id, value } = await person.question();
  const before = await withoutIds(person);
  await person.answer(id, { type: "reject", digest: value.plan.digest, feedback: "Otherwise." });
  await gates("replan").reached;
  expect(received.map(({ tool }) => tool)).toEqual(["look"]);
  const { status } = await person.undo(id);
  expect(status).toBe(200);
  expect(await withoutIds(person)).toEqual(before);
  gates("replan").open();
});

test("a tool that may do more than read is a deed, though it is no effect", async () => {
  await using place = await temporaryPlace("sqlite");
  const gates = createGates();
  const received: Received[] = [];
  const [look, note] = createTools(received);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("ask", () => ({ messages: [{ role: "ai", content: String(interrupt("Go on?")) }] }))
    .addNode("look", async (_state, config) => {
      await look?.invoke({ text: "look" }, config);
      await gates("looked").wait();
      return {};
    })
    .addNode("note", async (_state, config) => {
      await note?.invoke({ text: "note" }, config);
      await gates("noted").wait();
      return {};
    })
    .addEdge(START, "ask")
    .addEdge("ask", "look")
    .addEdge("look", "note")
    .addEdge("note", END);
  await using server = await serveAt(place, { graphs: { plain: graph } });
  const person = openPerson(() => server.url, "plain");
  await person.start(hello);
  const { id } = await person.question();
  await person.answer(id, "yes");
  await gates("looked").reached;
  const { status, body } = await person.undo(id);
  expect(status).toBe(200);
  gates("looked").open();
  await person.answer(String(body.interrupt_id), "yes");
  await gates("noted").reached;
  expect(await person.undo(String(body.interrupt_id))).toMatchObject({ body: { reason: "acted" } });
  gates("noted").open();
  await person.idle();
});
