import fc from "fast-check";
import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { checkPlan, createContract, type ProposedPlan } from "../support/model-contract.ts";

const files = {
  "README.md": "# Garden\n\nPapers of our garden. The budget is in data.\n",
  "a.tmp": "x",
  "data/expenses.csv":
    "date,category,amount\n2026-01-02,tools,120.50\n2026-01-05,food,32.10\n2026-02-01,tools,80.00\n",
  "drafts/letter.txt": "Dear Tom,\n\nthank you for the letter.\n",
  "drafts/old.tmp": "y",
  "hello.txt": "hello\n",
  "notes/ideas.txt":
    "A garden on the roof. TODO: ask the neighbours. The roof needs a check first, because it is old.\n",
  "notes/meeting.md":
    "# Meeting\n\nWe talked about the budget. It is too small. The next meeting is in May.\n",
  "todo.md": "# To do\n\n- [ ] call Ana\n- [x] buy bread\n- [ ] send the budget to Tom\n",
};

const contract = (more: Record<string, string> = {}) =>
  createContract(createOfflineModel({ delayMs: 0 }), { ...files, ...more });

/** `tool path`, `tool from > to`, then `~` for late content, then what it waits for. */
function toLines({ steps }: ProposedPlan): string[] {
  return steps.map(({ id, tool, args, late, after }) => {
    const { path, from, to, query } = args;
    const what = from === undefined ? [path, query].filter((one) => one !== undefined) : [`${from} > ${to}`];
    return [id, tool, ...what, late ? "~" : "", after.length > 0 ? `after ${after.join(",")}` : ""]
      .filter((part) => part !== "")
      .join(" ");
  });
}

const every = Object.keys(files).sort();
const reads = every.map((path, at) => `s${at + 1} read_file ${path}`);

test("the flagship request reads every text file, writes the summary from them, and promises the longest", async () => {
  const { plan } = await contract().ask(
    "Read every file in the workspace, write a one-paragraph summary of each into summary.md, and tell me which is the longest",
  );
  expect(plan && toLines(plan)).toEqual([
    ...reads,
    "s10 write_file summary.md ~ after s1,s2,s3,s4,s5,s6,s7,s8,s9",
  ]);
  expect(plan?.steps.at(-1)?.late).toEqual({ content: "one paragraph on each file read in s1 to s9" });
  expect(plan?.summary).toContain("At the end I tell you the longest file.");
});

test("a file that is there is replaced, which is said, and is not its own source", async () => {
  const { plan } = await contract({ "summary.md": "old\n" }).ask(
    "write a summary of every file into summary.md",
  );
  expect(plan?.steps.at(-1)?.tool).toBe("replace_file");
  expect(plan?.assumptions).toContain("summary.md exists and will be replaced.");
  expect(plan?.assumptions).toContain("summary.md itself is left out: it is what gets written.");
  expect(plan && toLines(plan)).not.toContain("s10 read_file summary.md");
});

test("what is not text is left out of reading, which is said; hidden files are not taken for meant", async () => {
  const { plan } = await contract({ "logo.png": "\u0001", ".git/config": "x" }).ask(
    "summarise everything into s.md",
  );
  expect(plan?.assumptions).toContain("logo.png is left out: not text.");
  expect(plan && toLines(plan).join("\n")).not.toMatch(/logo\.png|\.git/);
});

