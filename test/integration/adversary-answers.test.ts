import { afterAll, beforeAll, expect, test } from "vitest";
import type { ToolPolicy } from "../../src/agent/index.ts";
import { type AdversaryCase, type Arena, type Challenger, openArena, play, step } from "../support/arena.ts";

/** Answers that are not those of the question, rules that nobody made, and policies that should not fit. */

const policies: Record<string, ToolPolicy[]> = {
  careful: [
    { tool: "mail", ask: "always" },
    { tool: "look", ask: "always" },
  ],
  quiet: [
    { tool: "mail", args: { to: "boss*" }, ask: "always" },
    { tool: "note", args: { text: "notes/*" }, ask: "never" },
    { tool: "note", args: { text: "*" }, ask: "plan" },
    { tool: "*", args: { text: "*", nothing: "*" }, ask: "never" },
    { tool: "buy", args: { order: '{"amount":1,"item":"pen"}' }, ask: "always" },
  ],
  silent: [{ tool: "note", ask: "never" }],
};

let arena: Arena;
beforeAll(async () => {
  const graphs = Object.entries(policies).map(([id, policy]) => [id, { policy }]);
  arena = await openArena({ graphs: { agent: {}, ...Object.fromEntries(graphs) } });
});
afterAll(() => arena[Symbol.asyncDispose]());

const two = [step("a"), step("b")];
const letter = [step("a", "mail", { args: { to: "Bo", text: "hello" } })];

/** It is refused, and the question stays as it was. */
const refused = (
  name: string,
  answer: (digest: string, plan: Record<string, unknown>) => unknown,
  steps: unknown[] = two,
): AdversaryCase => ({
  name,
  steps,
  act: async (person) => {
    const question = await person.planned();
    const { plan } = question.value;
    const response = answer(plan.digest, { ...plan }) as Record<string, unknown>;
    expect(await person.answer(question, response)).toMatchObject({ type: "error" });
    expect((await person.question("plan_review")).id).toBe(question.id);
  },
  runs: [],
});

const edit = (name: string, steps: unknown) =>
  refused(name, (digest) => ({ type: "edit", digest, plan: { title: "P", steps } }));

