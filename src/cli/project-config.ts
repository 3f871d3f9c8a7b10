import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { z } from "zod";
import type { AllowedOrigin, CrossOriginSettings, RouteGroup } from "../http/index.ts";
import { describeIssues } from "../protocol/commands.ts";
import { UsageError } from "./settings.ts";

/** What a `langgraph.json` names: an export of a module. */
export interface ModuleReference {
  /** As it is written, for messages. */
  text: string;
  file: string;
  exportName: string;
}

export type StoreReference = { type: "sqlite"; path: string } | { type: "postgres"; url: string };

/** A `langgraph.json`, read. */
export interface ProjectConfig {
  path: string;
  graphs: Record<string, ModuleReference>;
  auth: ModuleReference | undefined;
  app: ModuleReference | undefined;
  /** Whether routes of `app` ask for a login too. */
  guardsApp: boolean;
  allowedOrigins: AllowedOrigin[];
  cors: CrossOriginSettings;
  /** Routes that are not there. */
  disable: RouteGroup[];
  callsWebhooks: boolean;
  /** Variables for the process; what the shell has set is left as it is. */
  env: Record<string, string>;
  /** Undefined for SQLite under COUNTERSIGN_DATA. */
  store: StoreReference | undefined;
  /** The files the configuration itself came from. */
  files: string[];
  /** Keys that say nothing to this server, by their path. */
  ignored: string[];
}

const reference = z.string().min(1);

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const schema = z.object({
  graphs: z
    .record(z.string().min(1), z.union([reference, z.object({ path: reference })]))
    .refine((graphs) => Object.keys(graphs).length > 0, 'names no graph: {"agent": "./agent.ts:graph"}'),
  env: z.union([z.string(), z.record(z.string(), z.string()), z.array(z.string())]).optional(),
  auth: z.object({ path: reference.optional() }).optional(),
  http: z
    .object({
      app: reference.optional(),
      enable_custom_route_auth: z.boolean().optional(),
      cors: z
        .object({
          allow_origins: z.array(z.string()).optional(),
          allow_origin_regex: z
            .string()
            .refine(isPattern, "is no regular expression")
            .transform((text) => new RegExp(text))
            .optional(),
          allow_methods: z.array(z.string()).optional(),
          allow_headers: z.array(z.string()).optional(),
          allow_credentials: z.boolean().optional(),
          expose_headers: z.array(z.string()).optional(),
          max_age: z.number().int().min(0).optional(),
        })
        .optional(),
      disable_threads: z.boolean().optional(),
      disable_runs: z.boolean().optional(),
      disable_assistants: z.boolean().optional(),
      disable_store: z.boolean().optional(),
      disable_meta: z.boolean().optional(),
      disable_webhooks: z.boolean().optional(),
    })
    .optional(),
  /** Ours; the other keys are those of LangGraph's own command line. */
  countersign: z.object({ store: z.string().min(1).optional() }).optional(),
});

/** Reads a `langgraph.json`. @throws {@link UsageError} */
export function readProjectConfig(path: string, env: NodeJS.ProcessEnv): ProjectConfig {
  const json = readJson(path);
  const parsed = schema.safeParse(json);
  if (!parsed.success)
    throw new UsageError(`${path} is not right: ${describeIssues(parsed.error)}. Correct it.`);
  const { graphs, auth, http, countersign } = parsed.data;
  const directory = dirname(path);
  const variables = readVariables(parsed.data.env, directory);
  const toReference = (text: string) => parseReference(text, directory);
  return {
    path,
    graphs: Object.fromEntries(
      Object.entries(graphs).map(([name, graph]) => [
        name,
        toReference(typeof graph === "string" ? graph : graph.path),
      ]),
    ),
    auth: auth?.path === undefined ? undefined : toReference(auth.path),
    app: http?.app === undefined ? undefined : toReference(http.app),
    guardsApp: http?.enable_custom_route_auth ?? false,
    ...toCrossOrigin(http?.cors),
    disable: disabled(http ?? {}),
    callsWebhooks: http?.disable_webhooks !== true,
    env: variables.values,
    store: countersign?.store
      ? parseStore(expand(countersign.store, { ...variables.values, ...env }), directory)
      : undefined,
    files: [path, ...(variables.file === undefined ? [] : [variables.file])],
    ignored: ignoredKeys(json, parsed.data),
  };
}

type Http = NonNullable<z.infer<typeof schema>["http"]>;

function toCrossOrigin(cors: Http["cors"] = {}): Pick<ProjectConfig, "allowedOrigins" | "cors"> {
  const { allow_methods, allow_headers, allow_credentials, expose_headers, max_age } = cors;
  const { allow_origins = [], allow_origin_regex: pattern } = cors;
  return {
    allowedOrigins: [...allow_origins, ...(pattern ? [pattern] : [])],
    cors: {
      // As in the configuration of LangGraph's servers.
      ...(allow_methods && !allow_methods.includes("*") ? { methods: allow_methods } : {}),
      ...(allow_headers ? { headers: allow_headers } : {}),
      ...(expose_headers ? { exposeHeaders: expose_headers } : {}),
      ...(allow_credentials === undefined ? {} : { credentials: allow_credentials }),
      ...(max_age === undefined ? {} : { maxAge: max_age }),
    },
  };
}

function disabled(http: Http): RouteGroup[] {
  const groups = ["threads", "runs", "assistants", "store", "meta"] as const;
  return groups.filter((group) => http[`disable_${group}`] === true);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UsageError(
        `There is no ${path}. Make one such as {"graphs": {"agent": "./agent.ts:graph"}}, or name another.`,
      );
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}. Correct it.`);
  }
}

function parseReference(text: string, directory: string): ModuleReference {
  // Behind the last colon: a path may begin with a drive's letter.
  const [, file = text, exportName = "default"] = /^(.+?\.\w+):([\w$]+)$/.exec(text) ?? [];
  return { text, file: resolve(directory, file), exportName };
}

function readVariables(
  env: z.infer<typeof schema>["env"],
  directory: string,
): { values: Record<string, string>; file?: string } {
  if (typeof env !== "string") return { values: env === undefined || Array.isArray(env) ? {} : env };
  const file = resolve(directory, env);
  try {
    return { values: parseEnv(readFileSync(file, "utf8")) as Record<string, string>, file };
  } catch (error) {
    throw new UsageError(
      `Cannot read ${file} (${(error as NodeJS.ErrnoException).code}), which "env" names. Make it, or take "env" out.`,
    );
  }
}

/** `${NAME}` in a text: the variable of that name. */
function expand(text: string, env: Record<string, string | undefined>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => {
    const value = env[name];
    if (value !== undefined) return value;
    throw new UsageError(`"countersign.store" names the variable ${name}, which is not set. Set it.`);
  });
}

function parseStore(text: string, directory: string): StoreReference {
  if (/^postgres(ql)?:\/\//.test(text)) return { type: "postgres", url: text };
  const [, path] = /^sqlite:(.+)$/.exec(text) ?? [];
  if (path !== undefined) return { type: "sqlite", path: resolve(directory, path) };
  throw new UsageError('"countersign.store" must be "sqlite:./path" or "postgres://…". Correct it.');
}

/** The paths of keys in `given` that parsing left out. */
function ignoredKeys(given: unknown, taken: unknown, path = ""): string[] {
  if (!isObject(given) || !isObject(taken)) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (key === "$schema") return [];
    return key in taken ? ignoredKeys(value, taken[key], here) : [here];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A path as a message shows it: its last part. */
export const nameOf = (path: string): string => basename(path);
