import { readFileSync } from "node:fs";
import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { test } from "vitest";
import { createOfflineModel } from "../../src/models/index.ts";

const files: Record<string, string> = {
  "todo.md": "# To do\n\n- [ ] call Ana\n- [x] buy bread\n- [ ] send the budget to Tom\n",
  "notes/ideas.txt":
    "A garden on the roof would be nice. The roof needs a check first. Budget is about 2000 euros. TODO: ask the neighbours about the roof garden. They may want to share the costs of the garden.",
  "notes/meeting.md":
    "# Meeting\n\nWe met on Monday to talk about the budget. Everyone agreed that the budget is too small. The next meeting is in May.\n",
  "data/expenses.csv":
    "date,category,amount\n2026-01-02,travel,120.50\n2026-01-05,food,32.10\n2026-02-01,travel,80.00\n2026-02-11,office,15.99\n",
  "drafts/letter.txt": "Dear Tom,\n\nthank you for the letter. I will answer soon.\n\nAna\n",
  "drafts/old.tmp": "x",
  "a.tmp": "y",
  "hello.txt": "hello",
};
const listing = () => {
  const out: string[] = [];
  const dirs = new Set<string>();
  for (const p of Object.keys(files)) {
    const d = p.split("/").slice(0, -1).join("/");
    if (d) dirs.add(d);
  }
  for (const d of dirs) out.push(`${d}/`);
  for (const [p, t] of Object.entries(files)) out.push(`${p} (${Buffer.byteLength(t)} bytes)`);
  return out.sort().join("\n");
};
const run = (name: string, args: any): string => {
  if (name === "list_files") return listing();
  if (name === "read_file") {
    if (!(args.path in files)) throw new Error("no file");
    return files[args.path]!;
  }
  if (name === "search_text")
    return (
      Object.entries(files)
        .filter(([p]) => !args.path || p === args.path || p.startsWith(args.path + "/"))
        .flatMap(([p, t]) =>
          t
            .split("\n")
            .map((l, i) => ({ p, l, i }))
            .filter(({ l }) => l.toLowerCase().includes(args.query.toLowerCase()))
            .map(({ p, l, i }) => `${p}:${i + 1}: ${l}`),
        )
        .join("\n") || "No lines match."
    );
  if (name === "count_text") {
    const t = files[args.path]!;
    return `${args.path}: ${t.split("\n").length} lines, ${t.match(/\S+/g)?.length ?? 0} words, ${t.length} characters, ${Buffer.byteLength(t)} bytes`;
  }
  return "";
};
const t = (name: string, p: string[]) => ({
  type: "function",
  function: {
    name,
    description: name,
    parameters: { type: "object", properties: Object.fromEntries(p.map((k) => [k, { type: "string" }])) },
  },
});
const all = [
  "list_files",
  "find_files",
  "read_file",
  "search_text",
  "count_text",
  "write_file",
  "replace_file",
  "append_file",
  "copy_file",
  "move_file",
  "delete_file",
  "make_directory",
];
const tools = [
  t("list_files", ["path"]),
  t("find_files", ["name"]),
  t("read_file", ["path"]),
  t("search_text", ["query"]),
  t("count_text", ["path"]),
  {
    type: "function",
    function: {
      name: "propose_plan",
      description: "",
      parameters: {
        type: "object",
        properties: {
          steps: {
            type: "array",
            items: { type: "object", properties: { tool: { type: "string", enum: all } } },
          },
        },
      },
    },
  },
];
async function talk(request: string, feedback: any[] = []) {
  const model = createOfflineModel({ delayMs: 0 }).bindTools!(tools as any);
  const messages: BaseMessage[] = [new HumanMessage(request)];
  for (let i = 0; i < 10; i++) {
    const m = await model.invoke(messages);
    messages.push(m as any);
    const calls = (m as AIMessage).tool_calls ?? [];
    if (calls.length === 0) {
      console.log(`>>> ${request}\nTEXT ${m.text}\n`);
      return;
    }
    const plan = calls.find((c) => c.name === "propose_plan");
    if (plan) {
      const p: any = plan.args;
      console.log(
        `>>> ${request}${feedback.length < 0 ? "" : ""}\nPLAN ${p.title} | ${p.summary} | ${JSON.stringify(p.assumptions)}\n` +
          p.steps
            .map(
              (s: any) =>
                `  ${s.id} ${s.title} [${s.tool} ${JSON.stringify(s.args)}${s.late ? ` late=${JSON.stringify(s.late)}` : ""}] after=${s.after}`,
            )
            .join("\n") +
          "\n",
      );
      const f = feedback.shift();
      if (!f) return;
      console.log("FEEDBACK", JSON.stringify(f));
      messages.push(
        new ToolMessage({
          tool_call_id: plan.id!,
          name: "propose_plan",
          content: JSON.stringify({
            decision: "reject",
            keep: [],
            comments: {},
            ...(typeof f === "string" ? { feedback: f } : f),
          }),
        }),
      );
      continue;
    }
    for (const c of calls) {
      try {
        messages.push(new ToolMessage({ tool_call_id: c.id!, name: c.name, content: run(c.name, c.args) }));
      } catch (e: any) {
        messages.push(
          new ToolMessage({ tool_call_id: c.id!, name: c.name, content: e.message, status: "error" }),
        );
      }
    }
  }
}
test("trial", async () => {
  const cases = JSON.parse(readFileSync("/tmp/trial/cases.json", "utf8"));
  for (const c of cases) await talk(...((Array.isArray(c) ? [c[0], c.slice(1)] : [c]) as [string, any[]]));
}, 60000);