const plans: [request: string, steps: string[]][] = [
  [
    "count the words in every file and write the counts to counts.txt",
    [
      ...every.map((path, at) => `s${at + 1} count_text ${path}`),
      "s10 write_file counts.txt ~ after s1,s2,s3,s4,s5,s6,s7,s8,s9",
    ],
  ],
  ["write a note to note.txt: Back at noon, Ana. Bring cake and tea", ["s1 write_file note.txt"]],
  ["write a haiku to haiku.txt: old pond / a frog leaps in", ["s1 write_file haiku.txt"]],
  ["append 'buy milk' to todo.md", ["s1 append_file todo.md"]],
  ['add a line saying "water the plants" to todo.md', ["s1 append_file todo.md"]],
  ["append 'x' to new.md", ["s1 write_file new.md"]],
  ["copy hello.txt to b.txt", ["s1 copy_file hello.txt > b.txt"]],
  ["Make a copy of hello.txt called bye.txt", ["s1 copy_file hello.txt > bye.txt"]],
  ["copy hello.txt to todo.md", ["s1 read_file hello.txt", "s2 replace_file todo.md ~ after s1"]],
  ["rename hello.txt to hi.txt", ["s1 move_file hello.txt > hi.txt"]],
  ["rename notes/ideas.txt to plans.txt", ["s1 move_file notes/ideas.txt > notes/plans.txt"]],
  ["move drafts/letter.txt to notes", ["s1 move_file drafts/letter.txt > notes/letter.txt"]],
  [
    "move all .txt files into archive",
    [
      "s1 make_directory archive",
      "s2 move_file drafts/letter.txt > archive/letter.txt after s1",
      "s3 move_file hello.txt > archive/hello.txt after s1",
      "s4 move_file notes/ideas.txt > archive/ideas.txt after s1",
    ],
  ],
  [
    "rename all .tmp files to .bak",
    ["s1 move_file a.tmp > a.bak", "s2 move_file drafts/old.tmp > drafts/old.bak"],
  ],
  ["move the drafts folder to archive", ["s1 move_file drafts > archive"]],
  ["delete drafts/letter.txt", ["s1 delete_file drafts/letter.txt"]],
  ["Please delete letter.txt", ["s1 delete_file drafts/letter.txt"]],
  ["delete all .tmp files", ["s1 delete_file a.tmp", "s2 delete_file drafts/old.tmp"]],
  [
    "delete the folder drafts",
    [
      "s1 delete_file drafts/letter.txt",
      "s2 delete_file drafts/old.tmp",
      "s3 delete_file drafts after s1,s2",
    ],
  ],
  ["delete all files in notes except the markdown files", ["s1 delete_file notes/ideas.txt"]],
  [
    "delete files that mention budget",
    ["s1 delete_file README.md", "s2 delete_file notes/meeting.md", "s3 delete_file todo.md"],
  ],
  ["create a folder reports", ["s1 make_directory reports"]],
  ["create folders x, y and z", ["s1 make_directory x", "s2 make_directory y", "s3 make_directory z"]],
  ["create an empty file x.txt", ["s1 write_file x.txt"]],
  ["create a.md and b.md", ["s1 write_file a.md", "s2 write_file b.md"]],
  ["write 'Hello' to a.txt, 'World' to b.txt", ["s1 write_file a.txt", "s2 write_file b.txt"]],
  [
    "create report.md with a summary of notes/ideas.txt",
    ["s1 read_file notes/ideas.txt", "s2 write_file report.md ~ after s1"],
  ],
  [
    "search for TODO and write the hits to todos.md",
    ["s1 search_text TODO", "s2 write_file todos.md ~ after s1"],
  ],
  ["write all lines containing 'budget' to b.md", ["s1 search_text budget", "s2 write_file b.md ~ after s1"]],
  ["list all files into files.txt", ["s1 list_files", "s2 write_file files.txt ~ after s1"]],
  [
    "combine hello.txt and todo.md into all.txt",
    ["s1 read_file hello.txt", "s2 read_file todo.md", "s3 write_file all.txt ~ after s1,s2"],
  ],
  [
    "add up the amounts in data/expenses.csv and write the total to totals/total.md",
    [
      "s1 read_file data/expenses.csv",
      "s2 make_directory totals",
      "s3 write_file totals/total.md ~ after s1,s2",
    ],
  ],
  ["back up todo.md", ["s1 copy_file todo.md > todo.md.bak"]],
  ["replace 'budget' with 'money' in todo.md", ["s1 replace_file todo.md"]],
  ["sort the lines of todo.md", ["s1 replace_file todo.md"]],
  [
    "first copy hello.txt to x.txt, then append 'bye' to x.txt and finally delete hello.txt",
    ["s1 copy_file hello.txt > x.txt", "s2 append_file x.txt after s1", "s3 delete_file hello.txt after s2"],
  ],
  [
    "1. copy todo.md to archive/todo.md\n2. delete todo.md",
    [
      "s1 make_directory archive",
      "s2 copy_file todo.md > archive/todo.md after s1",
      "s3 delete_file todo.md after s2",
    ],
  ],
  [
    "summarise hello.txt into s.md, but leave out nothing. Delete a.tmp.",
    ["s1 read_file hello.txt", "s2 write_file s.md ~ after s1", "s3 delete_file a.tmp after s2"],
  ],
  ["make a plan to list the files", ["s1 list_files"]],
];

