import fc from "fast-check";
import { expect, test } from "vitest";
import { decisionIssues, toBothSpellings, toDialectOf } from "../../src/protocol/hitl.ts";
import type { Json } from "../../src/protocol/json.ts";

const args = { path: "a.txt" };
const js = {
  actionRequests: [{ name: "write", args, description: "Write a.txt" }],
  reviewConfigs: [{ actionName: "write", allowedDecisions: ["approve", "edit", "reject"] }],
};
const python = {
  action_requests: [{ name: "write", args, description: "Write a.txt" }],
  review_configs: [{ action_name: "write", allowed_decisions: ["approve", "edit", "reject", "respond"] }],
};
const inbox = {
  action_request: { action: "write", args },
  config: { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: true },
  description: "Write a.txt",
};

test("a question is shown in both spellings, whichever it was asked in, and once is enough", () => {
  const request = { ...js.actionRequests[0], arguments: args };
  const config = (allowed: string[]) => ({
    actionName: "write",
    action_name: "write",
    allowedDecisions: allowed,
    allowed_decisions: allowed,
  });
  for (const question of [js, python]) {
    const allowed =
      question === js ? ["approve", "edit", "reject"] : ["approve", "edit", "reject", "respond"];
    const shown = toBothSpellings(question);
    expect(shown).toEqual({
      actionRequests: [request],
      action_requests: [request],
      reviewConfigs: [config(allowed)],
      review_configs: [config(allowed)],
    });
    expect(toBothSpellings(shown)).toEqual(shown);
  }
});

const edited = { name: "write", args: { path: "b.txt" } };
const inboxEdit = { action: "write", args: { path: "b.txt" } };

test.each([
  ["approve", { decisions: [{ type: "approve" }] }, [{ type: "accept", args: null }]],
  ["accept with arguments", { decisions: [{ type: "approve" }] }, [{ type: "accept", args: inboxEdit }]],
  ["ignore", { decisions: [{ type: "reject" }] }, [{ type: "ignore", args: null }]],
  ["response", { decisions: [{ type: "reject", message: "no" }] }, [{ type: "response", args: "no" }]],
  ["edit", { decisions: [{ type: "edit", editedAction: edited }] }, [{ type: "edit", args: inboxEdit }]],
  [
    "edit of Python",
    { decisions: [{ type: "edit", editedAction: edited }] },
    { decisions: [{ type: "edit", edited_action: edited }] },
  ],
  [
    "edit in both spellings",
    { decisions: [{ type: "edit", editedAction: edited }] },
    { decisions: [{ type: "edit", editedAction: edited, edited_action: edited }] },
  ],
  [
    "respond",
    { decisions: [{ type: "reject", message: "no" }] },
    { decisions: [{ type: "respond", message: "no" }] },
  ],
  [
    "own",
    { decisions: [{ type: "reject", message: "no" }] },
    { decisions: [{ type: "reject", message: "no" }] },
  ],
] as [string, Json, Json][])(
  "an answer reaches JavaScript's middleware as it reads it: %s",
  (_name, own, given) => {
    expect(toDialectOf(js, given)).toEqual(own);
  },
);

test.each([
  ["accept", { decisions: [{ type: "approve" }] }, [{ type: "accept", args: null }]],
  ["response", { decisions: [{ type: "respond", message: "no" }] }, [{ type: "response", args: "no" }]],
  [
    "edit of JavaScript",
    { decisions: [{ type: "edit", edited_action: edited }] },
    { decisions: [{ type: "edit", editedAction: edited }] },
  ],
  [
    "edit of Agent Inbox",
    { decisions: [{ type: "edit", edited_action: edited }] },
    [{ type: "edit", args: inboxEdit }],
  ],
] as [string, Json, Json][])(
  "an answer reaches Python's middleware as it reads it: %s",
  (_name, own, given) => {
    expect(toDialectOf(python, given)).toEqual(own);
  },
);

test.each([
  ["approve", [{ type: "accept", args: null }], { decisions: [{ type: "approve" }] }],
  ["reject", [{ type: "ignore", args: null }], { decisions: [{ type: "reject" }] }],
  [
    "reject with a reason",
    [{ type: "response", args: "no" }],
    { decisions: [{ type: "reject", message: "no" }] },
  ],
  ["respond", [{ type: "response", args: "no" }], { decisions: [{ type: "respond", message: "no" }] }],
  ["edit", [{ type: "edit", args: inboxEdit }], { decisions: [{ type: "edit", editedAction: edited }] }],
  ["own", [{ type: "edit", args: inboxEdit }], [{ type: "edit", args: inboxEdit }]],
] as [string, Json, Json][])(
  "an answer reaches a graph that asked as Agent Inbox does: %s",
  (_name, own, given) => {
    for (const question of [inbox, [inbox], JSON.stringify(inbox)]) {
      expect(toDialectOf(question, given)).toEqual(own);
      expect(toBothSpellings(question)).toBe(question);
    }
  },
);

test("what is in no dialect is not touched, neither question nor answer", () => {
  const own = [js, python, inbox];
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = value as Json;
      expect(toBothSpellings(json)).toBe(json);
      expect(toDialectOf(json, [{ type: "accept", args: null }])).toEqual([{ type: "accept", args: null }]);
      for (const question of own) expect(toDialectOf(question, json)).toBe(json);
    }),
  );
  const plan = { type: "approve", digest: "0" };
  expect(toDialectOf({ type: "plan_review" }, plan)).toBe(plan);
  for (const odd of [{ actionRequests: [] }, { actionRequests: ["x"] }, { action_requests: [{ name: 1 }] }]) {
    expect(toBothSpellings(odd)).toBe(odd);
  }
});

test("a decision that the middleware would only throw at is named beforehand", () => {
  const issues = (decisions: Json[]) => decisionIssues(js, { decisions });
  expect(issues([{ type: "approve" }])).toEqual([]);
  expect(issues([])).toEqual([
    "decisions: there are 1 actions and 0 decisions; send one for each, in their order",
  ]);
  expect(issues([{ type: "postpone" }])).toEqual([
    'decisions[0].type: "postpone" is not allowed for write; allowed: approve, edit, reject',
  ]);
  expect(issues([{ type: "edit", editedAction: { name: "write" } }])).toEqual([
    "decisions[0].editedAction: an edit needs the name and the args of the call",
  ]);
  expect(decisionIssues(js, "yes")).toEqual([]);
  expect(decisionIssues(inbox, { decisions: [] })).toEqual([]);
});
