import type { Hono } from "hono";
import type { GraphLike, ServerOptions } from "../http/index.ts";
import { compileGraph, fromFactory, type GraphFactory } from "./graph-factory.ts";
import type { ModuleReference, ProjectConfig } from "./project-config.ts";
import type { ProjectModules } from "./project-modules.ts";
import { isSdkAuth, type SdkAuth, toHooks } from "./sdk-auth.ts";
import { UsageError } from "./settings.ts";

/** What a `langgraph.json` describes, loaded: ready to be served. */
export interface Project {
  config: ProjectConfig;
  graphs: Record<string, GraphLike>;
  auth: Pick<ServerOptions, "authenticate" | "authorize" | "scopeSearch"> | undefined;
  app: Hono | undefined;
}

/** Loads everything that a `langgraph.json` names. @throws {@link UsageError} that names the file and what is wrong. */
export async function loadProject(config: ProjectConfig, modules: ProjectModules): Promise<Project> {
  const graphs: Record<string, GraphLike> = {};
  for (const [name, reference] of Object.entries(config.graphs)) {
    graphs[name] = await loadGraph(reference, modules);
  }
  const { auth, app } = config;
  return {
    config,
    graphs,
    auth: auth ? toHooks(await loadAuth(auth, modules)) : undefined,
    app: app ? await loadApp(app, modules) : undefined,
  };
}

function loadGraph(reference: ModuleReference, modules: ProjectModules): Promise<GraphLike> {
  return naming(reference, async () => {
    const exported = await exportOf(reference, modules);
    const what = `The export ${reference.exportName}`;
    return typeof exported === "function"
      ? fromFactory(exported as GraphFactory, what)
      : compileGraph(await exported, what);
  });
}

function loadAuth(reference: ModuleReference, modules: ProjectModules): Promise<SdkAuth> {
  return naming(reference, async () => {
    const exported = await exportOf(reference, modules);
    if (isSdkAuth(exported)) return exported;
    throw new Error(`The export ${reference.exportName} is no Auth of @langchain/langgraph-sdk/auth.`);
  });
}

function loadApp(reference: ModuleReference, modules: ProjectModules): Promise<Hono> {
  return naming(reference, async () => {
    const exported = await exportOf(reference, modules);
    const { routes, fetch } = (exported ?? {}) as Partial<Hono>;
    if (!Array.isArray(routes) || typeof fetch !== "function") {
      throw new Error(`The export ${reference.exportName} is no Hono app.`);
    }
    return exported as Hono;
  });
}

async function exportOf({ file, exportName }: ModuleReference, modules: ProjectModules): Promise<unknown> {
  const module = await modules.load(file);
  if (exportName in module) return module[exportName];
  const names = Object.keys(module).join(", ") || "nothing";
  throw new Error(`There is no export ${exportName}; it exports ${names}.`);
}

/** Says in which file it went wrong, in one line. */
async function naming<T>({ text }: ModuleReference, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${text} cannot be loaded: ${message.replaceAll(/\s*\n\s*/g, " ").trim()}`, {
      cause: error,
    });
  }
}