const onPlans: AdversaryCase[] = [
  refused("an approval of another digest", () => ({ type: "approve", digest: "0".repeat(64) })),
  refused("an approval without a digest", () => ({ type: "approve" })),
  refused("an approval of half a digest", (digest) => ({ type: "approve", digest: digest.slice(0, 32) })),
  refused("an approval in capitals", (digest) => ({ type: "approve", digest: digest.toUpperCase() })),
  refused("an approval of a digest with a space behind", (digest) => ({
    type: "approve",
    digest: `${digest} `,
  })),
  refused("an approval of a list of digests", (digest) => ({ type: "approve", digest: [digest] })),
  refused("an approval in a list", (digest) => [{ type: "approve", digest }]),
  refused("an approval as a text", () => "approve"),
  refused("true", () => true),
  refused("nothing", () => null),
  refused("an approval of two kinds", (digest) => ({ type: ["approve", "edit"], digest })),
  refused("an approval in words of LangChain's middleware", () => ({ decisions: [{ type: "approve" }] })),
  refused("an approval in words of Agent Inbox", () => [{ type: "accept", args: null }]),
  refused("an autonomy that there is not", (digest) => ({ type: "approve", digest, autonomy: "everything" })),
  refused("an autonomy by the name of what every object has", (digest) => ({
    type: "approve",
    digest,
    autonomy: "__proto__",
  })),
  refused("a word about a step, said about the plan", () => ({ type: "retry" })),
  refused("a plan that is done by a word", () => ({ type: "done", output: "x" })),
  edit("an edit with two steps of one id", [step("a"), step("a")]),
  edit("an edit with a tool that looks like another", [step("a", "n\u043ete")]),
  edit("an edit with arguments that the tool does not take", [step("a", "note", { args: { text: 1 } })]),
  edit("an edit with no steps", []),
  edit("an edit with a recipient that is late", [
    step("a", "mail", { args: { text: "x" }, late: { to: "x" } }),
  ]),
  edit("an edit whose steps wait for one another", [step("a", "note", { after: ["a"] })]),
  edit("an edit that is a text", "burn everything"),
  {
    name: "an approval that brings a plan along: what was shown runs",
    steps: two,
    act: async (person) => {
      await person.planned();
      const steps = [step("x", "burn")];
      await person.approve({
        plan: { title: "P", steps },
        steps,
        rulings: [],
        allow: { tool: "*", scope: "server" },
      });
    },
    runs: ["a", "b"],
  },
  {
    name: "an edit that calls a risky step harmless: it is asked about all the same",
    steps: two,
    act: async (person) => {
      const question = await person.planned();
      const { digest } = question.value.plan;
      const steps = [step("a", "burn", { risk: "read", approved: true })];
      const answer = { type: "edit", digest, plan: { title: "P", steps }, autonomy: "stop_before_risky" };
      await person.answer(question, answer);
      expect((await person.question("step_review")).value.step.risk).toBe("destructive");
    },
    runs: [],
  },
  {
    name: "an edit runs as edited, and the plan before it does not",
    steps: two,
    act: async (person) => {
      const question = await person.planned();
      const { digest } = question.value.plan;
      await person.answer(question, { type: "edit", digest, plan: { title: "P", steps: [step("c")] } });
    },
    runs: ["c"],
  },
  {
    name: "the answer to another thread's question",
    steps: two,
    act: async (person) => {
      const other = arena.enter({ steps: [step("x", "burn")] });
      const theirs = await other.planned();
      const mine = await person.planned();
      const { digest } = theirs.value.plan;
      expect(await person.answer(theirs, { type: "approve", digest })).toMatchObject({ type: "error" });
      expect(await person.answer(mine, { type: "approve", digest })).toMatchObject({ type: "error" });
      await other.check();
      expect(other.effects()).toEqual([]);
    },
    runs: [],
  },
  {
    name: "an approval beside the answer to another thread's question, in one command",
    steps: two,
    act: async (person) => {
      const other = arena.enter({ steps: [step("x", "burn")] });
      const [theirs, mine] = [await other.planned(), await person.planned()];
      const responses = [mine, theirs].map(({ id, value }) => ({
        interrupt_id: id,
        response: { type: "approve", digest: value.plan.digest },
      }));
      expect(await person.command("input.respond", { responses })).toMatchObject({ type: "error" });
      expect(other.effects()).toEqual([]);
    },
    runs: [],
  },
  {
    name: "twenty approvals at once, of several people: it runs once",
    steps: two,
    act: async (person) => {
      const question = await person.planned();
      const response = { type: "approve", digest: question.value.plan.digest };
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          person.command(
            "input.respond",
            { interrupt_id: question.id, response },
            { "x-countersign-name": `p${index}` },
          ),
        ),
      );
      const won = replies.filter(({ type }) => type === "success");
      expect(won).toHaveLength(1);
      person.permitted(question);
    },
    runs: ["a", "b"],
  },
  {
    name: "an approval after a cancellation",
    steps: two,
    act: async (person) => {
      const question = await person.planned();
      await person.answer(question, { type: "cancel" });
      const { digest } = question.value.plan;
      expect(await person.answer(question, { type: "approve", digest })).toMatchObject({ type: "error" });
      const resume = { type: "approve", digest };
      const body = { assistant_id: person.graph, command: { resume } };
      expect((await person.post(`/threads/${person.threadId}/runs`, body)).status).toBe(409);
    },
    runs: [],
  },
];

/** The second step fails as often as it is called. */
const breaks = ({ args }: { args: Record<string, unknown> }) => {
  if (args.text === "b") throw new Error("The pen is dry.");
};

