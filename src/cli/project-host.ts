import { Hono, type MiddlewareHandler } from "hono";
import { createGuard, type Guard } from "../http/auth.ts";
import { crossOrigin } from "../http/cross-origin.ts";
import { createServer, type Server, type Store } from "../http/index.ts";
import { toLimits } from "../http/limits.ts";
import { toClientError, toErrorResponse } from "../http/respond.ts";
import { sqlite } from "../sqlite/index.ts";
import { createAppPages } from "./app-pages.ts";
import type { Project } from "./load-project.ts";
import { createLogin } from "./login.ts";
import type { ProjectConfig } from "./project-config.ts";
import type { Settings } from "./settings.ts";

/** A server whose project can be put in the place of another while it listens. */
export interface ProjectHost extends Pick<Server, "fetch" | "connect" | "ready" | "close" | "limits"> {
  readonly isLoopbackOnly: boolean;
  /**
   * Ends the streams of the project that is served, gives its runs time to end, and serves the next one on the same
   * data: runs that did not end go on there. Requests wait meanwhile. When the next one cannot be served, the old
   * one is again.
   */
  swap(next: Project): Promise<void>;
}

interface Serving {
  project: Project;
  server: Server;
  app: Hono;
}

/** How long running runs get to end before another project takes over, in ms. */
const graceMs = 3_000;

export function createProjectHost(first: Project, settings: Settings): ProjectHost {
  let serving = open(first, settings);
  serving.catch(() => {}); // `ready` says so
  return {
    isLoopbackOnly: isOpenToAll(first, settings),
    limits: toLimits(),
    ready: serving.then(() => {}),
    async fetch(request, connection) {
      return (await serving).app.fetch(request, connection);
    },
    async connect(request, socket) {
      await (await serving).server.connect(request, socket);
    },
    async swap(next) {
      const { server, project } = await serving;
      let failure: { error: unknown } | undefined;
      serving = server
        .close({ graceMs })
        .then(() => open(next, settings))
        .catch((error: unknown) => {
          failure = { error };
          return open(project, settings);
        });
      await serving;
      if (failure) throw failure.error;
    },
    async close(options) {
      await (await serving.catch(() => undefined))?.server.close(options);
    },
  };
}

/** Whether nobody is asked who they are: then only this machine may be served. */
export function isOpenToAll({ auth }: Project, { token }: Settings): boolean {
  return auth === undefined && token === undefined;
}

async function open(project: Project, settings: Settings): Promise<Serving> {
  const { graphs, config } = project;
  const { token } = settings;
  const login = project.auth === undefined && token !== undefined ? createLogin(token) : undefined;
  const who = project.auth ?? (login === undefined ? {} : { authenticate: login.authenticate });
  const { allowedOrigins, cors, disable } = withoutOpenDoor(config, isOpenToAll(project, settings));
  const access = { ...who, allowedOrigins };
  const server = createServer({
    ...{ graphs, store: await openStore(project, settings), cors, disable },
    ...(config.callsWebhooks ? {} : { webhooks: { disable: true } }),
    ...access,
  });
  await server.ready;
  const app = new Hono();
  if (project.app !== undefined) {
    const isOpen = project.auth !== undefined && !config.guardsApp;
    if (allowedOrigins.length > 0) app.use(onRoutesOf(project.app, crossOrigin(allowedOrigins, cors)));
    if (!isOpen) app.use(onRoutesOf(project.app, toMiddleware(createGuard(access))));
    app.route("/", project.app);
  }
  // The app has no way to log in to a project's own `auth`.
  if (project.auth === undefined) {
    if (login) app.route("/", login.routes);
    app.route(
      "/",
      createAppPages(server, { model: null, workspace: null, servers: [], graphs: Object.keys(graphs) }),
    );
  }
  app.all("*", (c) => server.fetch(c.req.raw, c.env));
  return { project, server, app };
}

/** Where nobody is asked who they are, only origins that are named may call: `*` is left out. */
export function withoutOpenDoor(config: ProjectConfig, isOpen: boolean): ProjectConfig {
  return isOpen
    ? { ...config, allowedOrigins: config.allowedOrigins.filter((origin) => origin !== "*") }
    : config;
}

/** For routes of the project's own app alone: the server's have their own. */
function onRoutesOf(own: Hono, middleware: MiddlewareHandler): MiddlewareHandler {
  return (c, next) => {
    const isOwn = own.router.match(c.req.method, c.req.path)[0].length > 0;
    return isOwn && c.req.method !== "OPTIONS" ? middleware(c, next) : next();
  };
}

/** Asks who sends a request before a route sees it. */
function toMiddleware(guard: Guard): MiddlewareHandler {
  return async (c, next) => {
    try {
      await guard(c.req.raw);
    } catch (error) {
      return toErrorResponse(toClientError(error, (cause) => console.error(cause)));
    }
    return next();
  };
}

async function openStore({ config }: Project, { databasePath }: Settings): Promise<Store> {
  const { store } = config;
  if (store?.type !== "postgres") return sqlite(store?.path ?? databasePath);
  const { postgres } = await import("../postgres/index.ts");
  return postgres(store.url);
}
