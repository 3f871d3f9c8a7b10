import { register } from "node:module";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";
import { UsageError } from "./settings.ts";

/** Loads modules of a project, TypeScript too. */
export interface ProjectModules {
  /** Loads a module. Modules are loaded once until {@link ProjectModules.renew}. */
  load(file: string): Promise<Record<string, unknown>>;
  /** From now on the project's own modules are loaded again, as they are on the disk. */
  renew(): void;
  /** The project's own files that were loaded so far; what comes from `node_modules` is not its own. */
  files(): string[];
}

const needsTranslation = new Set([".ts", ".tsx", ".mts", ".cts", ".jsx"]);

const isOwn = (file: string) => !/[\\/]node_modules[\\/]/.test(file);

type Jiti = ReturnType<typeof import("jiti")["createJiti"]>;

/**
 * @param isRenewable - With it, JavaScript modules can be loaded again as well, and are told of in `files`.
 */
export function createProjectModules(root: string, isRenewable: boolean): ProjectModules {
  let jiti: Jiti | undefined;
  let version = 0;
  const native = new Set<string>();
  if (isRenewable) hearOfModules((file) => native.add(file));

  const ownTranslated = () => Object.keys(jiti?.cache ?? {}).filter(isOwn);
  return {
    async load(file) {
      if (needsTranslation.has(extname(file))) {
        jiti ??= await createTranslator(root, file);
        return jiti.import<Record<string, unknown>>(file);
      }
      native.add(file);
      const { href } = pathToFileURL(file);
      return import(isRenewable ? `${href}?${versionParameter}=${version}` : href);
    },
    renew() {
      version += 1;
      for (const file of ownTranslated()) delete jiti?.cache[file];
    },
    files: () => [...new Set([...ownTranslated(), ...native])],
  };
}

async function createTranslator(root: string, file: string): Promise<Jiti> {
  const { createJiti } = await import("jiti").catch(() => {
    throw new UsageError(
      `${file} is TypeScript, which needs the package jiti to be loaded. Install it: npm install jiti`,
    );
  });
  // Packages come from Node.js itself, so that the graph and the server share one LangGraph.
  return createJiti(root, { fsCache: false, interopDefault: false, tsconfigPaths: true });
}

const versionParameter = "countersign-version";

/**
 * Node.js keeps a module under its URL. What a module with a version in its URL imports gets the same version, so
 * that a new one loads all of the project's modules again; packages keep their one instance.
 */
const hooks = `
let port;
export function initialize(given) { port = given.port; }
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (!context.parentURL || !found.url.startsWith("file:") || found.url.includes("/node_modules/")) return found;
  const version = new URL(context.parentURL).searchParams.get(${JSON.stringify(versionParameter)});
  if (version === null) return found;
  const url = new URL(found.url);
  port.postMessage(url.href);
  url.searchParams.set(${JSON.stringify(versionParameter)}, version);
  return { ...found, url: url.href };
}`;

function hearOfModules(told: (file: string) => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (href: string) => told(decodeURIComponent(new URL(href).pathname)));
  port1.unref();
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
    parentURL: import.meta.url,
    data: { port: port2 },
    transferList: [port2],
  });
}