const onSteps: AdversaryCase[] = [
  ...(
    [
      ["an approval, which nobody asked for", { type: "approve" }],
      [
        "an edit with arguments that the tool does not take",
        { type: "edit", args: { text: "c", bcc: "Eve" } },
      ],
      ["an edit with a list", { type: "edit", args: ["c"] }],
      ["an edit without arguments", { type: "edit" }],
      ["a result that is no text", { type: "done", output: { text: "c" } }],
      ["what is to become of the others, in words there are not", { type: "skip", dependents: "burn" }],
      ["another plan without a word why", { type: "replan", feedback: "" }],
      ["a list of answers", [{ type: "retry" }, { type: "retry" }]],
    ] as [string, unknown][]
  ).map(
    ([name, response]): AdversaryCase => ({
      name: `to a failure: ${name}`,
      steps: two,
      behave: breaks,
      act: async (person) => {
        await person.planned();
        await person.approve();
        const question = await person.question("step_failed");
        const reply = await person.answer(question, response as Record<string, unknown>);
        expect(reply).toMatchObject({ type: "error" });
        expect((await person.question("step_failed")).id).toBe(question.id);
      },
      runs: ["a", "b"],
    }),
  ),
  {
    name: "to a failure: an edit that names another tool changes the arguments alone",
    steps: two,
    behave: breaks,
    act: async (person) => {
      await person.planned();
      await person.approve();
      const response = { type: "edit", args: { text: "c" }, tool: "burn", step: step("x", "burn"), call: {} };
      await person.answer(await person.question("step_failed"), response);
    },
    runs: ["a", "b", "c"],
  },
  {
    name: "to a failure: stopped, and the old answers again",
    steps: two,
    behave: breaks,
    act: async (person) => {
      const review = await person.planned();
      await person.approve();
      const question = await person.question("step_failed");
      await person.answer(question, { type: "cancel" });
      await person.settle();
      expect(await person.answer(question, { type: "retry" })).toMatchObject({ type: "error" });
      const { digest } = review.value.plan;
      expect(
        await person.command("input.respond", {
          interrupt_id: review.id,
          response: { type: "edit", digest },
        }),
      ).toMatchObject({ type: "error" });
      await person.start({ input: null });
    },
    runs: ["a", "b"],
  },
  {
    name: "to a failure: made anew, and then the plan before is approved again",
    steps: two,
    behave: breaks,
    act: async (person) => {
      const review = await person.planned();
      await person.approve();
      await person.answer(await person.question("step_failed"), { type: "replan", feedback: "otherwise" });
      const next = await person.question("plan_review");
      const { digest } = review.value.plan;
      expect(await person.answer(next, { type: "approve", digest })).toMatchObject({ type: "error" });
    },
    runs: ["a", "b"],
  },
  {
    name: "to a review: an approval that brings arguments along: what was shown is called",
    graph: "careful",
    steps: letter,
    act: async (person) => {
      await person.planned();
      await person.approve();
      const response = {
        type: "approve",
        args: { to: "Eve", text: "all" },
        call: { tool: "burn", args: {} },
      };
      await person.answer(await person.question("step_review"), response);
    },
    runs: ["hello"],
  },
  {
    name: "to a review: an allowance with a scope that there is not, or a date that is none",
    graph: "careful",
    steps: letter,
    act: async (person) => {
      await person.planned();
      await person.approve();
      const question = await person.question("step_review");
      for (const more of [
        { scope: "world" },
        { scope: "__proto__" },
        {},
        { scope: "server", expires_at: "soon" },
      ]) {
        const allow = { tool: "mail", ...more };
        expect(await person.answer(question, { type: "approve", allow })).toMatchObject({ type: "error" });
      }
      for (const allow of [
        "*",
        ["mail"],
        { scope: "server" },
        { tool: "mail", args: { to: 1 }, scope: "server" },
      ]) {
        expect(await person.answer(question, { type: "approve", allow })).toMatchObject({ type: "error" });
      }
    },
    runs: [],
  },
  {
    name: "to a review: an allowance that has run out, for this thread: the next call is reviewed",
    graph: "careful",
    steps: [...letter, step("b", "mail", { args: { to: "Bo", text: "again" } })],
    act: async (person) => {
      await person.planned();
      await person.approve();
      const allow = { tool: "mail", scope: "thread", expires_at: "2001-01-01T00:00:00Z" };
      await person.answer(await person.question("step_review"), { type: "approve", allow });
      expect((await person.question("step_review")).value.step.id).toBe("b");
    },
    runs: ["hello"],
  },
  {
    name: "an allowance for a thread is not one for another",
    graph: "careful",
    steps: letter,
    act: async (person) => {
      await person.planned();
      await person.approve();
      const allow = { tool: "*", scope: "thread" };
      await person.answer(await person.question("step_review"), { type: "approve", allow });
      const other = arena.enter({ steps: letter }, "careful");
      await other.planned();
      await other.approve();
      await other.question("step_review");
      expect(other.effects()).toEqual([]);
    },
    runs: ["hello"],
  },
];

