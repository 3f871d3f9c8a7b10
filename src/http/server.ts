import { Hono, type MiddlewareHandler } from "hono";
import { type Core, type CoreOptions, startCore } from "../core/core.ts";
import type { GraphLike } from "../core/graph.ts";
import type { Store } from "../core/ports.ts";
import { CountersignError } from "../protocol/errors.ts";
import { addAssistantRoutes } from "./assistant-routes.ts";
import { type Authenticate, type Authorize, createGuard, type ScopeSearch } from "./auth.ts";
import { addClassicRunRoutes } from "./classic-run-routes.ts";
import { addCronRoutes } from "./cron-routes.ts";
import { type CrossOriginSettings, crossOrigin } from "./cross-origin.ts";
import { addEffectRoutes } from "./effect-routes.ts";
import type { Connection, Env } from "./env.ts";
import { addInterruptRoutes } from "./interrupt-routes.ts";
import { addItemRoutes } from "./item-routes.ts";
import {
  checkAsked,
  countStreams,
  type Limits,
  limitBody,
  limitStreams,
  type OpenStreams,
  toLimits,
} from "./limits.ts";
import { addOpenApiRoute } from "./openapi-routes.ts";
import type { AllowedOrigin } from "./origins.ts";
import { checkBodyOf, toClientError, toErrorResponse } from "./respond.ts";
import type { RouteGroup } from "./route-groups.ts";
import { addRunRoutes } from "./run-routes.ts";
import { type Socket, serveSocket } from "./socket.ts";
import { addStateRoutes } from "./state-routes.ts";
import { addTextSearchRoute } from "./text-search.ts";
import { addThreadProtocol } from "./thread-protocol.ts";
import { addThreadRoutes } from "./thread-routes.ts";
import { addThreadSearchRoutes } from "./thread-search.ts";
import { addThreadStreamRoute } from "./thread-stream.ts";
import { addViewerRoutes } from "./viewer-routes.ts";

export interface ServerOptions
  extends Pick<
    CoreOptions,
    | "webhooks"
    | "report"
    | "leaseMs"
    | "runTimeoutMs"
    | "maxConcurrentRuns"
    | "redact"
    | "retention"
    | "bridge"
    | "now"
  > {
  /** The graphs to serve, by name: LangGraph.js graphs, compiled or not. Clients name them as `assistant_id`. */
  graphs: Record<string, GraphLike>;
  /** Where everything durable is: `sqlite(path)`. */
  store: Store;
  /** Says who sends a request. Without it, only this machine is served (see {@link Server.isLoopbackOnly}). */
  authenticate?: Authenticate;
  /** Says what they may do. Default: everything with their own threads. */
  authorize?: Authorize;
  /** Narrows what searches of threads find, before their pages are cut. Default: to their own threads. */
  scopeSearch?: ScopeSearch;
  /**
   * Origins, beside the server's own, whose pages may call it: `["https://app.example.com"]`, or patterns that a
   * whole origin must match. `*` lets all pages call, and needs `authenticate`.
   */
  allowedOrigins?: AllowedOrigin[];
  /** What these pages may do. */
  cors?: CrossOriginSettings;
  /** Routes that are not there. */
  disable?: readonly RouteGroup[];
  /** Path under which the server is mounted, such as `/api/agents`. Default: the root. */
  basePath?: string;
  /** What one client may ask for at most: see {@link Limits}. */
  limits?: Partial<Limits>;
}