test.each(plans)("plans: %s", async (request, steps) => {
  const one = contract();
  const { plan, text } = await one.ask(request);
  expect(text).toBeUndefined();
  expect(plan && checkPlan(plan)).toEqual([]);
  expect(plan && toLines(plan)).toEqual(steps);
  expect(one.reads[0]).toEqual({ name: "list_files", args: { recursive: true } });
});

test("a backup of every file keeps the paths below one folder", async () => {
  const { plan } = await contract().ask("make a backup copy of every file");
  expect(plan && toLines(plan)).toEqual([
    "s1 make_directory backup",
    ...every.map((path, at) => `s${at + 2} copy_file ${path} > backup/${path} after s1`),
  ]);
});

const literals: [request: string, content: string][] = [
  [
    "write a note to note.txt: Back at noon, Ana. Bring cake and tea",
    "Back at noon, Ana. Bring cake and tea",
  ],
  ["write hello world to greet.txt", "hello world"],
  ["write a hello to greet.txt", "Hello!\n"],
  ["create notes/plan.md:\n# Plan\n\n- one\n- delete all files", "# Plan\n\n- one\n- delete all files\n"],
  ["create shopping.md with a list of milk, eggs and bread", "- milk\n- eggs\n- bread\n"],
  ["overwrite hello.txt with “don't delete a.tmp”", "don't delete a.tmp"],
  ["append 'don't forget' to todo.md", "don't forget\n"],
  ["remove lines containing 'bread' from todo.md", files["todo.md"].replace("- [x] buy bread\n", "")],
  ["replace 'Tom' with 'Ann' in todo.md", files["todo.md"].replace("Tom", "Ann")],
];

test.each(literals)("the words that were given are the content: %s", async (request, content) => {
  const { plan } = await contract().ask(request);
  expect(plan?.steps.map(({ args }) => args.content)).toEqual([content]);
});

