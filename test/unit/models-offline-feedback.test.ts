import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { checkPlan, createContract, type ProposedPlan, type Rejecting } from "../support/model-contract.ts";

const files = {
  "a.tmp": "x",
  "data/expenses.csv": "date,amount\n2026-01-02,1\n",
  "drafts/letter.txt": "Dear Tom.\n",
  "hello.txt": "hello\n",
  "notes/ideas.txt": "A roof.\n",
  "notes/meeting.md": "# Meeting\n\nWe met.\n",
  "todo.md": "- call Ana\n",
};

const summarise = "write a summary of every file into summary.md";
const tidy = "delete a.tmp and drafts/letter.txt and append 'x' to todo.md";

function open() {
  return createContract(createOfflineModel({ delayMs: 0 }), files);
}

function toLines({ steps }: ProposedPlan): string[] {
  return steps.map(({ id, tool, args, after }) => {
    const { path, from, to } = args;
    const what = from === undefined ? path : `${from} > ${to}`;
    return [id, tool, what, after.length > 0 ? `after ${after.join(",")}` : ""].filter(Boolean).join(" ");
  });
}

/** The steps after the feedback, and the summary that tells what became of it. */
async function revise(request: string, ...rejections: (string | Rejecting)[]) {
  const contract = open();
  const before = (await contract.ask(request)).plan as ProposedPlan;
  let planned: Awaited<ReturnType<typeof contract.reject>> = { plan: before };
  for (const one of rejections) planned = await contract.reject(one);
  if (planned.plan) expect(checkPlan(planned.plan)).toEqual([]);
  return { before, plan: planned.plan as ProposedPlan, text: planned.text, contract };
}

