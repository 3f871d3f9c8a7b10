import type { Caller } from "./auth.ts";

/** What a host hands over with a request, as Hono's on `node:http` does: the response that it writes. */
export interface Connection {
  outgoing?: { destroy(): unknown };
}

/** What the host and the middleware hand to the routes. */
export interface Env {
  Bindings: Connection;
  Variables: { caller: Caller };
}
