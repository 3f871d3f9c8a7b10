import { isRecord, type JsonRecord, textOf } from "./json.ts";

/** An image or a file of a message or a step, wherever it is kept. */
export interface Media {
  kind: "image" | "file";
  mimeType: string;
  name: string | null;
  /** What can be shown and saved without asking anybody else: a `data:` address, or one of this server. */
  src: string | null;
  /** Somewhere else: opened by a click alone, since asking for it would say who reads this. */
  href: string | null;
  /** Of a file of text that came in the open. */
  text: string | null;
}

/** Pictures that cannot hold a script, and that browsers show. SVG can: it is a file. */
const rasters = /^image\/(png|jpe?g|gif|webp|avif|bmp)$/i;

const types = new Set([
  "image",
  "image_url",
  "input_image",
  "image_generation_call",
  "file",
  "input_file",
  "document",
  "audio",
  "input_audio",
  "video",
  "media",
  "inlineData",
  "text-plain",
  "resource",
  "resource_link",
]);

/**
 * A content block as media, whoever wrote it: LangChain's (both forms), OpenAI's, Anthropic's, Google's and MCP's.
 * Null when it is none, or holds nothing but an id at a provider.
 */
export function toMedia(block: unknown): Media | null {
  if (!isRecord(block) || typeof block.type !== "string" || !types.has(block.type)) return null;
  const inner = [block.source, block.file, block.resource, block.inlineData, block.input_audio].find(
    isRecord,
  );
  const part: JsonRecord = { ...block, ...inner };
  const metadata = isRecord(part.metadata) ? part.metadata : {};
  const named = [
    part.filename,
    part.title,
    part.name,
    metadata.filename,
    metadata.name,
    metadata.title,
    part.uri,
  ];
  const name = named.map(textOf).find((one) => one !== null) ?? null;
  const said = [part.mimeType, part.mime_type, part.media_type].map(textOf).find((one) => one !== null);
  // Anthropic's documents of plain text have it where others have bytes.
  const isOpen = inner?.type === "text";
  const text = textOf(isOpen ? inner.data : part.text);
  const address = isOpen ? null : addressOf(part, said ?? defaultType(block.type));
  if (address === null && text === null) return null;
  return toShown({ address, mimeType: said ?? null, type: block.type, name, text });
}

interface Found {
  address: string | null;
  mimeType: string | null;
  type: string;
  name: string | null;
  text: string | null;
}

function toShown({ address, mimeType: said, type, name, text }: Found): Media | null {
  const inData = address?.match(/^data:([\w.+-]+\/[\w.+-]+)[;,]/)?.[1];
  const mimeType = inData ?? said ?? (text === null ? defaultType(type) : "text/plain");
  const src = address !== null && isHere(address) ? address : null;
  const href = address !== null && src === null && /^https?:/i.test(address) ? address : null;
  if (src === null && href === null && text === null) return null;
  const isPicture = src?.startsWith("data:") ? rasters.test(mimeType) : /^image\/(?!svg)/i.test(mimeType);
  return { kind: isPicture ? "image" : "file", mimeType, name, src, href, text };
}

/** Where its bytes are, as an address. */
function addressOf(part: JsonRecord, mimeType: string): string | null {
  const nested = isRecord(part.image_url) ? part.image_url.url : part.image_url;
  const address = [part.url, nested, part.file_data, part.file_url, part.uri]
    .map(textOf)
    .find((one) => one !== null && /^(data:|https?:|\/(?!\/))/i.test(one));
  const bytes = [part.data, part.blob, part.result].map(textOf).find((one) => one !== null);
  if (bytes === undefined) return address ?? null;
  return /^data:/.test(bytes) ? bytes : `data:${mimeType};base64,${bytes}`;
}

function defaultType(type: string): string {
  if (/image/.test(type)) return "image/png";
  if (/audio/.test(type)) return "audio/wav";
  return "application/octet-stream";
}

/** True for what asks nobody but the page's own server. */
function isHere(address: string): boolean {
  if (/^data:/i.test(address)) return true;
  if (typeof window === "undefined") return address.startsWith("/");
  try {
    return new URL(address, window.location.href).origin === window.location.origin;
  } catch {
    return false;
  }
}

/** True for a `data:` address of a picture that a page may show wherever text may hold it. */
export function isRasterData(address: string): boolean {
  const mimeType = address.match(/^data:([\w.+-]+\/[\w.+-]+);base64,/i)?.[1];
  return mimeType !== undefined && rasters.test(mimeType);
}

/** What stands for the place that an address leads to. */
export function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}
