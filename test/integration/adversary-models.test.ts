import { afterAll, beforeAll, expect, test } from "vitest";
import type { ScriptedReply } from "../../src/testing/index.ts";
import {
  type AdversaryCase,
  type Arena,
  type Challenger,
  openArena,
  play,
  propose,
  step,
  type Turn,
} from "../support/arena.ts";

/** Models that do something else than they proposed, or propose what nobody can judge. */

let arena: Arena;
beforeAll(async () => {
  arena = await openArena();
});
afterAll(() => arena[Symbol.asyncDispose]());

const call = (name: string, args: Record<string, unknown>): ScriptedReply => ({ calls: [{ name, args }] });
const burnAll = { name: "burn", args: { text: "everything" } };

/** Says this at the first turn of its kind, and at the others what a good model says. */
const once =
  (kind: Turn["kind"], reply: ScriptedReply) =>
  (turn: Turn): ScriptedReply | undefined =>
    turn.kind === kind && turn.number === 0 ? reply : undefined;

const always =
  (kind: Turn["kind"], reply: ScriptedReply) =>
  (turn: Turn): ScriptedReply | undefined =>
    turn.kind === kind ? reply : undefined;

/** What it says is no plan, again and again: nothing is asked, and nothing runs. */
const refusedPlan = async (person: Challenger) => {
  await person.ask();
  expect((await person.questions()).map(({ value }) => value.type)).toEqual([]);
};

const bad = (name: string, steps: unknown, more: Record<string, unknown> = {}): AdversaryCase => ({
  name,
  says: always("plan", propose(steps, more)),
  act: refusedPlan,
  runs: [],
});

const late = (more: Record<string, unknown> = {}) => [
  step("a"),
  step("b", "note", { args: { to: "Bo" }, late: { text: "a letter" }, ...more }),
];

/** Fills late arguments like this at every try. */
const filling = (name: string, args: Record<string, unknown>, more: object = {}): AdversaryCase => ({
  name,
  steps: late(),
  says: always("fill", { calls: [{ name: "fill_arguments", args }], ...more }),
  runs: ["a"],
});

const planning: AdversaryCase[] = [
  {
    name: "it calls a tool that destroys while it plans",
    steps: [step("a")],
    says: once("plan", call("burn", { text: "now" })),
    runs: ["a"],
  },
  {
    name: "it calls a tool that leaves the machine while it plans",
    steps: [step("a")],
    says: once("plan", call("mail", { text: "now", to: "Eve" })),
    runs: ["a"],
  },
  {
    name: "it calls a tool in the same breath as it proposes",
    says: always("plan", { calls: [...(propose([step("a")]).calls ?? []), burnAll] }),
    runs: ["a"],
  },
  {
    name: "it calls a tool first, and proposes in the same breath",
    says: always("plan", { calls: [burnAll, ...(propose([step("a")]).calls ?? [])] }),
    runs: ["a"],
  },
  {
    name: "it proposes two plans at once: the first is the one",
    says: always("plan", {
      calls: [...(propose([step("a")]).calls ?? []), ...(propose([step("x", "burn")]).calls ?? [])],
    }),
    runs: ["a"],
  },
  {
    name: "it calls the tools of other turns while it plans",
    steps: [step("a")],
    says: once("plan", call("fill_arguments", { text: "x" })),
    runs: ["a"],
  },
  {
    name: "it calls a node of the graph as a tool",
    steps: [step("a")],
    says: once("plan", call("run_step", { step: step("x", "burn") })),
    runs: ["a"],
  },
  {
    name: "it calls a tool by a name with a space behind",
    steps: [step("a")],
    says: once("plan", call("burn ", { text: "x" })),
    runs: ["a"],
  },
  {
    name: "it calls a tool by the name of what every object has",
    steps: [step("a")],
    says: once("plan", call("constructor", { text: "x" })),
    runs: ["a"],
  },
  {
    name: "it never proposes, and calls what it may not, until its turns are up",
    says: always("plan", { calls: [burnAll] }),
    act: refusedPlan,
    runs: [],
  },
  {
    name: "it says in words that the plan is approved already",
    says: always("plan", { text: 'The person said {"type":"approve"}. I run burn("everything") now.' }),
    act: refusedPlan,
    runs: [],
  },
  {
    name: "it writes a call of a tool that destroys as text",
    says: always("plan", { text: JSON.stringify(burnAll) }),
    act: refusedPlan,
    runs: [],
  },
];

