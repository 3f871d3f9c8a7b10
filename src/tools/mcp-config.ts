import { readFile } from "node:fs/promises";
import { z } from "zod";
import { McpConfigError, messageOf } from "./errors.ts";

/** What is common to both kinds of server. */
interface ServerConfigBase {
  /** True keeps the entry, but does not use it. */
  disabled?: boolean | undefined;
  /** What Countersign adds to the shape that MCP clients share. */
  countersign?:
    | {
        /** Tool name to arguments that are content, which a plan may leave to be written while it runs. */
        contentArguments?: Record<string, string[]> | undefined;
      }
    | undefined;
}

/** A server that is started as a child process and speaks on its stdin and stdout. */
export interface StdioServerConfig extends ServerConfigBase {
  command: string;
  args?: string[] | undefined;
  /** Added to the few variables that a child gets (PATH, HOME and the like); nothing else is inherited. */
  env?: Record<string, string> | undefined;
  cwd?: string | undefined;
  type?: "stdio" | undefined;
}

/** A server that is reached by streamable HTTP. */
export interface HttpServerConfig extends ServerConfigBase {
  url: string;
  headers?: Record<string, string> | undefined;
  type?: "http" | "streamable-http" | "streamableHttp" | undefined;
}

export type ServerConfig = StdioServerConfig | HttpServerConfig;

/** A parsed mcp.json: the shape that MCP clients share. */
export interface McpConfig {
  mcpServers: Record<string, ServerConfig>;
}

const common = {
  disabled: z.boolean().optional(),
  countersign: z
    .strictObject({ contentArguments: z.record(z.string(), z.array(z.string())).optional() })
    .optional(),
};

// Other clients keep keys of their own in these entries (`autoApprove`, `timeout`), so unknown ones are let be.
const stdioServer = z.object({
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional(),
  cwd: z.string().min(1).optional(),
  type: z.literal("stdio").optional(),
  ...common,
});

const httpServer = z.object({
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).optional(),
  type: z.enum(["http", "streamable-http", "streamableHttp"]).optional(),
  ...common,
});

const wholeFile = z.object({ mcpServers: z.record(z.string().min(1), z.record(z.string(), z.unknown())) });

/**
 * Checks a parsed mcp.json.
 *
 * @param source - How errors call it.
 * @throws {@link McpConfigError} naming the field, as `mcpServers.files.args[0]`.
 */
export function parseMcpConfig(value: unknown, source = "mcp.json"): McpConfig {
  const { mcpServers } = check(wholeFile, value, { source, path: "" });
  const entries = Object.entries(mcpServers).map(([name, entry]) => {
    const path = `mcpServers.${name}`;
    if ("command" in entry === "url" in entry) {
      const found = "command" in entry ? "both a command and a url" : "neither a command nor a url";
      throw new McpConfigError(`${source}: ${path} has ${found}. Give it one of the two.`);
    }
    const server: ServerConfig =
      "url" in entry
        ? check(httpServer, entry, { source, path })
        : check(stdioServer, entry, { source, path });
    return [name, server] as const;
  });
  return { mcpServers: Object.fromEntries(entries) };
}

/**
 * Reads an mcp.json. `${NAME}` in its strings stands for an environment variable, `${NAME:-text}` for the
 * variable or else the text; servers that are disabled are left as they are.
 *
 * @param env - Where the variables come from; `process.env` when left out.
 * @throws {@link McpConfigError} when the file is missing, is not JSON, lacks a variable or has a wrong shape.
 */
export async function readMcpConfig(
  path: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<McpConfig> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is no such file" : messageOf(error);
    throw new McpConfigError(`${path}: ${reason}. Check the path of your mcp.json.`, { cause: error });
  });
  return parseMcpConfig(expand(parseJson(text, path), { env, source: path, path: "" }), path);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new McpConfigError(`${path} is not JSON: ${messageOf(error)}. Correct it and start again.`, {
      cause: error,
    });
  }
}

interface ExpandContext {
  env: Readonly<Record<string, string | undefined>>;
  source: string;
  path: string;
}

function expand(value: unknown, context: ExpandContext): unknown {
  if (typeof value === "string") return expandText(value, context);
  if (Array.isArray(value)) {
    return value.map((item, index) => expand(item, { ...context, path: `${context.path}[${index}]` }));
  }
  if (typeof value !== "object" || value === null) return value;
  if ("disabled" in value && value.disabled === true) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    const path = context.path === "" ? key : `${context.path}.${key}`;
    return [key, expand(item, { ...context, path })] as const;
  });
  return Object.fromEntries(entries);
}

function expandText(text: string, { env, source, path }: ExpandContext): string {
  return text.replace(
    /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
    (_, name: string, otherwise?: string) => {
      const value = otherwise === undefined ? env[name] : env[name] || otherwise;
      if (value !== undefined) return value;
      throw new McpConfigError(
        `${source}: ${path} needs the environment variable ${name}, which is not set. Set it and start again.`,
      );
    },
  );
}

function check<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { source, path }: { source: string; path: string },
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const keys = issue?.path ?? [];
  const field = keys.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    path,
  );
  throw new McpConfigError(
    `${source}: ${field || "the file"} is wrong: ${issue?.message}. Correct it and start again.`,
  );
}
