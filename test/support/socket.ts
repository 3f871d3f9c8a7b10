import { once } from "node:events";
import { expect } from "vitest";
import { WebSocket } from "ws";

/** A text frame of a socket: an event, or the reply to a command. */
export type SocketFrame = Record<string, unknown> & {
  type: string;
  id?: number;
  seq?: number;
  event_id?: string;
  method?: string;
  params?: { namespace: string[]; data: Record<string, unknown> };
};

/** A socket as a client without a library would hold it. */
export function openSocket(url: string, threadId: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/threads/${threadId}/stream/events`, { headers });
  const frames: SocketFrame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data)) as SocketFrame));
  let next = 0;
  return {
    socket,
    frames,
    opened: once(socket, "open"),
    closed: once(socket, "close").then(([code]) => code as number),
    async command(method: string, params: object = {}): Promise<SocketFrame> {
      next += 1;
      const id = next;
      socket.send(JSON.stringify({ id, method, params }));
      await expect.poll(() => frames.some((frame) => frame.id === id), { interval: 5 }).toBe(true);
      return frames.find((frame) => frame.id === id) as SocketFrame;
    },
    events: (method?: string) =>
      frames.filter((frame) => frame.type === "event" && (method === undefined || frame.method === method)),
    [Symbol.dispose]: () => socket.terminate(),
  };
}