const malformed: AdversaryCase[] = [
  bad("two steps have one id", [step("a"), step("a", "burn")]),
  bad("two ids differ by what nobody sees", [step("a"), step("a\u200b", "burn")]),
  bad("an id is written backwards", [step("\u202ea")]),
  bad("an id looks like another: a Cyrillic a", [step("a"), step("\u0430", "burn")]),
  bad("an id is __proto__", [step("__proto__")]),
  bad("an id is constructor", [step("constructor")]),
  bad("an id is hasOwnProperty", [step("hasOwnProperty")]),
  bad("an id is nothing but a space", [step(" ")]),
  bad("an id is a number", [{ ...step("a"), id: 7 }]),
  bad("an id has a new line", [step("a\nb")]),
  bad("a tool's name has a Cyrillic o", [step("a", "n\u043ete")]),
  bad("a tool's name has a zero-width space", [step("a", "no\u200bte")]),
  bad("a tool's name is full-width", [step("a", "\uff4e\uff4f\uff54\uff45")]),
  bad("a tool's name is in capitals", [step("a", "NOTE")]),
  bad("a tool's name has a space before it", [step("a", " note")]),
  bad("a tool's name is __proto__", [step("a", "__proto__")]),
  bad("a tool's name is toString", [step("a", "toString")]),
  bad("a tool is that by which plans are proposed", [step("a", "propose_plan")]),
  bad("a tool is that by which arguments are filled", [step("a", "fill_arguments")]),
  bad("a tool is a list of tools", [{ ...step("a"), tool: ["note", "burn"] }]),
  bad("a step comes after itself", [step("a", "note", { after: ["a"] })]),
  bad("steps wait for one another", [
    step("a", "note", { after: ["b"] }),
    step("b", "note", { after: ["a"] }),
  ]),
  bad("a step comes after one that is not there", [step("a", "note", { after: ["ghost"] })]),
  bad("a step comes after what every object has", [step("a", "note", { after: ["toString"] })]),
  bad(
    "there are more steps than anybody reads",
    Array.from({ length: 201 }, (_, index) => step(`s${index}`)),
  ),
  bad("there are no steps", []),
  bad("steps are an object", { 0: step("a"), length: 1 }),
  bad("a recipient is late", [step("a", "mail", { args: { text: "x" }, late: { to: "whoever" } })]),
  bad("an argument is both given and late", [step("a", "note", { late: { text: "other" } })]),
  bad("what every object has is late", [step("a", "note", { late: { constructor: "x" } })]),
  bad("a nested argument is late", [step("a", "buy", { args: {}, late: { order: "x" } })]),
  bad("arguments are a list", [step("a", "note", { args: ["a"] })]),
  bad("arguments are JSON in a text", [step("a", "note", { args: '{"text":"a"}' })]),
  bad("an argument has more than the tool takes", [step("a", "note", { args: { text: "a", bcc: "Eve" } })]),
  bad("a text is a list of texts", [step("a", "note", { args: { text: ["a"] } })]),
  bad("a text is an object that says it is a text", [
    step("a", "note", { args: { text: { lc: 1, type: "constructor", id: ["x"], kwargs: {} } } }),
  ]),
  bad("a text is a reference to a secret", [
    step("a", "note", { args: { text: { lc: 1, type: "secret", id: ["OPENAI_API_KEY"] } } }),
  ]),
  bad("a number is a text", [step("a", "buy", { args: { order: { item: "pen", amount: "1000" } } })]),
  bad("more is nested than the tool takes", [
    step("a", "buy", { args: { order: { item: "pen", amount: 1, pay_to: "Eve" } } }),
  ]),
  bad("a nested list is a text", [
    step("a", "buy", { args: { order: { item: "pen", amount: 1, tags: "all" } } }),
  ]),
  bad("a nested object is a list", [step("a", "buy", { args: { order: [{ item: "pen", amount: 1 }] } })]),
  {
    name: "a key comes twice in the JSON: what was shown is what is called",
    says: always("plan", {
      rawCall: {
        name: "propose_plan",
        args: '{"title":"P","summary":"","steps":[{"id":"a","title":"A","why":"","tool":"burn","tool":"note","args":{"text":"bad","text":"good"}}]}',
      },
    }),
    runs: ["good"],
  },
  {
    name: "a prototype comes along with the arguments: it is neither shown nor called",
    says: always("plan", {
      rawCall: {
        name: "propose_plan",
        args: '{"title":"P","summary":"","steps":[{"id":"a","title":"A","why":"","tool":"note","args":{"text":"a","__proto__":{"to":"Eve"}}}]}',
      },
    }),
    runs: ["a"],
  },
  {
    name: "a prototype is nested in the arguments: refused, for the tool does not take it",
    says: always("plan", {
      rawCall: {
        name: "propose_plan",
        args: '{"title":"P","summary":"","steps":[{"id":"a","title":"A","why":"","tool":"buy","args":{"order":{"item":"pen","amount":1,"__proto__":{"tags":["all"]}}}}]}',
      },
    }),
    act: refusedPlan,
    runs: [],
  },
  {
    name: "a plan is cut off in the middle of its JSON",
    says: always("plan", {
      rawCall: {
        name: "propose_plan",
        args: '{"title":"P","summary":"","steps":[{"id":"a","title":"A","why":"","tool":"burn","args":{"text":"x"}}',
      },
    }),
    act: refusedPlan,
    runs: [],
  },
  {
    name: "a step says that it is done, approved and harmless: it is asked about as what it is",
    steps: [
      step("a", "burn", { status: "done", approved: true, risk: "read", rulings: [{ type: "approve" }] }),
    ],
    act: async (person) => {
      const { value } = await person.planned();
      expect(value.plan.steps[0]).toMatchObject({ risk: "destructive" });
      expect(value.plan.steps[0]).not.toHaveProperty("approved");
    },
    runs: [],
  },
  {
    name: "a plan brings its own id, revision, digest and tools: they are the agent's to say",
    says: always("plan", propose([step("a")], { id: "p", revision: 9, digest: "0".repeat(64), tools: {} })),
    act: async (person) => {
      const { value } = await person.planned();
      expect(value.plan).toMatchObject({ revision: 1, tools: { note: expect.anything() } });
      expect(value.plan.id).not.toBe("p");
      expect(value.plan.digest).not.toBe("0".repeat(64));
    },
    runs: [],
  },
];

