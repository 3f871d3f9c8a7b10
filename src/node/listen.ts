import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CountersignError, type Server } from "../http/index.ts";
import { toNodeHandler } from "./node-handler.ts";
import { attachSockets } from "./sockets.ts";

export interface ListenOptions {
  /** 0 takes any free port. */
  port: number;
  host: string;
}

export interface Listening {
  /** With the port that was taken, such as `http://127.0.0.1:2024`. */
  url: string;
  /** Stops listening, ends open streams, and closes the server. */
  stop(): Promise<void>;
}

/**
 * Serves over `node:http`.
 *
 * @throws `store_in_use` and the like when the server cannot start; node's `EADDRINUSE` when the port is
 * taken; `permission_denied` for a host other than loopback when nobody has to log in.
 */
export async function listen(server: Listenable, options: ListenOptions): Promise<Listening> {
  try {
    return await open(server, options);
  } catch (error) {
    await server.close();
    throw error;
  }
}

type Listenable = Pick<Server, "fetch" | "ready" | "isLoopbackOnly" | "close"> &
  Partial<Pick<Server, "connect" | "limits">>;

async function open(server: Listenable, { port, host }: ListenOptions): Promise<Listening> {
  if (server.isLoopbackOnly && !isLoopback(host)) {
    throw new CountersignError(
      "permission_denied",
      `Refusing to listen on ${host} without a login: anyone there could approve plans. Set authenticate (for the app: COUNTERSIGN_TOKEN), or listen on 127.0.0.1.`,
    );
  }
  const handler = toNodeHandler(server);
  const http = createHttpServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, resolve);
  });
  const { connect, limits } = server;
  const endSockets = connect ? attachSockets(http, { connect, ...(limits ? { limits } : {}) }) : () => {};
  const stop = async () => {
    const closed = new Promise<void>((resolve) => {
      http.close(() => resolve());
    });
    await server.close();
    endSockets();
    http.closeAllConnections();
    await closed;
  };
  await server.ready.catch(async (error: unknown) => {
    http.close();
    throw error;
  });
  const address = http.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, stop };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}
