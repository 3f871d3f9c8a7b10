import type { BaseMessage } from "@langchain/core/messages";
import { isRecord, type JsonRecord, textOf } from "./json.ts";
import { type Media, toMedia } from "./media.ts";
import { listedSources, type Source, Sources, withMarks } from "./sources.ts";

/** What a message says, by what it is. */
export interface MessageParts {
  /** Markdown, with the numbers of its sources. */
  text: string;
  /** What the model thought before it spoke; null when it did not, "" when it is kept from us. */
  reasoning: string | null;
  media: Media[];
  sources: Source[];
  /** Calls of tools that the provider ran itself. */
  calls: ProviderCall[];
  /** Blocks that are none of these: shown as they are, since nothing that was said is left out. */
  others: JsonRecord[];
}

export interface ProviderCall {
  id: string;
  name: string;
  args: JsonRecord;
  result: unknown;
  isError: boolean;
}

/** Blocks that say what `tool_calls` say too. */
const toolBlocks =
  /^(tool_call|tool_call_chunk|tool_use|function_call|functionCall|invalid_tool_call|input_json_delta|server_tool_call_chunk)$/;
const thoughtBlocks = /^(reasoning|thinking|redacted_thinking|reasoning_content)$/;
const callBlocks = /^(server_tool_call|server_tool_use|mcp_tool_use)$/;
const resultBlocks = /^(server_tool_call_result|mcp_tool_result|[a-z_]+_tool_result)$/;

/** Takes a message apart, whatever the shape of its content. */
export function toParts(message: BaseMessage): MessageParts {
  const content: unknown = message.content;
  const blocks: unknown[] = Array.isArray(content) ? content : [content];
  const sources = new Sources();
  const parts: MessageParts = { text: "", reasoning: null, media: [], sources: [], calls: [], others: [] };
  for (const block of blocks) addBlock(block, parts, sources);
  for (const fields of [message.additional_kwargs, message.response_metadata]) {
    for (const source of listedSources(fields)) sources.add(source);
  }
  parts.reasoning ??= reasoningBeside(message.additional_kwargs);
  parts.sources = sources.list;
  return parts;
}

function addBlock(block: unknown, parts: MessageParts, sources: Sources): void {
  if (typeof block === "string") parts.text += block;
  if (!isRecord(block)) return;
  const type = typeof block.type === "string" ? block.type : "";
  const media = toMedia(block);
  if (media !== null) parts.media.push(media);
  else if (thoughtBlocks.test(type)) parts.reasoning = joined(parts.reasoning, thoughtOf(block));
  else if (callBlocks.test(type)) parts.calls.push(toCall(block));
  else if (resultBlocks.test(type)) addResult(block, parts);
  else if (toolBlocks.test(type)) return;
  else if (type === "refusal") parts.text += textOf(block.refusal) ?? "";
  else if (typeof block.text === "string") {
    const annotations = [block.annotations, block.citations].find(Array.isArray) ?? [];
    parts.text += withMarks(block.text, annotations, sources);
  } else if (type !== "text" && type !== "output_text") parts.others.push(block);
}

function joined(before: string | null, more: string): string {
  return [before ?? "", more].filter((one) => one !== "").join("\n\n");
}

function thoughtOf(block: JsonRecord): string {
  const said = [block.reasoning, block.thinking, block.text, block.reasoning_content].map(textOf);
  const summary = Array.isArray(block.summary) ? block.summary : [];
  const summed = summary
    .map((one) => (isRecord(one) ? textOf(one.text) : null))
    .filter((one) => one !== null);
  return said.find((one) => one !== null) ?? summed.join("\n\n");
}

/** Where providers put it that know no blocks. */
function reasoningBeside(fields: JsonRecord | undefined): string | null {
  const { reasoning_content: content, reasoning } = fields ?? {};
  if (isRecord(reasoning)) return thoughtOf(reasoning) || null;
  return textOf(content) ?? textOf(reasoning);
}

function toCall(block: JsonRecord): ProviderCall {
  const args = [block.args, block.input].find(isRecord) ?? {};
  return { id: textOf(block.id) ?? "", name: textOf(block.name) ?? "", args, result: null, isError: false };
}

function addResult(block: JsonRecord, { calls }: MessageParts): void {
  const id = [block.toolCallId, block.tool_call_id, block.tool_use_id]
    .map(textOf)
    .find((one) => one !== null);
  const call = calls.find((one) => one.id === id);
  const output = block.output ?? block.content ?? null;
  const isError = block.status === "error" || block.is_error === true;
  if (call !== undefined) Object.assign(call, { result: output, isError });
  else calls.push({ id: id ?? "", name: "", args: {}, result: output, isError });
}