const rule = { tool: "*", scope: "server", at: "2026-01-01T00:00:00.000Z" };

/** Puts a rule where it should not get, or not count; the call is reviewed all the same. */
const forgedRule = (name: string, forge: (person: Challenger) => Promise<unknown>): AdversaryCase => ({
  name,
  graph: "careful",
  steps: letter,
  act: async (person) => {
    await forge(person);
    await person.planned();
    await person.approve();
    await person.question("step_review");
  },
  runs: [],
});

const put = (person: Challenger, namespace: unknown) =>
  person.post("/store/items", { namespace, key: "k", value: rule }, {}, "PUT");

const rules: AdversaryCase[] = [
  forgedRule("a rule is put into the store", async (person) => {
    for (const scope of [["server"], ["thread", person.threadId], ["actor", "local:anonymous"], []]) {
      expect((await put(person, ["countersign", "allow", ...scope])).status).toBeGreaterThanOrEqual(400);
    }
  }),
  forgedRule("a rule is put where a name looks like the server's", async (person) => {
    for (const name of ["Countersign", "countersign ", "c\u043euntersign", "*"])
      await put(person, [name, "allow", "server"]);
  }),
  forgedRule("a rule is put with dots, with nothing and with no list", async (person) => {
    for (const namespace of [["countersign.allow.server"], [""], [], "countersign", { 0: "countersign" }]) {
      expect((await put(person, namespace)).status).toBeGreaterThanOrEqual(400);
    }
  }),
  forgedRule("a rule is written into the state", async (person) => {
    const values = { steps: { a: { status: "waiting", allow: rule } }, allow: [rule] };
    const supersteps = [{ updates: [{ values, as_node: "__start__" }] }];
    await person.post("/threads", {
      thread_id: person.threadId,
      supersteps,
      metadata: { graph_id: person.graph },
    });
  }),
  forgedRule("a rule comes along with the input and its config", async (person) => {
    const configurable = { allow: [rule], store: { countersign: { allow: rule } } };
    await person.start({ input: person.input("Hm", { allow: [rule] }), config: { configurable } });
    await person.answer(await person.question("plan_review"), { type: "cancel" });
    await person.settle();
  }),
];

