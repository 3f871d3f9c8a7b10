import type { StructuredToolInterface } from "@langchain/core/tools";
import { toJsonSchema } from "@langchain/core/utils/json_schema";

/** What a call may do to the world, worst case. */
export type Risk = "read" | "write" | "destructive" | "external";

/** MCP tool annotations (Model Context Protocol, "Tool annotations"): hints a server gives about a tool. */
export interface ToolAnnotations {
  title?: string;
  readOnlyHint?: boolean;
  destructiveHint?: boolean;
  idempotentHint?: boolean;
  openWorldHint?: boolean;
}

/** A tool as plans, people and policies see it. */
export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the arguments. */
  inputSchema: Record<string, unknown>;
  risk: Risk;
  /** Running it twice is as good as once. */
  idempotent: boolean;
  /** Arguments that are content, and so may be decided while the plan runs. */
  contentArguments: string[];
}

/**
 * Reads a LangChain tool's specification. Annotations and content arguments come from `tool.metadata`
 * (`annotations`, `contentArguments`); a string property with `contentMediaType` in its JSON Schema is
 * content as well. What is not said is taken for the worst: not read-only, destructive, not idempotent.
 */
export function describeTool(tool: StructuredToolInterface): ToolSpec {
  const metadata = (tool as { metadata?: Record<string, unknown> }).metadata ?? {};
  const annotations = (metadata.annotations ?? {}) as ToolAnnotations;
  const inputSchema = toJsonSchema(tool.schema) as Record<string, unknown>;
  return {
    name: tool.name,
    description: tool.description,
    inputSchema,
    risk: riskOf(annotations),
    idempotent: annotations.readOnlyHint === true || annotations.idempotentHint === true,
    contentArguments: [
      ...new Set([...contentProperties(inputSchema), ...((metadata.contentArguments as string[]) ?? [])]),
    ],
  };
}

/** The MCP specification's defaults: not read-only, destructive, not idempotent, open world. */
function riskOf({ readOnlyHint, destructiveHint, openWorldHint }: ToolAnnotations): Risk {
  if (readOnlyHint === true) return "read";
  if (openWorldHint === true) return "external";
  return destructiveHint === false ? "write" : "destructive";
}

function contentProperties(schema: Record<string, unknown>): string[] {
  const properties = (schema.properties ?? {}) as Record<string, { contentMediaType?: string }>;
  return Object.entries(properties)
    .filter(([, property]) => typeof property?.contentMediaType === "string")
    .map(([name]) => name);
}
