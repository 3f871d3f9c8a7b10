import { AIMessage, HumanMessage } from "@langchain/core/messages";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Plan, planAnswer } from "../../src/agent/index.ts";
import { choicesOf } from "../../src/terminal/choices.ts";
import { describeEdit, parseText, toPlanText, toProposal, withIssues } from "../../src/terminal/edit-plan.ts";
import type { Key } from "../../src/terminal/keyboard.ts";
import { widthOf } from "../../src/terminal/layout.ts";
import { edit, newLine } from "../../src/terminal/line-editor.ts";
import { layOut } from "../../src/terminal/prompts.ts";
import { renderPlan } from "../../src/terminal/render-plan.ts";
import { renderQuestion } from "../../src/terminal/render-question.ts";
import { toPlain, toSafeJson, toVisible } from "../../src/terminal/safe-text.ts";
import { plain } from "../../src/terminal/style.ts";
import { type Block, printable, toBlocks } from "../../src/terminal/timeline.ts";

const esc = "\u001b";
const nasty = [
  `${esc}]0;owned\u0007`,
  `${esc}]52;c;cm0gLXJm\u0007`,
  `${esc}[2J${esc}[1;1H`,
  `${esc}P+q544e${esc}\\`,
  "\u009b31m",
  "\u009d0;owned\u009c",
  `${esc}c`,
  "\r\u0008\u007f",
  "\u202egpj.exe",
  "\u{e0041}\u{e0042}",
  `${esc}]8;;http://evil${esc}\\click${esc}]8;;${esc}\\`,
];

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc
    .array(fc.oneof(fc.constantFrom(...nasty), fc.string({ maxLength: 8 })), { maxLength: 6 })
    .map((parts) => parts.join("")),
);

/** What a terminal may take for a command, and what turns a text round. */
const commands = /(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test("no text of a model, a tool or a person reaches the terminal as a command", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(toPlain(text)).not.toMatch(commands);
      expect(toVisible(text)).not.toMatch(commands);
      expect(toSafeJson({ text }, 2)).not.toMatch(commands);
      expect(JSON.parse(toSafeJson({ text }))).toEqual({ text });
    }),
    { numRuns: 2_000 },
  );
  expect(toPlain(`a${nasty.join("")}b`)).toBe("a\ngpj.execlickb");
});

test("what a person decides on hides nothing: what cannot be seen is spelled out", () => {
  expect(toVisible(`rm ${esc}[8m-rf /${esc}[0m`)).toBe("rm \\x1b[8m-rf /\\x1b[0m");
  expect(toVisible("safe\u202etxt.exe\u200b")).toBe("safe\\u{202e}txt.exe\\u{200b}");
  expect(toVisible("a\rb")).toBe("a\\rb");
  expect(toVisible("👩‍👩‍👧 Grüße 你好")).toBe("👩‍👩‍👧 Grüße 你好");
});

test("lines that are on the screen stay as they are when more text comes", () => {
  fc.assert(
    fc.property(anyText, anyText, (first, more) => {
      const lines = toPlain(`${first}\n`).split("\n");
      const later = toPlain(`${first}\n${more}`).split("\n");
      expect(later.slice(0, lines.length - 1)).toEqual(lines.slice(0, -1));
    }),
  );
});

const plan: Plan = {
  id: "p",
  revision: 1,
  title: "Tidy up",
  summary: "Reads, then writes.",
  assumptions: ["The folder is there."],
  steps: [
    { id: "s1", title: "Read", why: "", tool: "read_file", args: { path: "a.txt" }, after: [], risk: "read" },
    {
      id: "s2",
      title: "Write",
      why: "so",
      tool: "write_file",
      args: { path: "b.txt", content: "x\ny" },
      after: ["s1"],
      risk: "write",
    },
    {
      id: "s3",
      title: "Delete",
      why: "",
      tool: "delete_file",
      args: { path: "a.txt" },
      after: ["s2"],
      risk: "destructive",
    },
  ],
  digest: "0".repeat(64),
};

test("a plan of any content fits the width, every word of it, and holds no control sequence", () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 20, max: 120 }), (text, width) => {
      const odd: Plan = {
        ...plan,
        title: text,
        summary: text,
        steps: [
          {
            id: "s1",
            title: text,
            why: text,
            tool: text,
            args: { [text]: text, other: [text] },
            after: [],
            risk: "read",
          },
        ],
      };
      const lines = renderPlan(odd, { width, style: plain, changes: undefined });
      for (const line of lines) {
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
      for (const line of renderQuestion(
        { id: "q", value: { type: text, message: text, more: { text } } },
        { width, style: plain },
      )) {
        expect(line).not.toMatch(/\p{Cc}/u);
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
    }),
    { numRuns: 300 },
  );
  const shown = renderPlan(plan, { width: 40, style: plain, changes: undefined }).join("\n");
  for (const word of ["read_file", "b.txt", "▏x", "▏y", "DESTRUCTIVE", "Assumes"])
    expect(shown).toContain(word);
});

