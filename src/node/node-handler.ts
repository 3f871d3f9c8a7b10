import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import { CountersignError, type Server } from "../http/index.ts";
import { toErrorResponse } from "../http/respond.ts";

/**
 * The server as a `node:http` request listener, which Express and Fastify mount as well. Mount it before
 * body parsers: it reads the body itself.
 */
export function toNodeHandler(
  server: Pick<Server, "fetch">,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return getRequestListener((request, connection) => server.fetch(request, connection), {
    overrideGlobalObjects: false,
    errorHandler: (error) => {
      // What cannot be made a Request of does not come as far as the routes.
      if (error instanceof RequestError) return toErrorResponse(notARequest(error));
      return new Response(null, { status: 500 });
    },
  });
}

function notARequest({ message }: Error): CountersignError {
  return new CountersignError(
    "invalid_argument",
    `This is no request that can be read: ${message}. Send a path without dots, and a Host header.`,
  );
}
