import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Listening, listen } from "../node/index.ts";
import { describeListenError, stopOnSignal } from "./listening.ts";
import { loadProject, type Project } from "./load-project.ts";
import { nameOf, type ProjectConfig, readProjectConfig } from "./project-config.ts";
import { createProjectHost, isOpenToAll, type ProjectHost } from "./project-host.ts";
import { createProjectModules, type ProjectModules } from "./project-modules.ts";
import { readSettings, type Settings, UsageError } from "./settings.ts";
import { watchFiles } from "./watch-files.ts";

export interface ProjectOptions {
  env: NodeJS.ProcessEnv;
  cwd: string;
  print: (line: string) => void;
}

/** `countersign serve [langgraph.json]`: serves the project until a signal comes. @throws {@link UsageError} */
export async function serve(args: readonly string[], options: ProjectOptions): Promise<void> {
  const { listening } = await open("serve", args, options);
  stopOnSignal(() => listening.stop());
}

/** `countersign dev [langgraph.json]`: as `serve`, and takes up every change of the project's files. */
export async function dev(args: readonly string[], options: ProjectOptions): Promise<void> {
  const opened = await open("dev", args, options);
  const { path, modules, print, listening } = opened;
  const reload = createReload(opened, options.env);
  const watched = watchFiles((name) => void reload.because(name));
  const mind = (isBroken: boolean) => watched.set([path, ...reload.files(), ...modules.files()], isBroken);
  reload.onDone(mind);
  mind(false);
  print("Watching for changes.");
  stopOnSignal(async () => {
    watched.stop();
    await listening.stop();
  });
}

interface Opened {
  path: string;
  settings: Settings;
  /** Takes the project's variables out of the environment. */
  unset: () => void;
  host: ProjectHost;
  modules: ProjectModules;
  listening: Listening;
  /** Variables that the shell has set: they stand above those of the project. */
  shell: NodeJS.ProcessEnv;
  print: (line: string) => void;
}

async function open(
  name: "dev" | "serve",
  args: readonly string[],
  { env, cwd, print }: ProjectOptions,
): Promise<Opened> {
  const { file, port, host } = readArguments(name, args);
  const shell = { ...env };
  const path = resolve(cwd, file);
  const config = readProjectConfig(path, shell);
  const unset = setVariables(env, shell, config);
  const settings = readSettings(
    { ...env, ...(port ? { COUNTERSIGN_PORT: port } : {}), ...(host ? { COUNTERSIGN_HOST: host } : {}) },
    cwd,
  );
  const modules = createProjectModules(path, name === "dev");
  const project = await loadProject(config, modules);
  const serving = createProjectHost(project, settings);
  const listening = await listen(serving, settings).catch((error: unknown) => {
    throw describeListenError(error, settings);
  });
  print(`Countersign ${listening.url} · ${name} · ${path}`);
  for (const line of describe(project, settings)) print(`  ${line}`);
  return { path, settings, unset, host: serving, modules, listening, shell, print };
}

function readArguments(name: string, args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      // The options of LangGraph's own command that mean something here; `--no-browser` goes without saying.
      options: {
        config: { type: "string", short: "c" },
        port: { type: "string", short: "p" },
        host: { type: "string" },
        "no-browser": { type: "boolean" },
      },
    });
    const { config = "langgraph.json", port, host } = values;
    if (positionals.length > 1) throw new Error(`There are ${positionals.length} paths.`);
    return { file: positionals[0] ?? config, port, host };
  } catch (error) {
    throw new UsageError(
      `${(error as Error).message.split("\n")[0]} Use: countersign ${name} [langgraph.json] [--port 2024] [--host 127.0.0.1]`,
    );
  }
}

/** Gives the process the project's variables; what the shell has set stays. Returns how to take them back. */
function setVariables(env: NodeJS.ProcessEnv, shell: NodeJS.ProcessEnv, config: ProjectConfig): () => void {
  const names = Object.keys(config.env).filter((name) => !(name in shell));
  for (const name of names) env[name] = config.env[name];
  return () => {
    for (const name of names) delete env[name];
  };
}

function describe(project: Project, settings: Settings): string[] {
  const { config } = project;
  const { databasePath, token } = settings;
  const isOpen = config.allowedOrigins.includes("*") && isOpenToAll(project, settings);
  const { graphs, auth, app, store, ignored } = config;
  const where = store?.type === "postgres" ? "PostgreSQL" : `SQLite, ${store?.path ?? databasePath}`;
  return [
    ...Object.entries(graphs).map(([name, { text }]) => `graph ${name}: ${text}`),
    `store: ${where}`,
    ...(auth ? [`auth: ${auth.text}${token === undefined ? "" : " (COUNTERSIGN_TOKEN is not used)"}`] : []),
    ...(app ? [`app: ${app.text}`] : []),
    ...(isOpen ? ['not taken: "*" in http.cors.allow_origins, for want of "auth": name the origins'] : []),
    ...(ignored.length > 0 ? [`ignored in ${nameOf(config.path)}: ${ignored.join(", ")}`] : []),
  ];
}

function createReload(opened: Opened, env: NodeJS.ProcessEnv) {
  const { path, settings, host, modules, shell, print } = opened;
  let { unset } = opened;
  let told: (isBroken: boolean) => void = () => {};
  let files: string[] = readProjectConfig(path, shell).files;
  let running: Promise<void> | undefined;
  let again: string | undefined;

  async function reload(name: string): Promise<void> {
    let isBroken = false;
    try {
      const config = readProjectConfig(path, shell);
      files = config.files;
      unset();
      unset = setVariables(env, shell, config);
      modules.renew();
      const next = await loadProject(config, modules);
      if (isOpenToAll(next, settings) && !host.isLoopbackOnly) {
        throw new UsageError('The project has no "auth" any more, and is served beyond this machine.');
      }
      await host.swap(next);
      print(`Reloaded, since ${name} changed. Graphs: ${Object.keys(next.graphs).join(", ")}.`);
    } catch (error) {
      isBroken = true;
      print(`Not reloaded: ${(error as Error).message}`);
      print("The last good version is still served. Correct the file and save it.");
    }
    told(isBroken);
  }

  return {
    files: () => files,
    onDone(heard: (isBroken: boolean) => void) {
      told = heard;
    },
    /** One at a time; changes meanwhile make one more. */
    async because(name: string): Promise<void> {
      again = name;
      running ??= (async () => {
        while (again !== undefined) {
          const next = again;
          again = undefined;
          await reload(next);
        }
        running = undefined;
      })();
      await running;
    },
  };
}