const policed: AdversaryCase[] = [
  {
    name: "what is only read, and always asked about, is not read while planning",
    graph: "careful",
    steps: two,
    says: ({ kind, number }) =>
      kind === "plan" && number === 0 ? { calls: [{ name: "look", args: { text: "secrets" } }] } : undefined,
    act: async (person) => {
      await person.planned();
      expect(person.calls()).toEqual([]);
    },
    runs: [],
  },
  {
    name: "one step that is asked about makes the whole plan one that is",
    graph: "quiet",
    steps: [step("a", "note", { args: { text: "notes/a" } }), step("b", "note", { args: { text: "other" } })],
    act: (person) => person.planned(),
    runs: [],
  },
  {
    name: "what nobody asks about, with a text that is not known yet, is asked about",
    graph: "quiet",
    steps: [step("a", "note", { args: {}, late: { text: "notes/ and something" } })],
    act: (person) => person.planned(),
    runs: [],
  },
  ...["Notes/a", " notes/a", "note/a", "../notes/a", "notes\\a", "no\u200btes/a"].map(
    (text): AdversaryCase => ({
      name: `the pattern notes/* does not fit ${JSON.stringify(text)}`,
      graph: "quiet",
      steps: [step("a", "note", { args: { text } })],
      act: (person) => person.planned(),
      runs: [],
    }),
  ),
  {
    name: "a pattern of an argument that is absent does not fit",
    graph: "quiet",
    steps: [step("a", "burn")],
    act: (person) => person.planned(),
    runs: [],
  },
  {
    name: "a plan that nobody is asked about runs at once, and no further",
    graph: "quiet",
    steps: [step("a", "note", { args: { text: "notes/a" } })],
    act: async (person) => {
      await person.ask();
      await person.settle();
      await person.permittedBy("quiet policy");
    },
    runs: ["notes/a"],
  },
  {
    name: "an object's members in another order are the same object to a rule",
    graph: "quiet",
    steps: [step("a", "buy", { args: { order: { item: "pen", amount: 1 } } })],
    act: async (person) => {
      await person.planned();
      await person.approve({ autonomy: "through" });
      await person.question("step_review");
    },
    runs: [],
  },
  {
    name: "where nobody is asked about plans, what a person says about a failure counts",
    graph: "silent",
    steps: [step("a")],
    behave: ({ args }) => {
      if (args.text === "a") throw new Error("The pen is dry.");
    },
    act: async (person) => {
      await person.ask();
      const question = await person.question("step_failed");
      await person.permittedBy("silent policy");
      await person.answer(question, { type: "edit", args: { text: "what a person wrote" } });
    },
    runs: ["a", "what a person wrote"],
  },
  {
    name: "where nobody is asked about plans, one that is written into the state runs by the same rules",
    graph: "silent",
    steps: [step("a")],
    act: async (person) => {
      const digest = "0".repeat(64);
      const plan = {
        id: "p",
        revision: 1,
        title: "P",
        summary: "",
        assumptions: [],
        digest,
        steps: [step("x", "burn")],
      };
      const updates = [{ values: { ...person.input(), plan }, as_node: "generate_plan" }];
      const metadata = { graph_id: person.graph };
      await person.post("/threads", { thread_id: person.threadId, supersteps: [{ updates }], metadata });
      await person.start({ input: null });
      await person.settle();
    },
    runs: [],
  },
];

test.each([...onPlans, ...onSteps, ...rules, ...policed])("$name", (one) => play(arena, one));

const byUser = (request: Request) => {
  const id = request.headers.get("x-user");
  return id ? { id } : null;
};

test("one person's rules and answers are not another's", async () => {
  const graphs = { careful: { policy: policies.careful ?? [] } };
  await using shared = await openArena({ graphs, server: { authenticate: byUser } });
  const [ana, eve] = [{ "x-user": "ana" }, { "x-user": "eve" }];
  const person = shared.enter({ steps: letter }, "careful");
  await person.ask("Do it", ana);
  await expect.poll(async () => (await person.thread(ana)).status, { interval: 10 }).toBe("interrupted");
  const [review] = Object.values((await person.thread(ana)).interrupts).flat();
  const { digest } = (review?.value.plan ?? {}) as { digest?: string };
  const approval = { interrupt_id: review?.id, response: { type: "approve", digest } };
  const theirs = await person.post(
    `/threads/${person.threadId}/commands`,
    { id: 1, method: "input.respond", params: approval },
    eve,
  );
  expect(theirs.status).toBe(404);
  // Eve allows everything: in her own space.
  const own = shared.enter({ steps: letter }, "careful");
  const say = async (method: string, params: unknown) =>
    own.command(method, params, eve).then(({ type }) => expect(type).toBe("success"));
  await own.ask("Do it", eve);
  const open = async (headers: Record<string, string>, who: Challenger) => {
    await expect.poll(async () => (await who.thread(headers)).status, { interval: 10 }).toBe("interrupted");
    return Object.values((await who.thread(headers)).interrupts).flat()[0];
  };
  const first = await open(eve, own);
  const plan = first?.value.plan as { digest: string };
  await say("input.respond", { interrupt_id: first?.id, response: { type: "approve", digest: plan.digest } });
  const second = await open(eve, own);
  const allow = { tool: "*", scope: "server" };
  await say("input.respond", { interrupt_id: second?.id, response: { type: "approve", allow } });
  await expect.poll(() => own.effects().length, { interval: 10 }).toBe(1);
  // Ana's plan is reviewed at its call all the same.
  expect((await person.command("input.respond", approval, ana)).type).toBe("success");
  expect((await open(ana, person))?.value.type).toBe("step_review");
  expect(person.effects()).toEqual([]);
});
