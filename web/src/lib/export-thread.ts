import { saveFile, toFileName } from "countersign/react";
import { wordsLater as words } from "../words-later.ts";
import { getState } from "./api.ts";

interface WireMessage {
  type?: string;
  content?: unknown;
  name?: string;
  tool_calls?: { name: string; args: unknown }[];
}

/** Hands the person the whole thread as a file. */
export async function exportThread(
  threadId: string,
  title: string,
  format: "markdown" | "json",
): Promise<void> {
  const state = await getState(threadId);
  const text = format === "json" ? JSON.stringify(state, null, 2) : toMarkdown(title, state.values);
  const type = format === "json" ? "application/json" : "text/markdown";
  saveFile(`${toFileName(title, words.file.chat)}.${format === "json" ? "json" : "md"}`, text, type);
}

/** The conversation as a document: who said what, and what was called. */
export function toMarkdown(title: string, values: Record<string, unknown>): string {
  const messages = Array.isArray(values.messages) ? (values.messages as WireMessage[]) : [];
  return [`# ${title}`, ...messages.flatMap(toSection)].join("\n\n").concat("\n");
}

function toSection({ type, content, name, tool_calls: calls = [] }: WireMessage): string[] {
  const text = textOf(content).trim();
  if (type === "human") return [`## ${words.file.you}\n\n${text}`];
  if (type === "ai") {
    const called = calls.map(
      (call) => `${words.file.called(call.name)}\n\n${fenced(JSON.stringify(call.args, null, 2), "json")}`,
    );
    const said = [text, ...called].filter((part) => part !== "");
    return said.length > 0 ? [`## ${name ?? words.file.agent}\n\n${said.join("\n\n")}`] : [];
  }
  if (type === "tool") return [`### ${words.file.result(name ?? words.file.aTool)}\n\n${fenced(text, "")}`];
  return text === "" ? [] : [text];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block: { text?: unknown }) => (typeof block.text === "string" ? block.text : ""))
    .join("");
}

/** A fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
