import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Server } from "../http/index.ts";

/**
 * The server as a `node:http` request listener, which Express and Fastify mount as well. Mount it before
 * body parsers: it reads the body itself.
 */
export function toNodeHandler(
  server: Pick<Server, "fetch">,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return getRequestListener((request, connection) => server.fetch(request, connection), {
    overrideGlobalObjects: false,
  });
}
