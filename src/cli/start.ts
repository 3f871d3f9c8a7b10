import { Hono } from "hono";
import { createPlanAgent, type ToolPolicy } from "../agent/index.ts";
import { createServer } from "../http/index.ts";
import { type ChosenModel, chooseModel } from "../models/index.ts";
import { type Listening, listen } from "../node/index.ts";
import { sqlite } from "../sqlite/index.ts";
import {
  type ConnectedServers,
  connectServers,
  createSampleWorkspace,
  filesServerConfig,
  readMcpConfig,
} from "../tools/index.ts";
import { createAppPages } from "./app-pages.ts";
import { describeListenError, stopOnSignal } from "./listening.ts";
import { createLogin } from "./login.ts";
import { readPolicy } from "./policy-file.ts";
import { readSettings, type Settings, UsageError } from "./settings.ts";

export interface StartOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
  print: (line: string) => void;
}

/** Serves the app and its API until a signal comes. @throws {@link UsageError} and the server's own errors */
export async function start(options: StartOptions): Promise<void> {
  const { line, stop } = await open(options);
  options.print(line);
  stopOnSignal(stop);
}

/** Serves the app and its API. `line` says where, and with what. @throws {@link UsageError} and the server's own errors */
export async function open({ env, cwd, print }: StartOptions): Promise<Listening & { line: string }> {
  const settings = readSettings(env, cwd);
  const policy = settings.policy === undefined ? [] : await readPolicy(settings.policy);
  const model = await chooseModel({ env }).catch((error: Error) => {
    throw new UsageError(error.message);
  });
  await createSampleWorkspace(settings.workspace).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `Cannot make the workspace ${settings.workspace} (${error.code ?? error.message}); set COUNTERSIGN_WORKSPACE to a directory that you may write to.`,
    );
  });
  const tools = await connectTools(settings);
  for (const { name, error } of tools.servers.filter(({ status }) => status === "failed")) {
    print(`The tool server ${name} did not start: ${error} The others work.`);
  }
  const listening = await serve(settings, model, { tools, policy }).catch(async (error: unknown) => {
    await tools.close();
    throw describeListenError(error, settings);
  });
  return {
    url: listening.url,
    line: `Countersign ${listening.url} · model: ${model.label} · data: ${settings.dataDirectory} · workspace: ${settings.workspace}`,
    async stop() {
      await listening.stop();
      await tools.close();
    },
  };
}

async function connectTools({ mcp, workspace }: Settings): Promise<ConnectedServers> {
  const files = { mcpServers: { "countersign-files": filesServerConfig(workspace) } };
  const config =
    mcp === undefined
      ? files
      : await readMcpConfig(mcp).catch((error: Error) => {
          throw new UsageError(error.message);
        });
  return connectServers(config);
}

async function serve(
  settings: Settings,
  model: ChosenModel,
  { tools, policy }: { tools: ConnectedServers; policy: ToolPolicy[] },
): Promise<Listening> {
  const login = settings.token === undefined ? undefined : createLogin(settings.token);
  const server = createServer({
    graphs: { agent: createPlanAgent({ model: model.model, tools: tools.tools, policy }) },
    store: sqlite(settings.databasePath),
    ...(login ? { authenticate: login.authenticate } : {}),
  });
  const { label, provider, isOffline, note = null } = model;
  const app = new Hono();
  app.route(
    "/",
    createAppPages(server, {
      model: { label, provider, isOffline, note },
      workspace: settings.workspace,
      servers: tools.servers,
      graphs: ["agent"],
    }),
  );
  if (login) app.route("/", login.routes);
  app.all("*", (c) => server.fetch(c.req.raw, c.env));
  const { port, host } = settings;
  return listen(
    { ...server, fetch: async (request, connection) => app.fetch(request, connection) },
    { port, host },
  );
}