const table: [feedback: string, request: string, steps: string[], told: RegExp][] = [
  ["don't delete anything", tidy, ["s3 append_file todo.md"], /Changed: removed s1 \(Delete a\.tmp\), s2/],
  ["don't delete a.tmp", tidy, ["s2 delete_file drafts/letter.txt", "s3 append_file todo.md"], /removed s1/],
  ["skip step 2", tidy, ["s1 delete_file a.tmp", "s3 append_file todo.md"], /removed s2/],
  ["remove steps 1 and 3", tidy, ["s2 delete_file drafts/letter.txt"], /removed s1 .*s3/],
  [
    "leave out the last step",
    tidy,
    ["s1 delete_file a.tmp", "s2 delete_file drafts/letter.txt"],
    /removed s3/,
  ],
  [
    "make a backup first",
    tidy,
    [
      "s4 copy_file a.tmp > a.tmp.bak",
      "s5 copy_file drafts/letter.txt > drafts/letter.txt.bak",
      "s6 copy_file todo.md > todo.md.bak",
      "s1 delete_file a.tmp after s4",
      "s2 delete_file drafts/letter.txt after s5",
      "s3 append_file todo.md after s6",
    ],
    /s6 backs up todo\.md as todo\.md\.bak first/,
  ],
  [
    "do the listing first",
    "delete a.tmp",
    ["s2 list_files", "s1 delete_file a.tmp after s2"],
    /s2 lists the files first/,
  ],
  [
    "step 3 before step 1",
    tidy,
    ["s2 delete_file drafts/letter.txt", "s3 append_file todo.md", "s1 delete_file a.tmp after s3"],
    /s3 before s1/,
  ],
  [
    "do the deleting last",
    tidy,
    ["s3 append_file todo.md", "s1 delete_file a.tmp after s3", "s2 delete_file drafts/letter.txt after s3"],
    /s1 and s2 last/,
  ],
  [
    "only the markdown files",
    summarise,
    ["s6 read_file notes/meeting.md", "s7 read_file todo.md", "s8 write_file summary.md after s6,s7"],
    /removed 5 steps/,
  ],
  [
    "leave out drafts and notes/",
    "write a summary of all .txt files into s.md",
    ["s2 read_file hello.txt", "s4 write_file s.md after s2"],
    /removed s1 .*s3/,
  ],
  [
    "don't read a.tmp",
    "summarise a.tmp and hello.txt into s.md",
    ["s2 read_file hello.txt", "s3 write_file s.md after s2"],
    /removed s1/,
  ],
  [
    "write it to notes.txt instead",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s2 write_file notes.txt after s1"],
    /notes\.txt instead of s\.md/,
  ],
  [
    "put it in reports/summary.md",
    "summarise hello.txt into s.md",
    ["s3 make_directory reports", "s1 read_file hello.txt", "s2 write_file reports/summary.md after s3,s1"],
    /reports\/summary\.md instead of s\.md/,
  ],
  [
    "call it todo.md",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s2 replace_file todo.md after s1"],
    /todo\.md instead of s\.md/,
  ],
  [
    "use b.txt instead of c.txt",
    "copy hello.txt to c.txt and append 'x' to c.txt",
    ["s1 copy_file hello.txt > b.txt", "s2 append_file b.txt after s1"],
    /b\.txt instead of c\.txt/,
  ],
  [
    "don't overwrite todo.md",
    "write a note to todo.md: hi",
    ["s1 write_file todo-2.md"],
    /writing todo-2\.md instead of replacing todo\.md/,
  ],
  [
    "also count the lines",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s3 count_text hello.txt", "s2 write_file s.md after s1,s3"],
    /added s3 \(Count hello\.txt\); it goes into s\.md as well/,
  ],
  [
    "also delete a.tmp",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s2 write_file s.md after s1", "s3 delete_file a.tmp after s2"],
    /added s3 \(Delete a\.tmp\)/,
  ],
  [
    "include todo.md too",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s3 read_file todo.md", "s2 write_file s.md after s1,s3"],
    /added todo\.md/,
  ],
  [
    "copy them instead",
    "move all .txt files into archive",
    [
      "s1 make_directory archive",
      "s2 copy_file drafts/letter.txt > archive/letter.txt after s1",
      "s3 copy_file hello.txt > archive/hello.txt after s1",
      "s4 copy_file notes/ideas.txt > archive/ideas.txt after s1",
    ],
    /copy_file instead of move_file/,
  ],
  ["no, move it to trash.txt instead", "delete a.tmp", ["s2 move_file a.tmp > trash.txt"], /another plan/],
  [
    "exclude the csv files",
    tidy,
    ["s1 delete_file a.tmp", "s2 delete_file drafts/letter.txt", "s3 append_file todo.md"],
    /Nothing had to change: the plan does not touch data\/expenses\.csv/,
  ],
  ["paint it blue", "delete a.tmp", ["s1 delete_file a.tmp"], /I could not apply: “paint it blue”/],
  ["looks good", "delete a.tmp", ["s1 delete_file a.tmp"], /“looks good” \(it asks for no change\)/],
  [
    "step 1 last",
    "summarise hello.txt into s.md",
    ["s1 read_file hello.txt", "s2 write_file s.md after s1"],
    /could not apply: s1 last \(s2 needs it\)/,
  ],
  ["", "delete a.tmp", ["s1 delete_file a.tmp"], /No change was asked for/],
];

test.each(table)("“%s” changes the plan of: %s", async (feedback, request, steps, told) => {
  const { plan } = await revise(request, feedback);
  expect(toLines(plan)).toEqual(steps);
  expect(plan.summary).toMatch(told);
});

test("a late rule follows the steps that it is about", async () => {
  const { plan } = await revise(summarise, "leave out drafts", "don't read a.tmp");
  expect(plan.steps.at(-1)?.late).toEqual({
    content: "one paragraph on each file read in s2, s4, s5, s6 and s7",
  });
});

test("how a summary is written can be asked for", async () => {
  const { plan } = await revise(
    summarise,
    "only notes",
    "two sentences each",
    "use bullet points",
    "add the title 'All'",
  );
  expect(plan.steps.at(-1)?.late).toEqual({
    content: "bullet points on each file read in s5 and s6, in at most 2 sentences, under the title “All”",
  });
});

