import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { blocksOf, Comparison, parseFrames, parseRequest, readDocument } from "../support/document.ts";
import { compareFrames, type Frame, framesOf } from "../support/frames.ts";
import { createAskGraph } from "../support/graphs.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

const document = readDocument("docs/protocol.md");

/** Plays what the document shows of a socket; replies are told apart from events by their id. */
async function playSocket(url: string, text: string, comparison: Comparison): Promise<void> {
  const [request = "", ...lines] = text.trim().split("\n");
  const path = comparison.toReal(request.replace("GET ", ""));
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`);
  const heard: Record<string, unknown>[] = [];
  socket.on("message", (data) => heard.push(JSON.parse(String(data)) as Record<string, unknown>));
  await once(socket, "open");
  try {
    for (const line of lines) {
      if (line.startsWith("> ")) {
        socket.send(comparison.toReal(line.slice(2)));
        continue;
      }
      const written = JSON.parse(line.slice(2)) as Record<string, unknown>;
      const isMeant = (frame: Record<string, unknown>) =>
        written.type === "event" ? frame.type === "event" : frame.id === written.id;
      await expect.poll(() => heard.some(isMeant), { interval: 5, timeout: 10_000 }).toBe(true);
      const [real] = heard.splice(heard.findIndex(isMeant), 1);
      expect(comparison.difference(written, real)).toBeUndefined();
    }
  } finally {
    socket.terminate();
  }
}

test("both protocols are on the wire as the document shows them, from its first request to its last", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const comparison = new Comparison();
  const closing = new AbortController();
  let stream: AsyncGenerator<Frame> | undefined;
  let reply: { status: number; body: unknown } | undefined;
  const compared = { json: 0, http: 0, text: 0, ws: 0 };
  try {
    for (const { language, text } of blocksOf(document)) {
      if (language === "http" && text.startsWith("HTTP/")) {
        const { path: status, body } = parseRequest(text);
        expect(reply?.status).toBe(Number(status));
        expect(comparison.difference(JSON.parse(body), reply?.body)).toBeUndefined();
        compared.http += 1;
      } else if (language === "http") {
        const { method, path, headers, body } = parseRequest(comparison.toReal(text));
        const sent = { method, headers, body, signal: closing.signal };
        const response = await fetch(`${server.url}${path}`, sent);
        const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
        if (isStream) stream = framesOf(response);
        else reply = { status: response.status, body: await response.json() };
      } else if (language === "json") {
        expect(reply?.status).toBe(200);
        expect(comparison.difference(JSON.parse(text), reply?.body)).toBeUndefined();
        compared.json += 1;
      } else if (language === "text") {
        if (stream === undefined) throw new Error("No stream was opened before these frames.");
        await compareFrames(parseFrames(text), stream, comparison);
        compared.text += 1;
      } else if (language === "ws") {
        await playSocket(server.url, text, comparison);
        compared.ws += 1;
      }
    }
  } finally {
    closing.abort();
  }
  expect(compared).toEqual({ json: 8, http: 1, text: 3, ws: 1 });
});

test("every command that the server knows is in the document, and every one in it is known", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { ask: createAskGraph() }, directory: directory.path });
  const response = await fetch(`${server.url}/threads/${crypto.randomUUID()}/commands`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"id":1,"method":"what"}',
  });
  const { message } = (await response.json()) as { message: string };
  const known = message.replace(/.*Known here: (.*)\./, "$1").split(", ");
  const [commands = ""] = document.split("## Deliberately different");
  const listed = [...commands.matchAll(/^\| `(\w+\.\w+)` +\|/gm)].map(([, name]) => name);
  const ofSockets = ["subscription.subscribe", "subscription.unsubscribe"];
  expect(listed.sort()).toEqual([...known, ...ofSockets].sort());
});
