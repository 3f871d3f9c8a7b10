import { expect } from "vitest";
import type { Comparison, WrittenFrame } from "./document.ts";

/** A frame of an event stream. */
export interface Frame {
  event: string;
  id: string;
  data: unknown;
}

/** The frames of an event stream one by one, as they were sent; comments left out. */
export async function* framesOf(response: Response): AsyncGenerator<Frame> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames.filter((one) => !one.startsWith(":"))) {
      const [, event = "", data = "", id = ""] = /^event: (.*)\ndata: (.*)(?:\nid: (.*))?$/.exec(frame) ?? [];
      yield { event, id, data: JSON.parse(data) };
    }
  }
}

/** Compares what the document shows with what comes, frame by frame. */
export async function compareFrames(
  written: WrittenFrame[],
  stream: AsyncGenerator<Frame>,
  comparison: Comparison,
): Promise<void> {
  let maySkip = false;
  for (const frame of written) {
    if (frame === "…") {
      maySkip = true;
      continue;
    }
    while (true) {
      const { value: real } = await stream.next();
      // A skipped frame must not leave its ids behind: only one of the right kind is compared.
      if (maySkip && !isSameKind(frame, real)) continue;
      expect(comparison.difference(frame, real)).toBeUndefined();
      break;
    }
    maySkip = false;
  }
}

function isSameKind(written: Frame, real: Frame): boolean {
  const kind = ({ event, data }: Frame) => {
    const { params } = data as { params?: { data: { payload?: object; event?: string } } };
    const { payload = {}, event: what = "" } = params?.data ?? {};
    return `${event} ${what} ${"draft" in payload ? "draft" : ""}`;
  };
  return kind(written) === kind(real);
}
