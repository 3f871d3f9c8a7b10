import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { createContract } from "../support/model-contract.ts";

const model = createOfflineModel({ delayMs: 0 });

const files = {
  "a.tmp": "x",
  "data/expenses.csv": "date,amount\n2026-01-02,10.50\n2026-01-05,4.50\n",
  "notes/ideas.txt":
    "A garden on the roof. The roof needs a check first. Ask the neighbours about the garden.\n",
  "todo.md": "# To do\n\n- call Ana\n- buy bread\n- write to Tom\n",
};

const flagship =
  "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest";

test("the flagship request, end to end: the file is written and the longest is named with its size", async () => {
  const contract = createContract(model, files);
  await contract.ask(flagship);
  const told = await contract.approve();
  expect(contract.disk.get("summary.md")).toBe(
    "## a.tmp\n\nx.\n\n" +
      "## data/expenses.csv\n\nA table of 2 rows with the columns date, amount. “amount” adds up to 15.00 and goes from 4.50 to 10.50.\n\n" +
      "## notes/ideas.txt\n\nA garden on the roof. The roof needs a check first. Ask the neighbours about the garden.\n\n" +
      "## todo.md\n\nTo do: 3 items: call Ana; buy bread; write to Tom.\n",
  );
  expect(told).toMatch(/^All 5 steps were done\./);
  expect(told).toContain(
    "The longest file is **notes/ideas.txt** with 89 bytes; next is todo.md with 47 bytes.",
  );
  expect(told).toMatch(/- Wrote summary\.md \(\d+ characters\)/);
  expect(told).not.toContain("Not done");
});

test("after feedback the longest is looked for among the files that were taken", async () => {
  const contract = createContract(model, files);
  await contract.ask(flagship);
  await contract.reject("only the markdown files");
  expect(await contract.approve()).toContain("The longest file is **todo.md** with 47 bytes.");
});

test("what failed, and what was not reached because of it, is said, and nothing is claimed of it", async () => {
  const contract = createContract(model, files);
  await contract.ask(flagship);
  const told = await contract.approve({ failing: ["s2"] });
  expect(told).toMatch(/^3 of 5 steps were done\./);
  expect(told).toContain("- s2 (Read data/expenses.csv): failed: The disk is full.");
  expect(told).toContain(
    "- s5 (Write summary.md with a summary of each file): skipped: Step s2 was not done.",
  );
  expect(told).not.toContain("Wrote");
  expect(contract.disk.has("summary.md")).toBe(false);
});

const told: [request: string, ...expected: (string | RegExp)[]][] = [
  [
    "count the words in every file and write the counts to counts.md",
    "| notes/ideas.txt | 17 |",
    "- Wrote counts.md",
  ],
  ["add up the amounts in data/expenses.csv and write the total to t.txt", "is **15.00** (2 values)"],
  ["search for roof and write the hits to h.md", "1 line with “roof”", "`notes/ideas.txt:1`"],
  ["delete a.tmp and summarise todo.md", "## todo.md", "- Deleted a.tmp"],
  ["delete a.tmp and read todo.md", "- buy bread", "- Deleted a.tmp"],
  ["copy todo.md to b.md then list the files", "- b.md (47 bytes)", "- Copied todo.md to b.md"],
  ["move todo.md to archive", "- Made the folder archive", "- Moved todo.md to archive/todo.md"],
  ["delete a.tmp and tell me what 2+2 is. what is 3*4?", "3*4 = **12**"],
];

test.each(told)("tells the answer and what was changed: %s", async (request, ...expected) => {
  const contract = createContract(model, files);
  await contract.ask(request);
  const text = await contract.approve();
  for (const part of expected)
    expect(text).toMatch(
      typeof part === "string" ? new RegExp(part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : part,
    );
});

test("what feedback added is told as well", async () => {
  const contract = createContract(model, files);
  await contract.ask("summarise todo.md into s.md");
  await contract.reject("also count the lines");
  expect(await contract.approve()).toContain("**todo.md** has 5 lines");
  expect(contract.disk.get("s.md")).toMatch(/## todo\.md[\s\S]*\*\*todo\.md\*\* has 5 lines/);
});

async function sumUp(results: Record<string, unknown>[], decision = "approve"): Promise<string> {
  const call = {
    id: "c1",
    name: "propose_plan",
    args: { title: "", summary: "", assumptions: [], steps: [] },
  };
  const message = await model.invoke([
    new HumanMessage("delete a.tmp"),
    new AIMessage({ content: "", tool_calls: [call] }),
    new ToolMessage({
      tool_call_id: "c1",
      name: "propose_plan",
      content: JSON.stringify({ decision, results }),
    }),
  ]);
  return message.text;
}

test("nothing is claimed that the results do not show", async () => {
  const waiting = {
    step: "s1",
    title: "Delete a.tmp",
    tool: "delete_file",
    args: { path: "a.tmp" },
    status: "waiting",
  };
  expect(await sumUp([waiting])).toBe(
    "The step was not done.\n\n**Not done:**\n\n- s1 (Delete a.tmp): waiting",
  );
  expect(await sumUp([])).toBe("No step was run.");
});

test("a plan that a person edited is told by its results, tools of others by their titles", async () => {
  const done = {
    step: "x",
    title: "Send the letter",
    tool: "send_mail",
    args: {},
    filled: {},
    status: "done",
    output: "Sent.",
  };
  expect(await sumUp([done], "edit")).toBe("The step was done.\n\n- Send the letter");
});

test("sizes and totals are not taken from outputs that were cut", async () => {
  const csv = `date,amount\n2026-01-01,5\n[cut: 90000 characters in all]`;
  const call = {
    id: "c1",
    name: "propose_plan",
    args: { title: "", summary: "", assumptions: [], steps: [] },
  };
  const result = {
    step: "s1",
    title: "Read",
    tool: "read_file",
    args: { path: "x.csv" },
    filled: {},
    status: "done",
    output: csv,
  };
  const message = await model.invoke([
    new HumanMessage("add up the amounts in x.csv and write the total to t.txt"),
    new AIMessage({ content: "", tool_calls: [call] }),
    new ToolMessage({
      tool_call_id: "c1",
      name: "propose_plan",
      content: JSON.stringify({ decision: "approve", results: [result] }),
    }),
  ]);
  expect(message.text).toContain("Only the beginning of x.csv is in the results");
});