export interface Server {
  /**
   * Answers a request: a Fetch API handler for Hono, Deno, Bun, Next.js and the like. In Hono on Node, pass `c.env`
   * on: then streams that a stopping server breaks off are taken up again by all clients.
   */
  fetch(request: Request, connection?: unknown): Promise<Response>;
  /** Serves a WebSocket of the thread protocol; `attachSockets` of `countersign/node` brings them. */
  connect(request: Request, socket: Socket): Promise<void>;
  /** Resolves when the store is open and dead runs are taken up; rejects with why it could not be. */
  readonly ready: Promise<void>;
  /** True without `authenticate`: then nobody but loopback may be let in. */
  readonly isLoopbackOnly: boolean;
  readonly limits: Limits;
  /** Ends streams, gives running runs `graceMs` (default 5,000) to end, leaves the rest to the next start. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** The version clients read from `/info`. */
const version = "0.1.0";

/**
 * Serves LangGraph.js graphs with durable streams, interrupts and resumes, in the open protocol that stock
 * LangGraph clients speak.
 *
 * @throws `invalid_argument` for settings that cannot be.
 * @example
 * const server = createServer({ graphs: { agent }, store: sqlite("countersign.db") });
 * http.createServer(toNodeHandler(server)).listen(2024, "127.0.0.1");
 */
export function createServer(options: ServerOptions): Server {
  const closing = new AbortController();
  const guard = createGuard(options);
  const limits = toLimits(options.limits);
  const streams = countStreams(limits);
  const starting = startCore(options);
  const app = starting.then((core) => createApp(core, { ...options, limits, streams }, closing.signal));
  const ready = starting.then(() => {});
  for (const heard of [app, ready]) heard.catch(() => {}); // by whoever awaits `ready` or sends a request
  return {
    ready,
    isLoopbackOnly: options.authenticate === undefined,
    limits,
    async fetch(request, connection) {
      return (await app).fetch(request, connection as Connection | undefined);
    },
    async connect(request, socket) {
      if (options.disable?.includes("runs")) return socket.close(4404, "There are no streams here.");
      await serveSocket(await starting, {
        socket,
        request,
        guard,
        closing: closing.signal,
        limits,
        streams,
      });
    },
    async close({ graceMs = 5_000 } = {}) {
      closing.abort();
      const core = await starting.catch(() => undefined);
      await core?.stop(graceMs);
    },
  };
}

/** All routes, behind one guard. */
export function createApp(
  core: Core,
  options: Omit<ServerOptions, "limits"> & { limits?: Limits; streams?: OpenStreams },
  closing: AbortSignal,
): Hono<Env> {
  const { limits = toLimits(), streams = countStreams(limits) } = options;
  const allowedOrigins = options.allowedOrigins ?? [];
  const guard = createGuard(options);
  const app = new Hono<Env>().basePath(options.basePath ?? "/");
  if (allowedOrigins.length > 0) app.use(crossOrigin(allowedOrigins, options.cors));
  app.use(async (c, next) => {
    // A reply is what it says it is: nothing in it is ever taken for a page.
    c.header("x-content-type-options", "nosniff");
    c.set("caller", await guard(c.req.raw));
    await next();
  });
  app.use(limitBody(limits));
  app.use(async (c, next) => {
    const { limit } = c.req.query();
    checkAsked({ limit: Number(limit ?? 0) }, limits);
    checkBodyOf(c.req.raw, (body) => checkAsked(body, limits));
    await next();
  });
  app.use(limitStreams(streams));
  if (core.redact) app.use(hide(core.redact));
  app.get("/ok", (c) => c.json({ ok: true }));
  addRoutes(app, core, options, closing);
  app.notFound((c) =>
    toErrorResponse(
      new CountersignError(
        "not_found",
        `There is no ${c.req.method} ${c.req.path} here. See the protocol for the routes.`,
      ),
    ),
  );
  app.onError((error) => toErrorResponse(toClientError(error, core.report)));
  return app;
}

function addRoutes(
  app: Hono<Env>,
  core: Core,
  { disable = [], basePath = "/" }: Pick<ServerOptions, "disable" | "basePath">,
  closing: AbortSignal,
): void {
  const has = (group: RouteGroup) => !disable.includes(group);
  if (has("threads")) {
    addThreadRoutes(app, core);
    addThreadSearchRoutes(app, core);
    addTextSearchRoute(app, core);
    addThreadStreamRoute(app, core, closing);
    addStateRoutes(app, core);
    addEffectRoutes(app, core);
    addViewerRoutes(app, core);
  }
  if (has("runs")) {
    addRunRoutes(app, core);
    addClassicRunRoutes(app, core, closing);
    addCronRoutes(app, core);
    addInterruptRoutes(app, core);
    addThreadProtocol(app, core, closing);
  }
  if (has("assistants")) addAssistantRoutes(app, core);
  if (has("store")) addItemRoutes(app, core);
  if (!has("meta")) return;
  const graphs = [...core.graphs.engines.keys()];
  const flags = {
    assistants: has("assistants"),
    crons: has("runs"),
    langsmith: false,
    stream_namespaces: false,
  };
  app.get("/info", (c) => c.json({ version, context: "js", graphs, flags }));
  addOpenApiRoute(app, { version, basePath, disable });
}

/** What must not be shown goes from every JSON reply; events were redacted as they were made. */
function hide(redact: (jsonText: string) => string): MiddlewareHandler<Env> {
  return async (c, next) => {
    await next();
    if (!c.res.headers.get("content-type")?.startsWith("application/json")) return;
    const { status, headers } = c.res;
    headers.delete("content-length"); // of what was there before
    c.res = new Response(redact(await c.res.text()), { status, headers });
  };
}
