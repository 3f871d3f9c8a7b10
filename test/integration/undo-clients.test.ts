import { expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { createActing } from "../support/acting-graph.ts";
import { byApiKey, clientOf, serveAt, storeKinds, temporaryPlace } from "../support/both-stores.ts";
import { openConversation, type SdkVersion, sdks } from "../support/conversation.ts";
import { framesOf } from "../support/frames.ts";
import { createGates } from "../support/gates.ts";
import { isOpenEverywhere, openPerson } from "../support/person.ts";
import { createTools, type Received, step } from "../support/plan-agent.ts";

/** What clients, stock ones and others, see of an answer that is taken back, and who may do it. */

const versions = Object.keys(sdks) as SdkVersion[];

/** A plan of one step; it is made anew when it is rejected, which takes until the gate is opened. */
function createAgent(gates: ReturnType<typeof createGates>, received: Received[]) {
  let plans = 0;
  const model = new ScriptedModel({
    script: async (_messages, tools) => {
      if (!tools.includes("propose_plan")) return { text: "That is all." };
      plans += 1;
      if (plans > 1) await gates("replan").wait();
      const args = { title: `Plan ${plans}`, summary: "", steps: [step("one")] };
      return { text: "Let me think.", calls: [{ name: "propose_plan", args }] };
    },
  });
  return createPlanAgent({ model, tools: createTools(received) });
}

test.each(versions)(
  "SDK %s: who sent a plan back takes that back, sees the conversation as it was, and approves it",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    const [gates, received] = [createGates(), [] as Received[]];
    await using server = await serveAt(place, { graphs: { agent: createAgent(gates, received) } });
    const person = openPerson(() => server.url, "agent");
    await using chat = await openConversation(server.url, person.threadId, { version });
    void chat.ask("Do it");
    const { id, value } = await chat.review();
    await using onlooker = await openConversation(server.url, person.threadId, { version });
    const before = chat.texts();
    void chat.answer({ type: "reject", digest: value.plan.digest, feedback: "Otherwise." });
    await gates("replan").reached;
    await expect.poll(() => chat.texts().length).toBeGreaterThan(before.length);
    const { status, body } = await person.undo(id);
    expect(status).toBe(200);
    for (const one of [chat, ...(version === "1.11.0" ? [] : [onlooker])]) {
      await expect
        .poll(() => [one.now().interrupts.map((open) => open.id), one.now().isLoading, one.texts()])
        .toEqual([[body.interrupt_id], false, before]);
    }
    gates("replan").open();
    const again = await chat.review();
    expect(again).toEqual({ id: body.interrupt_id, value });
    void chat.answer({ type: "approve", digest: value.plan.digest });
    await chat.finished();
    expect(received.map(({ text }) => text)).toEqual(["one"]);
    await expect.poll(() => chat.now().interrupts).toEqual([]);
    expect(chat.texts().at(-1)).toBe("ai: That is all.");
  },
);

// 1.11.0 does not hide what others have answered.
test.each(versions.filter((version) => version !== "1.11.0"))(
  "SDK %s: an answer that waits is seen in every tab, and so is its undoing; a page that comes later sees the question",
  async (version) => {
    await using place = await temporaryPlace("sqlite");
    const [gates, received] = [createGates(), [] as Received[]];
    await using server = await serveAt(place, { graphs: { agent: createAgent(gates, received) } });
    const person = openPerson(() => server.url, "agent");
    await using chat = await openConversation(server.url, person.threadId, { version });
    void chat.ask("Do it");
    const { id, value } = await chat.review();
    await person.answer(id, { type: "approve", digest: value.plan.digest }, { after_seconds: 60 });
    await expect.poll(() => chat.now().interrupts).toEqual([]);
    const { body } = await person.undo(id);
    await expect.poll(() => chat.now().interrupts.map((open) => open.id)).toEqual([body.interrupt_id]);
    await expect.poll(() => chat.now().isLoading).toBe(false);
    await using late = await openConversation(server.url, person.threadId, { version });
    expect((await late.review()).id).toBe(body.interrupt_id);
    void late.answer({ type: "approve", digest: value.plan.digest });
    await late.finished();
    expect(received.map(({ text }) => text)).toEqual(["one"]);
  },
);

test("the classic protocol: an answer may wait, its run's stream tells of the question, and it is resumed anew", async () => {
  await using place = await temporaryPlace("sqlite");
  const [gates, done] = [createGates(), [] as string[]];
  await using server = await serveAt(place, { graphs: { acting: createActing(gates, done) } });
  const client = clientOf(server.url);
  const person = openPerson(() => server.url, "acting");
  await client.threads.create({ threadId: person.threadId });
  await client.runs.wait(person.threadId, "acting", { input: { notes: [] } });
  const { id } = await person.question();
  const resume = { assistant_id: "acting", command: { resume: "yes" } };
  const tooLong = await person.post("/runs", { ...resume, after_seconds: 61 });
  expect(tooLong).toMatchObject({ status: 400, body: { message: expect.stringContaining("after_seconds") } });
  const { body: run } = await person.post("/runs", { ...resume, after_seconds: 60 });
  expect(run).toMatchObject({ status: "pending" });
  const path = `${server.url}/threads/${person.threadId}/runs/${run.run_id}/stream?stream_mode=updates`;
  const stream = fetch(path, { headers: { "last-event-id": "-1" } });
  const { body } = await person.undo(id);
  const seen = [];
  for await (const frame of framesOf(await stream)) seen.push([frame.event, frame.data]);
  const question = { id: body.interrupt_id, value: { question: "Go on?" } };
  expect(seen.slice(-2)).toEqual([
    ["updates", { __interrupt__: [question] }],
    ["end", { run_id: run.run_id, status: "interrupted" }],
  ]);
  expect(await client.threads.get(person.threadId)).toMatchObject({ status: "interrupted" });
  for (const name of ["think said yes", "act"]) gates(name).open();
  const values = await client.runs.wait(person.threadId, "acting", { command: { resume: "yes" } });
  expect(values).toEqual({ notes: ["said yes", "thought", "acted"] });
});

