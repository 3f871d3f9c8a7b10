import { HumanMessage } from "@langchain/core/messages";
import { expect, test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";
import { fill } from "../support/model-contract.ts";

const model = createOfflineModel({ delayMs: 0 });

const read = (step: string, path: string, output: string) => ({
  step,
  title: `Read ${path}`,
  tool: "read_file",
  args: { path },
  output,
});
const count = (step: string, path: string, output: string) => ({
  step,
  title: `Count ${path}`,
  tool: "count_text",
  args: { path },
  output: `${path}: ${output}`,
});

async function write(path: string, rule: string, outputs: Record<string, unknown>[]): Promise<unknown> {
  const step = {
    id: "s9",
    title: "Write",
    why: "",
    tool: "write_file",
    args: { path },
    late: { content: rule },
    after: [],
  };
  return (await fill(model, step, { request: "…", outputs })).content;
}

const prose =
  "# Roof\n\nThe roof is old and it leaks. Nobody likes rain. A new roof costs 2000 euros. " +
  "We could ask the neighbours about the roof. Cats are nice.\n";

test("summaries are one paragraph per file under its path, picked from its text", async () => {
  const outputs = [read("s1", "notes/roof.md", prose), read("s2", "empty.txt", "")];
  expect(await write("summary.md", "one paragraph on each file read in s1 to s2", outputs)).toBe(
    "## notes/roof.md\n\nRoof: The roof is old and it leaks. A new roof costs 2000 euros. " +
      "We could ask the neighbours about the roof.\n\n## empty.txt\n\nThe file is empty.\n",
  );
});

test("only the steps that a rule names go into it", async () => {
  const outputs = [
    read("s1", "a.txt", "First file."),
    read("s2", "b.txt", "Second file."),
    read("s3", "c.txt", "Third."),
  ];
  const content = await write(
    "s.md",
    "one paragraph on each file read in s1 and s3, in at most 1 sentence",
    outputs,
  );
  expect(content).toBe("## a.txt\n\nFirst file.\n\n## c.txt\n\nThird.\n");
});

const counted = [
  count("s1", "a.md", "2 lines, 10 words, 60 characters, 61 bytes"),
  count("s2", "b.md", "1 line, 1 word, 5 characters, 5 bytes"),
];
const countRule = "the number of words of each file counted in s1 and s2, with a total";

const tables: [path: string, content: string][] = [
  ["counts.txt", "a.md: 10 words\nb.md: 1 word\ntotal: 11 words\n"],
  ["counts.md", "| file | words |\n|---|---:|\n| a.md | 10 |\n| b.md | 1 |\n| **total** | 11 |\n"],
  ["counts.csv", "path,words\na.md,10\nb.md,1\ntotal,11\n"],
];

test.each(tables)("counts take the form that fits %s", async (path, content) => {
  expect(await write(path, countRule, counted)).toBe(content);
});

test("hits are listed with file and line", async () => {
  const hits = {
    step: "s1",
    title: "Search",
    tool: "search_text",
    args: { query: "tea" },
    output: "a.md:3: - Tea, please\nb.md:1: tea",
  };
  const rule = "every line with “tea” found in s1, with its file and line number";
  expect(await write("hits.txt", rule, [hits])).toBe("a.md:3: - Tea, please\nb.md:1: tea\n");
  expect(await write("hits.md", rule, [hits])).toBe(
    "2 lines with “tea”:\n\n- `a.md:3` - Tea, please\n- `b.md:1` tea\n",
  );
});

test("what a search left out is in the file as well", async () => {
  const output = 'No line contains "tea".\n(Not searched: 1 file, binary, unreadable or over 1 MiB.)';
  const hits = { step: "s1", title: "Search", tool: "search_text", args: { query: "tea" }, output };
  expect(await write("hits.md", "every line with “tea” found in s1", [hits])).toContain(
    "Not searched: 1 file",
  );
});

test("figures come from the column that was meant, also by group", async () => {
  const csv = 'day,kind,amount_eur\n1,a,1.50\n2,b,2\n3,a,"1,000.25"\n';
  const rule = "the total and average of “amounts” by “kind”, from the rows read in s1";
  expect(await write("sums.md", rule, [read("s1", "x.csv", csv)])).toBe(
    "Of “amount_eur” in x.csv, the total is **1003.75**, the average is **334.58** (3 values).\n\n" +
      "| kind | total | average |\n|---|---:|---:|\n| a | 1001.75 | 500.88 |\n| b | 2.00 | 2.00 |\n",
  );
});

test("a listing and the longest file come from what was listed", async () => {
  const listed = {
    step: "s1",
    title: "List",
    tool: "list_files",
    args: {},
    output: "notes/\nnotes/a.md (12 bytes)\nb.txt (1 byte)",
  };
  expect(await write("l.txt", "the list of markdown files, from s1", [listed])).toBe(
    "notes/a.md (12 bytes)\n",
  );
  expect(await write("l.txt", "which file has the most bytes, from s1", [listed])).toBe(
    "The longest file is notes/a.md with 12 bytes; next is b.txt with 1 byte.\n",
  );
});

test("the text of one file is written exactly, of several each under its path", async () => {
  const text = "  kept\tas it is\n\n";
  expect(await write("b.md", "exactly the text read in s1", [read("s1", "a.md", text)])).toBe(text);
  const both = [read("s1", "a.txt", "A\n"), read("s2", "b.txt", "B\n")];
  expect(await write("c.txt", "the text of each file read in s1 and s2, under its path", both)).toBe(
    "a.txt\n\nA\n\nb.txt\n\nB\n",
  );
});

test("rules that were joined are all written, in their order, under a title", async () => {
  const outputs = [read("s3", "a.md", "Hello there."), ...counted];
  const rule = `one paragraph on each file read in s3, under the title “All”; then ${countRule}`;
  expect(await write("s.md", rule, outputs)).toMatch(
    /^# All\n\n## a\.md\n\nHello there\.\n\n\| file \| words \|/,
  );
});

test("a rule in a person's own words is followed where it can be", async () => {
  const outputs = [read("s1", "a.md", prose)];
  expect(await write("s.md", "a short summary of s1 as bullet points", outputs)).toBe(
    "## a.md\n\n- Roof: The roof is old and it leaks.\n",
  );
  expect(await write("s.md", "“exactly this”", outputs)).toBe("exactly this\n");
  expect(await write("s.md", "something nice", outputs)).toContain("did not understand “something nice”");
});

test("what would have to be composed is refused in words, not made up", async () => {
  await expect(write("s.md", "a French translation of s1", [read("s1", "a.md", prose)])).rejects.toThrow(
    /offline rehearsal model and cannot write “a French translation of s1”/,
  );
  await expect(write("s.md", "a summary", [])).rejects.toThrow(/cannot write/);
});

test("a text that arrived cut is not passed off as the whole", async () => {
  const outputs = [{ ...read("s1", "big.txt", "x".repeat(1_000)), outputLength: 40_000 }];
  await expect(write("copy.txt", "exactly the text read in s1", outputs)).rejects.toThrow(
    /did not arrive whole/,
  );
  expect(await write("s.md", "one paragraph on each file read in s1", outputs)).toContain(
    "Only the beginning of big.txt",
  );
});

test("exactly the arguments that are asked for are filled", async () => {
  const step = {
    id: "s2",
    title: "",
    why: "",
    tool: "send",
    args: {},
    late: { subject: "“Hi”", body: "exactly the text read in s1" },
    after: [],
  };
  const filled = await fill(model, step, { request: "", outputs: [read("s1", "a.md", "A\n")] });
  expect(filled).toEqual({ subject: "Hi\n", body: "A\n" });
});

test("a task that is no JSON is refused, not crashed on", async () => {
  const schema = { type: "object", properties: { content: { type: "string" } } };
  const bound = model.bindTools?.([
    { type: "function", function: { name: "fill_arguments", description: "", parameters: schema } },
  ]);
  const message = await bound?.invoke([new HumanMessage("no JSON")]);
  expect(message?.tool_calls).toEqual([]);
  expect(message?.text).toContain("cannot write");
});