const names = (asked: Parameters<typeof choicesOf>[0]) =>
  choicesOf(asked).map(({ key, name }) => `${key} ${name}`);

test("the answers to a plan have the keys that are told; the digest is filled in", () => {
  const schema = z.toJSONSchema(planAnswer(plan.digest), { io: "input" });
  const asked = {
    value: { type: "plan_review", plan, allowed: ["approve", "edit", "reject", "ask", "cancel"] },
    response_schema: schema,
  };
  expect(names(asked)).toEqual(["a approve", "e edit", "d edit", "r reject", "? ask", "q cancel"]);
  const [approve, , , reject, ask] = choicesOf(asked);
  expect(approve?.toAnswer({})).toEqual({ type: "approve", digest: plan.digest });
  expect(reject?.fields.map(({ name }) => name)).toEqual(["feedback"]);
  expect(reject?.toAnswer({ feedback: "no" })).toEqual({
    type: "reject",
    digest: plan.digest,
    feedback: "no",
  });
  expect(ask?.fields.map(({ name }) => name)).toEqual(["question"]);
  const question = { type: "ask", digest: plan.digest, question: "why?" };
  expect(ask?.toAnswer({ question: "why?" })).toEqual(question);
});

test("a type that nobody has heard of is answered by what its schema allows", () => {
  const union = z.toJSONSchema(
    z.discriminatedUnion("type", [
      z.object({ type: z.literal("launch"), code: z.string() }),
      z.object({ type: z.literal("abort") }),
      z.object({ type: z.literal("lower"), by: z.number(), note: z.string().optional() }),
    ]),
  );
  const unknown = { value: { type: "rocket" }, response_schema: union };
  expect(names(unknown)).toEqual(["l launch", "a abort", "o lower"]);
  expect(choicesOf(unknown)[0]?.toAnswer({ code: "7" })).toEqual({ type: "launch", code: "7" });
  const color = { value: "Which?", response_schema: { enum: ["red", "green", 3] } };
  expect(names(color)).toEqual(["1 red", "2 green", "3 3"]);
  expect(choicesOf(color).map(({ toAnswer }) => toAnswer({}))).toEqual(["red", "green", 3]);
  const send = {
    value: { question: "Send?" },
    response_schema: z.toJSONSchema(z.object({ send: z.boolean() })),
  };
  expect(names(send)).toEqual(["y send: yes", "n send: no"]);
  expect(choicesOf(send)[0]?.toAnswer({})).toEqual({ send: true });
  for (const asked of [
    { value: null },
    { value: { type: "__proto__" }, response_schema: true },
    { value: { type: "constructor" }, response_schema: { oneOf: [{}, 7] } },
    { value: [], response_schema: { $ref: "#/nowhere" } },
    { value: { allowed: ["x"] }, response_schema: { anyOf: [] } },
  ]) {
    const [choice] = choicesOf(asked);
    expect(choice?.toAnswer({ value: { any: 1 } }), JSON.stringify(asked)).toEqual({ any: 1 });
  }
});

test("a clarification offers its choices, and words; a failed step all its ways on", () => {
  const answer = z.literal("answer");
  const schema = z.toJSONSchema(
    z.union([
      z.looseObject({ type: answer, choice: z.enum(["Monday", "Tuesday"]), text: z.string().optional() }),
      z.looseObject({ type: answer, choice: z.never().optional(), text: z.string() }),
      z.looseObject({ type: z.literal("cancel"), reason: z.string().optional() }),
    ]),
  );
  const value = {
    type: "clarification",
    question: "When?",
    choices: [{ label: "Monday" }, { label: "Tuesday" }],
    allowed: ["answer", "cancel"],
  };
  const choices = choicesOf({ value, response_schema: schema });
  expect(choices.map(({ key, label }) => `${key} ${label}`).toSorted()).toEqual([
    "1 Monday",
    "2 Tuesday",
    "q stop",
    "w say it in words",
  ]);
  expect(choices.find(({ key }) => key === "2")?.toAnswer({})).toEqual({ type: "answer", choice: "Tuesday" });
  expect(choices.find(({ key }) => key === "w")?.toAnswer({ text: "never" })).toEqual({
    type: "answer",
    text: "never",
  });
});