const answers: [request: string, ...expected: RegExp[]][] = [
  ["list the files", /9 files/, /- notes\/ideas\.txt \(\d+ bytes\)/],
  ["what files are there?", /- hello\.txt \(6 bytes\)/],
  ["find all markdown files", /3 files/, /README\.md[\s\S]*meeting\.md[\s\S]*todo\.md/],
  ["what is in the notes folder?", /2 files/, /notes\/meeting\.md/],
  ["how many files are there?", /There are \*\*9 files\*\*/],
  ["find all files larger than 80 bytes", /data\/expenses\.csv/],
  ["which files mention budget?", /3 files with “budget”/, /todo\.md \(1 line\)/],
  ["search for TODO", /`notes\/ideas\.txt:1`/],
  ["how many times does roof occur?", /“roof” is in 1 line of 1 file/],
  ["What does todo.md say about bread?", /`todo\.md:4` - \[x\] buy bread/],
  ["read todo.md", /\*\*todo\.md\*\*/, /- \[ \] call Ana/],
  ["show me the ideas", /A garden on the roof/, /“ideas” is taken to be notes\/ideas\.txt/],
  ["summarise notes/meeting.md", /^\*\*notes\/meeting\.md\*\*: Meeting: We talked about the budget\./],
  ["sum up notes/ideas.txt in one sentence", /^\*\*notes\/ideas\.txt\*\*: A garden on the roof\.$/],
  ["how many words are in hello.txt?", /\*\*hello\.txt\*\* has 1 word\./],
  ["count the lines of README.md and todo.md", /\| README\.md \| 3 \|/, /\| \*\*total\*\* \| 8 \|/],
  ["which is the longest file?", /The longest file is \*\*notes\/ideas\.txt\*\* with 97 bytes/],
  ["which file has the most words?", /The longest file is \*\*todo\.md\*\* with 20 words/],
  ["add up the amounts in data/expenses.csv", /total of “amount” in data\/expenses\.csv is \*\*232\.60\*\*/],
  ["what is the average amount by category?", /\| tools \| 100\.25 \|/, /it is the only table/],
  ["what's the highest amount?", /maximum of “amount” .* \*\*120\.50\*\*/],
  ["what is 12*7+3?", /^12\*7\+3 = \*\*87\*\*$/],
  ["what is 15% of 80?", /\*\*12\*\*/],
  ["10/0", /divides by zero/],
  ["hello", /offline rehearsal model/],
  ["who are you?", /offline rehearsal model/, /COUNTERSIGN_MODEL/],
  ["what can you do?", /delete all \.tmp files/],
  ["thanks!", /welcome/],
];

test.each(answers)("answers at once, without a plan: %s", async (request, ...expected) => {
  const { text } = await contract().ask(request);
  for (const pattern of expected) expect(text).toMatch(pattern);
});

const refusals: [request: string, expected: RegExp][] = [
  ["book me a flight to Rome", /do not understand “book me a flight to Rome”[\s\S]*What I can do/],
  ["translate todo.md into French", /do not understand/],
  ["why is the sky blue?", /do not understand/],
  ["write a poem about spring to poem.txt", /cannot compose a poem about spring[\s\S]*What I can do/],
  ["read missing.txt", /There is no missing\.txt in the workspace\./],
  ["delete nothing.txt", /There is no nothing\.txt/],
  ["delete meeting.txt", /Did you mean notes\/meeting\.md\?/],
  ["delete all .pdf files", /There is no file to take for “every \.pdf file”/],
  ["move hello.txt to todo.md", /todo\.md exists already, and a move never overwrites/],
];

test.each(refusals)("says plainly what it cannot do: %s", async (request, expected) => {
  const { text } = await contract().ask(request);
  expect(text).toMatch(expected);
  expect(text).toMatch(/\S/);
});

test("what it does not understand in a larger request is named in the plan", async () => {
  const { plan } = await contract().ask("delete a.tmp and email todo.md to Bob");
  expect(plan && toLines(plan)).toEqual(["s1 delete_file a.tmp"]);
  expect(plan?.summary).toContain("Not planned: I do not understand “email todo.md to Bob”.");
});

test("“it” is the file of the plan before", async () => {
  const one = contract();
  await one.ask("write a note to note.txt: hi");
  await one.approve();
  const { plan } = await one.ask("now append 'bye' to it");
  expect(plan && toLines(plan)).toEqual(["s1 append_file note.txt"]);
});

