import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Server, Socket } from "../http/index.ts";

/** How often a socket is asked whether it is alive, in ms; one that does not answer is ended. */
const pingMs = 15_000;

/** WebSocket close code: the server could not serve it (RFC 6455, 7.4.1). */
const serverError = 1011;

/** Messages that may come before the caller is known. */
const maxEarly = 64;

/** A message that no honest client sends, in bytes, where the server does not say. */
const defaultPayload = 8 * 1024 * 1024;

/**
 * Lets a `node:http` server take the WebSockets of the thread protocol (`/threads/:id/stream/events`). Other
 * upgrades are left to others. {@link listen} does this by itself.
 *
 * @returns How to stop: ends all sockets.
 */
export function attachSockets(
  http: HttpServer,
  server: Pick<Server, "connect"> & Partial<Pick<Server, "limits">>,
): () => void {
  const maxPayload = server.limits?.bodyBytes ?? defaultPayload;
  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!/\/threads\/[^/]+\/stream\/events$/.test(request.url?.split("?")[0] ?? "")) return;
    let asked: Request;
    try {
      asked = toRequest(request);
    } catch {
      // Whoever sends an address that is none gets no further: this is before any login.
      socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      keepAlive(websocket);
      server.connect(asked, toSocket(websocket)).catch(() => websocket.close(serverError));
    });
  };
  http.on("upgrade", upgrade);
  return () => {
    http.off("upgrade", upgrade);
    for (const websocket of sockets.clients) websocket.terminate();
    sockets.close();
  };
}

function toRequest({ url = "/", headers }: IncomingMessage): Request {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return new Request(new URL(url, `http://${headers.host ?? "localhost"}`), { headers: entries });
}

function toSocket(websocket: WebSocket): Socket {
  // A client may speak as soon as it is connected; who it is takes a moment to find out.
  const early: string[] = [];
  let tell: ((text: string) => void) | undefined;
  websocket.on("message", (data) => {
    if (tell) tell(String(data));
    else if (early.push(String(data)) > maxEarly) websocket.close(serverError);
  });
  return {
    send: (text) =>
      new Promise((resolve, reject) => {
        websocket.send(text, (error) => (error ? reject(error) : resolve()));
      }),
    close: (code, reason) => websocket.close(code, reason),
    onMessage(told) {
      tell = told;
      for (const text of early.splice(0)) told(text);
    },
    onClose(told) {
      if (websocket.readyState === websocket.CLOSED) told();
      else websocket.on("close", told);
    },
  };
}

function keepAlive(websocket: WebSocket): void {
  let isAlive = true;
  websocket.on("pong", () => {
    isAlive = true;
  });
  websocket.on("error", () => websocket.terminate());
  const timer = setInterval(() => {
    if (!isAlive) return websocket.terminate();
    isAlive = false;
    websocket.ping();
  }, pingMs);
  websocket.on("close", () => clearInterval(timer));
}