test("a plan comes back from its text as it was, whatever is in it", () => {
  fc.assert(
    fc.property(anyText, fc.jsonValue(), (text, value) => {
      const odd: Plan = {
        ...plan,
        title: text,
        steps: [{ ...plan.steps[0]!, args: { [text || "x"]: text, value } }],
      };
      const parsed = parseText(toPlanText(odd));
      // As JSON, which is what is sent: it knows no -0.
      expect(JSON.stringify(parsed)).toBe(JSON.stringify({ value: toProposal(odd, odd.steps) }));
    }),
    { numRuns: 300 },
  );
});

test("what is wrong with a text is said with its line, and stands above it at the next try, once", () => {
  const broken = "title: [\nsteps: 1\n";
  const parsed = parseText(broken);
  expect(parsed).toMatchObject({ issues: [expect.stringMatching(/line \d/), ...[]] });
  const once = withIssues(broken, ["first"]);
  expect(withIssues(once, ["second\nline"])).toBe(`#! second line\n${broken}`);
  expect(parseText("a: 1\na: 2\n")).toMatchObject({ issues: [expect.stringContaining("unique")] });
});

test("who waited for a step that is left out waits for those that it waited for", () => {
  const [first, second, third] = plan.steps;
  expect(toProposal(plan, [first!, third!]).steps.map(({ id, after }) => [id, after])).toEqual([
    ["s1", []],
    ["s3", ["s1"]],
  ]);
  expect(toProposal(plan, [third!]).steps[0]?.after).toEqual([]);
  expect(describeEdit(plan, toProposal(plan, [first!, third!]))).toEqual([
    "- step 2 is left out: Write",
    "~ step 3: another after",
  ]);
  expect(describeEdit(plan, toProposal(plan, [first!, second!, third!]))).toEqual([]);
});

test("keys edit a line by characters as people see them", () => {
  const press = (text: string, ...keys: Partial<Key>[]) =>
    keys.reduce((line, key) => edit(line, { name: "", text: "", ...key }) ?? line, newLine(text)).text;
  expect(press("a👩‍👩‍👧", { name: "backspace" })).toBe("a");
  expect(press("ab", { name: "left" }, { name: "x", text: "x" })).toBe("axb");
  expect(press("one two", { name: "w", ctrl: true })).toBe("one ");
  expect(press("one two", { name: "u", ctrl: true })).toBe("");
  expect(press("one", { name: "a", ctrl: true }, { name: "k", ctrl: true })).toBe("");
  expect(press("one", { name: "paste", text: "\ntwo" })).toBe("one\ntwo");
  expect(press("one", { name: "f5" })).toBe("one");
  const { lines, cursor } = layOut(newLine("你好\nabcdef"), 4);
  expect([lines, cursor]).toEqual([["你好", "abcd", "ef"], { row: 2, column: 2 }]);
});

test("what is printed for good stands in order; steps side by side do not wait for one another", () => {
  const block = (key: string, type: string, isFinal: boolean) => ({ key, type, isFinal }) as unknown as Block;
  const keys = (blocks: Block[]) => printable(blocks).map(({ key }) => key);
  const run = [
    block("ask", "person", true),
    block("plan", "plan", true),
    block("s1", "step", false),
    block("s2", "step", true),
    block("end", "agent", true),
  ];
  expect(keys(run)).toEqual(["ask", "plan", "s2"]);
  expect(keys([...run, block("next", "person", true), block("more", "agent", true)])).toEqual([
    "ask",
    "plan",
    "s2",
    "end",
    "next",
    "more",
  ]);
});

test("a question about a plan and its answer stand between the plan and what became of it", () => {
  const moment = {
    messages: [
      new HumanMessage({ id: "1", content: "Tidy up" }),
      new AIMessage({ id: "2", content: "", tool_calls: [{ id: "c", name: "propose_plan", args: {} }] }),
      new HumanMessage({ id: "about-plan:0:q", content: "Why?" }),
      new AIMessage({ id: "4", content: "Because." }),
    ],
    plan,
    decisions: [],
    steps: {},
    questions: [],
    draft: null,
    stepEvents: [],
    toolOutput: new Map<string, string>(),
    isLoading: true,
    isReconnecting: false,
    error: null,
  };
  const types = (more: object) => printable(toBlocks({ ...moment, ...more })).map(({ type }) => type);
  const asked = ["person", "plan", "person", "agent"];
  expect(types({ isLoading: false }), "the plan is not held back by the question").toEqual(asked);
  const decisions = [{ type: "approve", planId: "p", revision: 1, digest: plan.digest }];
  const end = new AIMessage({ id: "5", content: "Done.", additional_kwargs: { namespace: ["summarize:1"] } });
  const steps = Object.fromEntries(plan.steps.map(({ id }) => [id, { status: "done", finishedAt: "now" }]));
  const messages = [...moment.messages, end];
  expect(types({ messages, decisions, steps, isLoading: false })).toEqual([
    ...asked,
    ...["decision", "step", "step", "step", "agent"],
  ]);
});