test("only the tools that are offered are planned; what is missing is said", async () => {
  const model = createOfflineModel({ delayMs: 0 });
  const list = {
    type: "function",
    function: { name: "list_files", description: "", parameters: { type: "object" } },
  };
  const offered = {
    type: "array",
    items: { type: "object", properties: { tool: { type: "string", enum: ["list_files"] } } },
  };
  const propose = {
    type: "function",
    function: {
      name: "propose_plan",
      description: "",
      parameters: { type: "object", properties: { steps: offered } },
    },
  };
  const bound = model.bindTools?.([list, propose]);
  const first = await bound?.invoke("delete a.tmp");
  expect(first?.tool_calls?.map(({ name }) => name)).toEqual(["list_files"]);
  const { ToolMessage, HumanMessage } = await import("@langchain/core/messages");
  const id = first?.tool_calls?.[0]?.id ?? "";
  const listed = new ToolMessage({ tool_call_id: id, name: "list_files", content: "a.tmp (1 byte)" });
  const second = await bound?.invoke([new HumanMessage("delete a.tmp"), ...(first ? [first] : []), listed]);
  expect(second?.text).toContain("needs the tool delete_file, which is not offered here");
});

test("the same request gets the same plan, but for ids of messages and calls", async () => {
  const request = "summarise every file into s.md and delete all .tmp files";
  const [one, other] = [await contract().ask(request), await contract().ask(request)];
  expect(one).toEqual(other);
});

test("a proposal that comes back with an error is corrected once, then it says why it cannot", async () => {
  const one = contract();
  await one.ask("delete a.tmp and copy hello.txt to b.txt");
  const { plan } = await one.refuse("steps.1 (s2): to: must not be b.txt");
  expect(plan && toLines(plan)).toEqual(["s1 delete_file a.tmp"]);
  expect(plan?.summary).toContain("must not be b.txt");
  const { text } = await one.refuse("steps.0 (s1): no");
  expect(text).toContain("I could not make a valid plan: steps.0 (s1): no");
});

test("no plan has more steps than the agent takes; what is left over is said", async () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`old/${n}.log`, "x"]));
  const { plan } = await contract(many).ask("delete all .log files");
  expect(plan?.steps).toHaveLength(200);
  expect(plan?.summary).toContain("A plan has at most 200 steps");
});

test("long and odd requests and files do not take long", async () => {
  const text = `read ${" ".repeat(30_000)}x ${"'a' and \"b\", ".repeat(3_000)}`;
  expect((await contract().ask(text)).text).toMatch(/\S/);
  const odd = {
    "a.md": `${"[".repeat(300_000)}${"\n".repeat(300_000)}${"|".repeat(300_000)}`,
    "b.md": "word ".repeat(150_000),
  };
  expect((await contract(odd).ask("summarise a.md and b.md")).text).toMatch(/## b\.md/);
});

const words =
  "read write copy move delete rename summarise count search list create append replace backup all every the file files " +
  "folder to into in from as and then but it them each a.txt hello.txt notes notes/ideas.txt *.tmp .md TODO 'x y' “z” : , . " +
  "first last step 2 s1 instead also only not don't before after longest words lines total of by with for 12*7 ../etc /x €";

test("whatever is asked and answered, it replies with words or a sound plan", async () => {
  const soup = fc.array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...words.split(" ")) },
      { weight: 1, arbitrary: fc.string() },
    ),
    { maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(soup, soup, soup, async (request, feedback, comment) => {
      const one = contract();
      const { plan, text } = await one.ask(request.join(" "));
      if (plan === undefined) {
        expect(text).toMatch(/\S/);
        return;
      }
      expect(checkPlan(plan)).toEqual([]);
      const keep = plan.steps.slice(-1).map(({ id }) => id);
      const comments = { [plan.steps[0]?.id ?? ""]: comment.join(" ") };
      const revised = await one.reject({ feedback: feedback.join(" "), keep, comments });
      if (revised.plan === undefined) {
        expect(revised.text).toMatch(/\S/);
        return;
      }
      expect(checkPlan(revised.plan)).toEqual([]);
      expect(revised.plan.steps.find(({ id }) => id === keep[0])).toEqual(plan.steps.at(-1));
      expect(await one.approve()).toMatch(/\S/);
    }),
    { numRuns: 300 },
  );
}, 60_000);
