import { z } from "zod";

const media = z.strictObject({
  type: z.literal("image"),
  mime_type: z.string().regex(/^image\/[\w.+-]{1,100}$/i),
  /** Base64, as MCP has it. */
  data: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .optional(),
  /** Where it is, when the tool gave no bytes. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});

/** A picture that a step's tool returned: shown to people, never sent to a model. */
export type StepMedia = z.infer<typeof media>;

/** Pictures that a step keeps, at most. */
const maxImages = 4;
/** Bytes of all that a step keeps. */
const maxBytes = 2_000_000;

/** What a tool returned: its text, and what it showed. */
export interface ToolOutput {
  text: string;
  media: StepMedia[];
}

/** Keeps as many pictures as a step may have, and says in the text what was left out. */
export function toToolOutput(text: string, shown: readonly unknown[]): ToolOutput {
  const kept: StepMedia[] = [];
  let [bytes, tooMuch, invalid] = [0, 0, 0];
  for (const one of shown) {
    const parsed = media.safeParse(one);
    if (!parsed.success || (parsed.data.data ?? parsed.data.url) === undefined) {
      invalid += 1;
      continue;
    }
    const size = Math.floor(((parsed.data.data?.length ?? 0) * 3) / 4);
    if (kept.length === maxImages || bytes + size > maxBytes) tooMuch += 1;
    else {
      kept.push(parsed.data);
      bytes += size;
    }
  }
  const limit = `a step keeps ${maxImages} images, and ${maxBytes / 1_000_000} MB in all`;
  const notes = [
    ...(tooMuch > 0 ? [`[${images(tooMuch)} not kept: ${limit}]`] : []),
    ...(invalid > 0 ? [`[${images(invalid)} not kept: it cannot be read]`] : []),
  ];
  return { text: [...(text === "" ? [] : [text]), ...notes].join("\n"), media: kept };
}

function images(count: number): string {
  return count === 1 ? "1 image was" : `${count} images were`;
}

/** The pictures among the blocks of a message, in the shapes that LangChain knows. */
export function imagesIn(content: unknown): unknown[] {
  return Array.isArray(content) ? content.flatMap((block) => toImage(block)) : [];
}

function toImage(block: Record<string, unknown> | null): unknown[] {
  const { type, image_url, url, data, mimeType, mime_type = mimeType ?? "image/png" } = block ?? {};
  if (type === "image_url") {
    const at =
      typeof image_url === "object" && image_url !== null ? Reflect.get(image_url, "url") : image_url;
    return [fromUrl(String(at), "image/png")];
  }
  if (type !== "image") return [];
  if (typeof url === "string") return [fromUrl(url, mime_type)];
  return [{ type: "image", mime_type, data }];
}

function fromUrl(url: string, mimeType: unknown): unknown {
  const [, inUrl, data] = /^data:([^;,]*);base64,(.*)$/s.exec(url) ?? [];
  if (data !== undefined) return { type: "image", mime_type: inUrl, data };
  return { type: "image", mime_type: mimeType, url };
}

/** What is recorded of a call, as JSON: its text alone, or with what it showed. */
export type RecordedOutput = string | ({ type: "tool_output" } & ToolOutput);

export function toRecorded({ text, media: shown }: ToolOutput): RecordedOutput {
  return shown.length === 0 ? text : { type: "tool_output", text, media: shown };
}

const recorded = z.strictObject({
  type: z.literal("tool_output"),
  text: z.string(),
  media: z.array(media).max(maxImages),
});

/** The output with pictures that was recorded; undefined for anything else, such as what a person said it returned. */
export function fromRecorded(value: unknown): ToolOutput | undefined {
  const parsed = recorded.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}
