import { afterAll, beforeAll, expect, it } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { storeContract } from "../../src/testing/index.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { startPgbouncer } from "../support/pgbouncer.ts";
import { createTools, type Received, scriptedPlanner, step } from "../support/plan-agent.ts";
import { type TestDatabase, temporaryDatabase } from "../support/postgres.ts";

/** Behind the real PgBouncer in transaction mode. The whole contract runs behind one of ours: store-contract.test.ts. */

let database: TestDatabase;
let bouncer: Awaited<ReturnType<typeof startPgbouncer>>;

beforeAll(async () => {
  database = await temporaryDatabase();
  bouncer = await startPgbouncer(database.url);
}, 240_000);

afterAll(async () => {
  await bouncer?.[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const openStore = async () => {
  const store = postgres(bouncer.url, { listenUrl: database.url });
  await store.open();
  return store;
};

const harness = {
  async makeStore() {
    await database.query("DELETE FROM countersign.threads");
    await database.query("DELETE FROM countersign.writers");
    return openStore();
  },
  second: openStore,
};

const parts = /^(store|accept|claim|answer|leases?|facts|receipts|effects):/;
const cases = storeContract.filter(({ name }) => parts.test(name));

it.each(cases.map(({ name, run }) => ({ name, run })))("$name", ({ run }) => run(harness));

it("there are cases to run", () => {
  expect(cases.length).toBeGreaterThan(60);
});

it("two servers: a plan is made on one, approved on the other, and runs once", async () => {
  const received: Received[] = [];
  const serve = async () => {
    const graphs = {
      agent: createPlanAgent({
        model: scriptedPlanner([[step("s1"), step("s2", "note", { after: ["s1"] })]]),
        tools: createTools(received),
      }),
    };
    const server = createServer({ graphs, store: postgres(bouncer.url, { listenUrl: database.url }) });
    return listen(server, { port: 0, host: "127.0.0.1" });
  };
  const [one, other] = [await serve(), await serve()];
  try {
    const threadId = crypto.randomUUID();
    const input = { messages: [{ role: "user", content: "Do it" }] };
    await sendCommand(one.url, threadId, { method: "run.start", params: { assistant_id: "agent", input } });
    const [question] = openInterrupts(await waitForStatus(other.url, threadId, "interrupted"));
    const { digest } = (question?.value.plan ?? {}) as { digest?: string };
    const params = { interrupt_id: question?.id, response: { type: "approve", digest } };
    const answers = await Promise.all(
      [one, other].map(({ url }) => sendCommand(url, threadId, { method: "input.respond", params })),
    );
    expect(answers.map(({ type }) => type)).toEqual(["success", "success"]);
    expect(answers.filter(({ meta }) => meta?.repeated)).toHaveLength(1);
    await waitForStatus(one.url, threadId, "idle");
    expect(received.map(({ text }) => text)).toEqual(["s1", "s2"]);
    const { values } = await getJson<{ values: { steps: object } }>(`${other.url}/threads/${threadId}/state`);
    expect(Object.values(values.steps)).toMatchObject([{ status: "done" }, { status: "done" }]);
  } finally {
    await Promise.all([one.stop(), other.stop()]);
  }
});
