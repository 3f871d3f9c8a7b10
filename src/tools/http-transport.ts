import {
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { connectionLost } from "./errors.ts";
import type { HttpServerConfig } from "./mcp-config.ts";

type Fetch = NonNullable<StreamableHTTPClientTransportOptions["fetch"]>;

/** Time for the SDK to take in the last bytes of a stream that has ended. */
const graceMs = 100;

/**
 * A streamable HTTP transport that notices lost answers. In the SDK's own, a call whose response stream breaks
 * off waits until its time-out; here it fails with `connectionLost` at once, or, when the server made the
 * stream resumable, when the SDK has given up resuming it.
 *
 * Limit: Node's fetch ends a stream on which nothing came for 300 s, so a server that is silent for longer than
 * that loses its answer whatever the time-out of the call; progress notifications keep it alive.
 */
export function createHttpTransport({ url, headers }: HttpServerConfig): StreamableHTTPClientTransport {
  const resumable = new Set<number | string>();

  function lose(id: number | string): void {
    // When the answer did come, the SDK knows no such request any more and drops this.
    const error = { code: connectionLost, message: "The response ended before the answer came" };
    transport.onmessage?.({ jsonrpc: "2.0", id, error });
  }

  const watchedFetch: Fetch = async (address, init) => {
    const response = await fetch(address, init);
    const id = requestIdOf(init);
    const isStream = response.headers.get("content-type")?.includes("text/event-stream") === true;
    if (id === undefined || !response.ok || !response.body || !isStream) return response;
    const body = watchEnd(response.body, (hasEventIds) => {
      if (hasEventIds) resumable.add(id);
      else setTimeout(lose, graceMs, id).unref();
    });
    return new Response(body, { status: response.status, headers: response.headers });
  };

  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: headers ?? {} },
    fetch: watchedFetch,
  });
  transport.onerror = ({ message }) => {
    if (!message.startsWith("Maximum reconnection attempts")) return;
    for (const id of resumable) lose(id);
    resumable.clear();
  };
  return transport;
}

/** The id of the JSON-RPC request that is posted; undefined for notifications and streams. */
function requestIdOf(init: RequestInit | undefined): number | string | undefined {
  if (init?.method !== "POST" || typeof init.body !== "string") return undefined;
  const message = JSON.parse(init.body) as { id?: number | string; method?: string };
  return message.method === undefined ? undefined : message.id;
}

/** The same stream; `onEnd` learns when it is over, however it ended, and whether its events had ids. */
function watchEnd(body: ReadableStream<Uint8Array>, onEnd: (hasEventIds: boolean) => void) {
  const decoder = new TextDecoder();
  let tail = "\n";
  let hasEventIds = false;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        const text = tail + decoder.decode(chunk, { stream: true });
        hasEventIds ||= /[\r\n]id:/.test(text);
        tail = text.slice(-4);
        yield chunk;
      }
    } finally {
      onEnd(hasEventIds);
    }
  }
  return ReadableStream.from(watched());
}
