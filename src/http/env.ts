import type { Caller } from "./auth.ts";

/** What the middleware hands to the routes. */
export interface Env {
  Variables: { caller: Caller };
}
