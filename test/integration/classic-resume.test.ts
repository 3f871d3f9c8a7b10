import { afterAll, beforeAll, expect, test } from "vitest";
import type { Frame } from "../support/frames.ts";
import { openRows, type Row } from "../support/rows.ts";

/** Classic streams that break off in the middle of a message. */

let at: Row;
beforeAll(async () => {
  at = await openRows();
});
afterAll(() => at[Symbol.asyncDispose]());

const text = "You said: one and that was it.";

function second(event: string): (frame: Frame) => boolean {
  let count = 0;
  return (frame) => {
    if (frame.event === event) count += 1;
    return count === 2;
  };
}

const textsOf = (frames: Frame[], event: string) =>
  frames
    .filter((frame) => frame.event === event)
    .map(({ data }) => (data as [{ content: string }])[0].content);

test.each(["while the run goes on", "when the run has ended"])(
  "a stream that broke off in a message goes on behind what was said, %s",
  async (when) => {
    const { threadId, runId } = await at.held();
    const path = `GET /threads/${threadId}/runs/${runId}/stream?stream_mode=`;
    const tuples = await at.frames(`${path}messages-tuple`, {
      headers: { "last-event-id": "-1" },
      until: second("messages"),
    });
    const older = await at.frames(`${path}messages`, {
      headers: { "last-event-id": "-1" },
      until: second("messages/partial"),
    });
    at.gate.open();
    if (when === "when the run has ended") await at.until(threadId, "idle");
    const goOn = (mode: string, frames: Frame[]) =>
      at.frames(path + mode, { headers: { "last-event-id": frames.at(-1)?.id ?? "" } });
    const rest = await goOn("messages-tuple", tuples);
    expect([...textsOf(tuples, "messages"), ...textsOf(rest, "messages")].join("")).toBe(text);
    const last = await goOn("messages", older);
    expect(textsOf(last, "messages/complete")).toEqual([text]);
    for (const said of textsOf(last, "messages/partial")) expect(text.startsWith(said)).toBe(true);
  },
);

test("who comes to a thread's stream in the middle of a message gets the rest of it", async () => {
  const messages = [{ role: "user", content: "one" }];
  at.gate.shut();
  const threadId = await at.empty();
  await at.call(`POST /threads/${threadId}/runs`, {
    assistant_id: "chat",
    input: { messages },
    stream_mode: ["messages-tuple"],
  });
  const path = `GET /threads/${threadId}/stream?stream_mode=run_modes&stream_mode=lifecycle`;
  const first = await at.frames(path, { headers: { "last-event-id": "-1" }, until: second("messages") });
  at.gate.open();
  await at.until(threadId, "idle");
  const rest = await at.frames(path, {
    headers: { "last-event-id": first.at(-1)?.id ?? "" },
    until: ({ data }) => (data as { status?: string }).status === "run_done",
  });
  expect([...textsOf(first, "messages"), ...textsOf(rest, "messages")].join("")).toBe(text);
});