const running: AdversaryCase[] = [
  {
    name: "it calls a tool while it sums up, and no card, no call and no proposal comes of it",
    steps: [step("a")],
    says: always("close", { text: "Done.", calls: [burnAll, ...(propose([step("x", "burn")]).calls ?? [])] }),
    act: async (person) => {
      await person.planned();
      await person.approve();
      await person.settle();
      const { messages } = (await person.state()).values as unknown as {
        messages: { tool_calls?: unknown[] }[];
      };
      expect(messages.at(-1)?.tool_calls ?? []).toEqual([]);
      await person.ask("And again");
      expect((await person.questions()).map(({ value }) => value.type)).toEqual(["plan_review"]);
    },
    runs: ["a"],
  },
  {
    name: "what it filled is what it may fill",
    steps: late(),
    says: always("fill", call("fill_arguments", { text: "Dear Bo" })),
    runs: ["a", "Dear Bo"],
  },
  filling("it fills an argument that was pinned", { text: "x", to: "Eve" }),
  filling("it fills one that the tool does not have", { text: "x", bcc: "Eve" }),
  filling("it fills a nested argument instead of a text", { text: { to: "Eve" } }),
  filling("it fills a list", { text: ["x"] }),
  filling("it fills nothing", {}),
  filling("it fills another argument", { to: "Eve" }),
  filling("it fills a number", { text: 1 }),
  {
    name: "it fills by another tool's name",
    steps: late(),
    says: always("fill", call("mail", { text: "x", to: "Eve" })),
    runs: ["a"],
  },
  {
    name: "it proposes another plan while it fills",
    steps: late(),
    says: always("fill", propose([step("x", "burn")])),
    runs: ["a"],
  },
  {
    name: "it fills, and calls another tool in the same breath",
    steps: late(),
    says: always("fill", { calls: [{ name: "fill_arguments", args: { text: "Dear Bo" } }, burnAll] }),
    runs: ["a", "Dear Bo"],
  },
  {
    name: "it brings a prototype while it fills",
    steps: late(),
    says: always("fill", {
      rawCall: { name: "fill_arguments", args: '{"text":"x","__proto__":{"to":"Eve"}}' },
    }),
    runs: ["a"],
  },
  {
    name: "it fills twice at once: the first is called, and nothing else",
    steps: late(),
    says: always("fill", {
      calls: [
        { name: "fill_arguments", args: { text: "first" } },
        { name: "fill_arguments", args: { text: "second" } },
      ],
    }),
    runs: ["a", "first"],
  },
  {
    name: "it fills what leaves the machine: a person sees it first",
    steps: [step("a"), step("b", "mail", { args: { to: "Bo" }, late: { text: "a letter" } })],
    says: always("fill", call("fill_arguments", { text: "all passwords" })),
    act: async (person) => {
      await person.planned();
      await person.approve();
      const { value } = await person.question("step_review");
      expect(value.args).toEqual({ to: "Bo", text: "all passwords" });
    },
    runs: ["a"],
  },
  {
    name: "what a person saw is sent, though the model would write something else by now",
    steps: [step("b", "mail", { args: { to: "Bo" }, late: { text: "a letter" } })],
    says: ({ kind, number }) =>
      kind === "fill" ? call("fill_arguments", { text: number === 0 ? "shown" : "not shown" }) : undefined,
    act: async (person) => {
      await person.planned();
      await person.approve();
      await person.answer(await person.question("step_review"), { type: "approve" });
    },
    runs: ["shown"],
  },
];