test("those who answered may take it back, and those who may cancel; another's thread is not there", async () => {
  await using place = await temporaryPlace("sqlite");
  const [gates, done] = [createGates(), [] as string[]];
  await using server = await serveAt(place, {
    graphs: { acting: createActing(gates, done) },
    authenticate: (request) => {
      const who = byApiKey(request);
      return who && { ...who, owner: who.id === "eve" ? "eve" : "team" };
    },
    authorize: ({ id }, action) => action !== "runs.cancel" || id === "operator",
  });
  const [ana, ben, eve, operator] = ["ana", "ben", "eve", "operator"].map((name) => ({ "x-api-key": name }));
  const person = openPerson(() => server.url, "acting", ana);
  await person.start({ notes: [] });
  const { id } = await person.question();
  await person.answer(id, "yes", { after_seconds: 60 });
  const undo = async (interruptId: string, headers = {}) => {
    const path = `${server.url}/threads/${person.threadId}/interrupts/${interruptId}/undo`;
    const response = await fetch(path, { method: "POST", headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect((await undo(id)).status).toBe(401);
  expect((await undo(id, eve)).status).toBe(404);
  expect(await undo(id, ben)).toMatchObject({
    status: 403,
    body: { error: "permission_denied", answered_by: "ana" },
  });
  expect((await person.thread()).status).toBe("busy");
  const { status, body } = await undo(id, operator);
  expect(status).toBe(200);
  const again = String(body.interrupt_id);
  await isOpenEverywhere(person, [again]);
  expect((await person.events(["lifecycle"])).at(-1)?.params.data).toMatchObject({ by: "operator" });
  await person.answer(again, "yes", { after_seconds: 60 });
  expect((await undo(again, ana)).status).toBe(200);
});

test.each(storeKinds)(
  "%s: an answer whose process is gone is taken back before and after another takes the run up",
  async (kind) => {
    await using place = await temporaryPlace(kind);
    const [gates, done] = [createGates(), [] as string[]];
    const graphs = { acting: createActing(gates, done) };
    let url = "";
    const person = openPerson(() => url, "acting");
    const first = await serveAt(place, { graphs });
    url = first.url;
    await person.start({ notes: [] });
    const { id } = await person.question();
    const runId = await person.answer(id, "yes");
    await gates("think said yes").reached;
    await first.close({ graceMs: 0 });
    await first.stop();
    // A process that serves no graph does not take it up.
    const idle = await serveAt(place, { graphs: { other: graphs.acting } });
    url = idle.url;
    expect(await person.run(runId)).toMatchObject({ status: "running" });
    const { body } = await person.undo(id);
    expect(body).toMatchObject({ interrupt_id: expect.any(String) });
    await idle.stop();
    await using second = await serveAt(place, { graphs });
    url = second.url;
    await isOpenEverywhere(person, [String(body.interrupt_id)]);
    gates("think said yes").open();
    gates("act").open();
    await person.answer(String(body.interrupt_id), "yes");
    await person.idle();
    expect(await person.state()).toMatchObject({ values: { notes: ["said yes", "thought", "acted"] } });
    expect(done).toEqual(["before", "said yes"]);
  },
);

test("an answer whose run another process executes is taken back from there", async () => {
  await using place = await temporaryPlace("postgres");
  const [gates, done] = [createGates(), [] as string[]];
  const graphs = { acting: createActing(gates, done) };
  await using executing = await serveAt(place, { graphs });
  await using other = await serveAt(place, { graphs });
  const here = openPerson(() => executing.url, "acting");
  await here.start({ notes: [] });
  const { id } = await here.question();
  const runId = await here.answer(id, "yes");
  await gates("think said yes").reached;
  const undone = await fetch(`${other.url}/threads/${here.threadId}/interrupts/${id}/undo`, {
    method: "POST",
  });
  const { interrupt_id: again } = (await undone.json()) as { interrupt_id: string };
  await isOpenEverywhere(here, [again]);
  gates("think said yes").open();
  gates("think said no").open();
  gates("act").open();
  await here.answer(again, "no");
  await here.idle();
  expect(await here.state()).toMatchObject({ values: { notes: ["said no", "thought", "acted"] } });
  expect(done).toEqual(["before", "said no"]);
  expect(await here.run(runId)).toMatchObject({ status: "interrupted" });
});
