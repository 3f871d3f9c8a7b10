import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { createContract } from "../support/model-contract.ts";

const model = createOfflineModel({ delayMs: 0 });
const files = {
  "notes/ideas.txt": "A garden on the roof.\n",
  "old.tmp": "x",
  "todo.md": "# To do\n\n- call Ana\n- buy bread\n",
};
const request =
  'copy todo.md to todo-copy.md, write a summary of every file into summary.md, write "milk" to shopping.txt and delete old.tmp';

const told: [question: string, ...expected: (string | RegExp)[]][] = [
  ["what does step 2 do?", /^- \*\*step 2\*\*, “Read notes\/ideas\.txt”: it only looks .*$/],
  ["tell me about step 7 and step 8", "creates shopping.txt", "deletes old.tmp for good"],
  ["Why is old.tmp deleted?", /step 8.*It was asked for/],
  ["What does the plan do?", "step 1", "step 8"],
  ["how many steps are there?", "8 steps"],
  ["can this be undone?", /These cannot be undone:\n\n- \*\*step 8\*\*[^\n]*$/],
  ["does step 1 delete anything?", "In step 1 nothing is deleted"],
  ["which files are touched?", "todo.md and todo-copy.md", "summary.md"],
  ["what happens to todo.md?", /^- \*\*step 1\*\*.*\n- \*\*step 4\*\*[^\n]*$/],
  ["in which order do they run?", "step 5**, “Read todo-copy.md”: waits for step 1."],
  ["what will be written to shopping.txt?", "> milk"],
  ["what goes into summary.md?", "by this rule: one paragraph on each file read in step 2 to step 5."],
  ["don't delete old.tmp", /changes nothing in the plan.*send it back/],
  ["do you assume anything?", "no assumption"],
];

test.each(told)("of a plan it tells: %s", async (question, ...expected) => {
  const contract = createContract(model, files);
  await contract.ask(request);
  const answer = await contract.askAbout(question);
  for (const one of expected) {
    if (typeof one === "string") expect(answer).toContain(one);
    else expect(answer).toMatch(one);
  }
});

test("what is in a file is read, and told as it is", async () => {
  const contract = createContract(model, files);
  await contract.ask('write "milk" to shopping.txt');
  const before = contract.reads.length;
  expect(await contract.askAbout("what is in todo.md?")).toContain("- buy bread");
  expect(contract.reads.slice(before)).toContainEqual({ name: "read_file", args: { path: "todo.md" } });
  expect(await contract.askAbout("which files mention bread?")).toContain("todo.md (1 line)");
});

test("what it cannot answer it says, with what it can", async () => {
  const contract = createContract(model, files);
  await contract.ask(request);
  const answer = await contract.askAbout("Would Ana be happy with that?");
  expect(answer).toMatch(/^I cannot answer that: I am the offline rehearsal model/);
  expect(answer).toContain("what a step does");
});

test("a tool that it does not know is not called harmless", async () => {
  const contract = createContract(model, files);
  await contract.ask('write "milk" to shopping.txt');
  const proposal = contract.messages.at(-1) as { tool_calls?: { args: { steps: { tool: string }[] } }[] };
  const [step] = proposal.tool_calls?.[0]?.args.steps ?? [];
  if (step) step.tool = "launch";
  expect(await contract.askAbout("is it safe?")).toMatch(
    /Of these I do not know it:\n\n- \*\*step 1\*\*.*launch/,
  );
});

test("a plan that was asked about is revised and summed up like any other", async () => {
  const contract = createContract(model, files);
  await contract.ask('write "milk" to shopping.txt');
  await contract.askAbout("why?");
  const { plan } = await contract.reject({ feedback: "write it to list.txt instead" });
  expect(plan?.steps.map(({ args }) => args.path)).toEqual(["list.txt"]);
  expect(await contract.approve()).toContain("Wrote list.txt");
});