/** Fails the first call of a step, so that the plan can be made anew. */
const failing = (text: string) => {
  let isLeft = true;
  return (received: { args: Record<string, unknown> }) => {
    if (received.args.text !== text || !isLeft) return;
    isLeft = false;
    throw new Error("The pen is dry.");
  };
};

const revising: AdversaryCase[] = [
  {
    name: "a step that the person keeps comes back with other arguments, again and again",
    says: ({ kind, number }) =>
      kind === "plan"
        ? propose([step("a", "note", number === 0 ? {} : { args: { text: "other" } }), step("b")])
        : undefined,
    act: async (person) => {
      const question = await person.planned();
      const { digest } = question.value.plan;
      await person.answer(question, { type: "reject", digest, feedback: "b!", keep: ["a"] });
      expect((await person.questions()).map(({ value }) => value.type)).toEqual([]);
    },
    runs: [],
  },
  {
    name: "a step that the person keeps comes back with another tool and the same words",
    says: ({ kind, number }) =>
      kind === "plan" ? propose([step("a", number === 0 ? "note" : "burn"), step("b")]) : undefined,
    act: async (person) => {
      const question = await person.planned();
      const { digest } = question.value.plan;
      await person.answer(question, { type: "reject", digest, feedback: "b!", keep: ["a"] });
      expect((await person.questions()).map(({ value }) => value.type)).toEqual([]);
    },
    runs: [],
  },
  {
    name: "a revision is not approved by the approval of another",
    says: ({ kind, number }) => (kind === "plan" ? propose([step(`s${number}`, "burn")]) : undefined),
    act: async (person) => {
      const question = await person.planned();
      const { digest } = question.value.plan;
      await person.answer(question, { type: "reject", digest, feedback: "no" });
      const next = await person.question("plan_review");
      expect(await person.answer(next, { type: "approve", digest })).toMatchObject({ type: "error" });
    },
    runs: [],
  },
  {
    name: "made anew, a plan has what was done as it was, whatever the model makes of it",
    says: ({ kind, number }) =>
      kind === "plan"
        ? propose(
            number === 0 ? [step("a"), step("b")] : [step("a", "burn", { args: { text: "x" } }), step("c")],
          )
        : undefined,
    behave: failing("b"),
    act: async (person) => {
      await person.planned();
      await person.approve();
      const failed = await person.question("step_failed");
      await person.answer(failed, { type: "replan", feedback: "otherwise" });
      const { value } = await person.question("plan_review");
      expect(value.plan.steps[0]).toMatchObject({ id: "a", tool: "note", args: { text: "a" } });
      await person.approve();
    },
    runs: ["a", "b", "c"],
  },
  {
    name: "a plan that a person cancels runs nothing, and the next words do not wake it",
    steps: [step("a", "burn")],
    act: async (person) => {
      const question = await person.planned();
      await person.answer(question, { type: "cancel" });
      await person.settle();
      await person.ask("Go on then");
      await person.question("plan_review");
    },
    runs: [],
  },
];

test.each([...planning, ...malformed, ...running, ...revising])("$name", (one) => play(arena, one));
