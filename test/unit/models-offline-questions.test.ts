import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { createContract, type ProposedPlan } from "../support/model-contract.ts";

const files = {
  "drafts/ideas.txt": "A pond.\n",
  "notes/ideas.txt": "A garden on the roof.\n",
  "notes/plan.md": "# Plan\n",
  "old/plan.md": "# Old plan\n",
  "todo.md": "- call Ana\n",
};

const contract = ({ asks = true } = {}) =>
  createContract(createOfflineModel({ delayMs: 0 }), files, { asks });
const paths = (plan: ProposedPlan | undefined) => plan?.steps.map(({ args }) => args.path);

test("a name that several files have is asked about, and the answer decides", async () => {
  const talk = contract();
  const { question } = await talk.ask("delete ideas.txt");
  expect(question?.question).toContain("ideas.txt");
  expect(question?.choices).toEqual([{ label: "drafts/ideas.txt" }, { label: "notes/ideas.txt" }]);
  const { plan } = await talk.tell({ choice: "notes/ideas.txt" });
  expect(paths(plan)).toEqual(["notes/ideas.txt"]);
});

test("several may be chosen, and an answer in words counts when it names one", async () => {
  const both = contract();
  await both.ask("delete ideas.txt");
  const { plan } = await both.tell({ choice: ["drafts/ideas.txt", "notes/ideas.txt"] });
  expect(paths(plan)).toEqual(["drafts/ideas.txt", "notes/ideas.txt"]);
  const words = contract();
  await words.ask("delete ideas.txt");
  expect(paths((await words.tell({ text: "the one at notes/ideas.txt, please" })).plan)).toEqual([
    "notes/ideas.txt",
  ]);
});

test("two such names are asked about one after the other", async () => {
  const talk = contract();
  expect((await talk.ask("delete ideas.txt and plan.md")).question?.question).toContain("ideas.txt");
  const next = await talk.tell({ choice: "drafts/ideas.txt" });
  expect(next.question?.question).toContain("plan.md");
  const { plan } = await talk.tell({ choice: "old/plan.md" });
  expect(paths(plan)).toEqual(["drafts/ideas.txt", "old/plan.md"]);
});

test("nothing is asked where a name is clear, and nobody where nobody can be asked", async () => {
  expect(paths((await contract().ask("delete todo.md")).plan)).toEqual(["todo.md"]);
  expect(paths((await contract().ask("delete notes/ideas.txt")).plan)).toEqual(["notes/ideas.txt"]);
  expect((await contract({ asks: false }).ask("delete ideas.txt")).text).toContain("ideas.txt");
});

test("an answer that says nothing is not taken for a file", async () => {
  const talk = contract();
  await talk.ask("delete ideas.txt");
  expect((await talk.tell({ text: "the nicer one" })).plan).toBeUndefined();
});