test("given words are replaced by other words", async () => {
  const { plan } = await revise("write a note to n.txt: Good morning", "say 'Good evening' instead");
  expect(plan.steps.map(({ args }) => args)).toEqual([{ path: "n.txt", content: "Good evening" }]);
});

test("several things in one piece of feedback are all applied", async () => {
  const { plan } = await revise(
    "summarise hello.txt into s.md and delete a.tmp",
    "Don't delete anything. Also count the words, and put it in reports/s.md. Sing to me.",
  );
  expect(toLines(plan)).toEqual([
    "s5 make_directory reports",
    "s1 read_file hello.txt",
    "s4 count_text hello.txt",
    "s2 write_file reports/s.md after s5,s1,s4",
  ]);
  expect(plan.summary).toContain("I could not apply: “Sing to me”.");
});

test("feedback on revision after revision adds up", async () => {
  const { plan } = await revise(
    summarise,
    "only the markdown files",
    "write it to notes.txt instead",
    "also count the lines",
    "make it shorter",
    "delete a.tmp as well",
    "skip step 1",
  );
  expect(toLines(plan)).toEqual([
    "s7 read_file todo.md",
    "s9 count_text notes/meeting.md",
    "s10 count_text todo.md",
    "s8 write_file notes.txt after s7,s9,s10",
    "s11 delete_file a.tmp after s8",
  ]);
  expect(plan.steps[3]?.late).toEqual({
    content:
      "one paragraph on each file read in s7, in at most 1 sentence; " +
      "then the number of lines of each file counted in s9 and s10, with a total",
  });
});

test("rejections that stand one behind the other are applied in their order", async () => {
  const contract = open();
  await contract.ask(summarise);
  const { plan } = await contract.reject("write it to one.md instead", "write it to two.md instead");
  expect(plan?.steps.at(-1)?.args).toEqual({ path: "two.md" });
  expect(plan?.summary).toContain("one.md instead of summary.md; two.md instead of one.md");
});

test("comments on steps are applied to these steps", async () => {
  const { plan } = await revise(tidy, {
    comments: { s1: "not needed", s2: "use hello.txt", s3: "put it into log.txt" },
  });
  expect(toLines(plan)).toEqual(["s2 delete_file hello.txt", "s3 write_file log.txt"]);
});

test("a comment that is not understood is admitted with its step", async () => {
  const { plan } = await revise(tidy, { comments: { s1: "why?" } });
  expect(toLines(plan)).toHaveLength(3);
  expect(plan.summary).toContain("I could not apply: “why?” (on s1).");
});

test("kept steps stay word for word, against all feedback, which is said", async () => {
  const { before, plan } = await revise(summarise, {
    keep: ["s2", "s8"],
    feedback:
      "leave out data/expenses.csv. write it to x.md instead. make it shorter. also count the lines. do s1 last",
  });
  for (const id of ["s2", "s8"]) {
    expect(plan.steps.find((step) => step.id === id)).toEqual(before.steps.find((step) => step.id === id));
  }
  expect(plan.summary).toContain("s2 stays: it is kept");
  expect(plan.summary).toContain("summary.md stays: the step that makes it is kept");
});

test("what a kept step waits for is held, too", async () => {
  const { plan } = await revise(summarise, { keep: ["s8"], feedback: "only the markdown files" });
  expect(plan.steps).toHaveLength(8);
  expect(plan.summary).toContain("a kept step needs it");
});

test("ids of steps that were removed never come back with another meaning", async () => {
  const { plan } = await revise(tidy, "remove step 3", "append 'y' to todo.md");
  expect(plan.steps.map(({ id }) => id)).toEqual(["s1", "s2", "s4"]);
});

test("what is built on a file that is no longer made goes with it", async () => {
  const { plan } = await revise(
    "copy hello.txt to b.txt, copy b.txt to c.txt and delete a.tmp",
    "skip step 1",
  );
  expect(toLines(plan)).toEqual(["s3 delete_file a.tmp"]);
});

test("when nothing is left, it says so instead of proposing nothing", async () => {
  const { text } = await revise("delete a.tmp", "don't delete anything");
  expect(text).toMatch(/nothing is left to do.*Nothing was run/);
});
