import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createServer } from "../../src/http/index.ts";
import { toNodeHandler } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { startApp } from "../support/app.ts";
import { openConversation, type SdkVersion, sdks } from "../support/conversation.ts";
import { blocksOf, Comparison, parseFrames, parseRequest, readDocument } from "../support/document.ts";
import { compareFrames, type Frame, framesOf } from "../support/frames.ts";
import { createAskGraph } from "../support/graphs.ts";
import { temporaryDirectory } from "../support/serve.ts";

const document = readDocument("docs/interrupts-and-streaming.md");

test("everything on the wire is as the document shows it, from its first request to its last", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path });
  const comparison = new Comparison();
  const closing = new AbortController();
  let stream: AsyncGenerator<Frame> | undefined;
  let reply: unknown;
  let compared = 0;
  try {
    for (const { language, text } of blocksOf(document)) {
      if (language === "http") {
        const { method, path, headers, body } = parseRequest(comparison.toReal(text));
        JSON.parse(body);
        const response = await fetch(`${app.url}${path}`, { method, headers, body, signal: closing.signal });
        expect(response.status).toBe(200);
        if (path.endsWith("/stream/events")) stream = framesOf(response);
        else reply = await response.json();
      } else if (language === "json") {
        expect(comparison.difference(JSON.parse(text), reply)).toBeUndefined();
        compared += 1;
      } else if (language === "text") {
        if (stream === undefined) throw new Error("No stream was opened before these frames.");
        await compareFrames(parseFrames(text), stream, comparison);
        compared += 1;
      }
    }
  } finally {
    closing.abort();
  }
  expect(compared).toBeGreaterThan(8);
});

for (const version of Object.keys(sdks) as SdkVersion[]) {
  test(`what useStream sends is what the document lists: SDK ${version}`, async () => {
    const sent = new Set<string>();
    const server = createServer({ graphs: { ask: createAskGraph() }, store: sqlite(":memory:") });
    const handler = toNodeHandler({
      async fetch(request) {
        const path = new URL(request.url).pathname.replace(/^\/threads\/[^/]+/, "/threads/:id");
        const body = /events|history/.test(path) ? ` with \`${await request.clone().text()}\`` : "";
        sent.add(`\`${request.method} ${path}\`${body}`);
        return server.fetch(request);
      },
    });
    const http = createHttpServer((request, response) => void handler(request, response));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    try {
      const threadId = crypto.randomUUID();
      await using chat = await openConversation(url, threadId, { version, assistantId: "ask" });
      void chat.ask("hello");
      await expect.poll(() => chat.now().interrupts.length).toBe(1);
      await using _again = await openConversation(url, threadId, { version, assistantId: "ask" });
      await chat.answer({ send: true });
      await expect.poll(() => [chat.now().isLoading, chat.now().messages.length]).toEqual([false, 4]);
    } finally {
      http.closeAllConnections();
      http.close();
      await server.close();
    }
    const rows = document.split("\n").filter((line) => line.startsWith("|") && line.includes("/threads/:id"));
    const listed = rows.map((row) => row.match(/`\w+ \/threads\/:id[^`]*`( with `[^`]*`)?/)?.[0]);
    expect(listed.sort()).toEqual([...sent].sort());
  });
}
