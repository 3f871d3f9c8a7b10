/** Server-Sent Events framing (WHATWG HTML, "Server-sent events"). Pure: strings in, strings out. */

/** One frame. `data` must be JSON on one line: clients parse every `data` they get. */
export function toSseFrame(event: string, data: string, id: string): string {
  return `event: ${event}\ndata: ${data}\nid: ${id}\n\n`;
}

/** A comment: clients skip it, their idle watchdog learns its cadence (reference/protocol.md 2.1). */
export const heartbeatFrame = ": heartbeat\n\n";

/** Stop proxies and compressing middleware from holding back or recoding what comes piece by piece. */
export const unbuffered: Readonly<Record<string, string>> = {
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
};

/** Headers of every event stream. */
export const sseHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  ...unbuffered,
};
