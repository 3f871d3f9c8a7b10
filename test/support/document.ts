import { readFileSync } from "node:fs";

/** A fenced block of a Markdown file. */
export interface Block {
  language: string;
  text: string;
}

export function readDocument(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** The fenced blocks of a Markdown text, in their order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
    language,
    text,
  }));
}

/** An HTTP request as a document writes it: request line, headers, a blank line, the body. */
export function parseRequest(text: string) {
  const [head = "", body = ""] = text.split(/\n\n/, 2);
  const [line = "", ...headers] = head.trim().split("\n");
  const [method = "", path = ""] = line.split(" ");
  const pairs = headers.map((header) => header.split(/:\s*/, 2) as [string, string]);
  return { method, path, headers: Object.fromEntries(pairs), body };
}

/** A frame as a document writes it, or `…` for any number of frames. */
export type WrittenFrame = "…" | { event: string; id: string; data: unknown };

/** Frames of an event stream as a document writes them: `data` may take several lines. */
export function parseFrames(text: string): WrittenFrame[] {
  return text
    .trim()
    .split(/\n\n+/)
    .map((frame) => {
      if (frame.trim() === "…") return "…";
      const [, event = "", data = "", id = ""] =
        /^event: (.*)\ndata: ([\s\S]*?)(?:\nid: (.*))?$/.exec(frame.trim()) ?? [];
      return { event, id, data: JSON.parse(data) };
    });
}

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const token = new RegExp(`${uuid}|\\b[0-9a-f]{64}\\b|\\b[0-9a-f]{32}\\b`, "g");
const instant = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/**
 * Says whether what a document shows is what really came. Ids and numbers of events may differ, but the same
 * one in the document must always be the same one in reality; times may differ freely; `…` stands for anything.
 */
export class Comparison {
  readonly #realOf = new Map<string, string>();
  readonly #writtenOf = new Map<string, string>();

  /** The document's text with its ids replaced by the real ones; an id that is new gets a new real one. */
  toReal(text: string): string {
    const withSince = text.replace(/"since":(\d+)/g, (_all, written: string) => {
      const [, real = written] = this.#realOf.get(`seq ${written}`)?.split(" ") ?? [];
      return `"since":${real}`;
    });
    return withSince.replace(token, (written) => {
      const real = this.#realOf.get(written) ?? crypto.randomUUID();
      this.#pair(written, real);
      return real;
    });
  }

  /** Where they differ, or undefined when they are the same. */
  difference(written: unknown, real: unknown, path = "$"): string | undefined {
    if (written === "…") return undefined;
    if (typeof written === "string" && typeof real === "string") {
      return this.#sameText(written, real) ? undefined : show(path, written, real);
    }
    if (typeof written === "number" && typeof real === "number") {
      return this.#sameNumber(path, written, real) ? undefined : show(path, written, real);
    }
    if (!isObject(written) || !isObject(real) || Array.isArray(written) !== Array.isArray(real)) {
      return written === real ? undefined : show(path, written, real);
    }
    const keys = new Set([...Object.keys(written), ...Object.keys(real)]);
    for (const key of keys) {
      if (!(key in written) || !(key in real)) return show(`${path}.${key}`, written[key], real[key]);
      const found = this.difference(written[key], real[key], `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #sameText(written: string, real: string): boolean {
    const pattern = written
      .replaceAll(instant, "<time>")
      .split("…")
      .map((part) => this.#asPattern(part))
      .join("[\\s\\S]*");
    const found = new RegExp(`^${pattern}$`).exec(real.replaceAll(instant, "<time>"));
    if (found === null) return false;
    const writtenIds = [...written.matchAll(token)].map(([id]) => id);
    const isSame = writtenIds.every((id, index) => this.#pair(id, found[index + 1] ?? ""));
    const [writtenSeq, realSeq] = [written, real].map((text) => seqOf(text));
    return isSame && (writtenSeq === undefined || this.#pair(`seq ${writtenSeq}`, `seq ${realSeq}`));
  }

  /** Text as a regular expression that takes any id for an id, and any event number behind a run's id. */
  #asPattern(text: string): string {
    if (/^\d+$/.test(text)) return "\\d+";
    const escaped = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return escaped.replace(token, `(${token.source})`).replace(/(\))(:\d+)$/, "$1:\\d+");
  }

  #sameNumber(path: string, written: number, real: number): boolean {
    if (/\.timestamp$/.test(path)) return real > 1e12;
    if (/\.(seq|applied_through_seq)$/.test(path)) return this.#pair(`seq ${written}`, `seq ${real}`);
    return written === real;
  }

  #pair(written: string, real: string): boolean {
    const isSame =
      (this.#realOf.get(written) ?? real) === real && (this.#writtenOf.get(real) ?? written) === written;
    this.#realOf.set(written, real);
    this.#writtenOf.set(real, written);
    return isSame;
  }
}

/** The number of the event in `run:seq` and `synth:run:seq`. */
function seqOf(text: string): string | undefined {
  return new RegExp(`^(?:(?:synth:)?${uuid}:)?(\\d+)$`).exec(text)?.[1];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function show(path: string, written: unknown, real: unknown): string {
  return `${path}: the document has ${JSON.stringify(written)}, and it was ${JSON.stringify(real)}`;
}
