import { tool as createTool, type StructuredToolInterface } from "@langchain/core/tools";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { ToolError } from "./errors.ts";
import { streamReports } from "./progress.ts";
import { imagesOf, toResultText } from "./result-text.ts";
import type { Progress, ServerConnection } from "./server-connection.ts";

/** Key of the idempotency key in a call's `_meta`; the same at every try of one effect. */
export const idempotencyMetaKey = "countersign/idempotency-key";

/** What this module reads of a run's config. */
interface CallConfig {
  signal?: AbortSignal;
  configurable?: {
    countersign_call?: {
      idempotencyKey?: string;
      /** Takes an image of the result, its bytes in base64. */
      showImage?: (mimeType: string, data: string) => void;
    };
  };
}

/**
 * A tool of an MCP server as a LangChain tool: the server's JSON Schema untouched, its annotations in
 * `metadata`, its progress notifications as partial output, its result as text. Images are handed to
 * `config.configurable.countersign_call.showImage`, where the caller takes them.
 *
 * Calling it throws {@link ToolError} when the tool says that it failed, `ToolCallError` when the call failed,
 * and the signal's reason when it is aborted.
 */
export function toLangChainTool(
  connection: ServerConnection,
  definition: Tool,
  name: string,
): StructuredToolInterface {
  const contentArguments = connection.config.countersign?.contentArguments?.[definition.name];
  async function* run(args: unknown, config: CallConfig): AsyncGenerator<string, string> {
    const { idempotencyKey, showImage } = config.configurable?.countersign_call ?? {};
    const result = yield* streamReports((report) =>
      connection.call({
        tool: definition.name,
        args: args as Record<string, unknown>,
        signal: config.signal,
        meta: idempotencyKey === undefined ? undefined : { [idempotencyMetaKey]: idempotencyKey },
        onProgress: (progress) => report(`${toProgressText(progress)}\n`),
      }),
    );
    const text = toResultText(result);
    if (result.isError !== true) {
      for (const { mimeType, data } of imagesOf(result)) showImage?.(mimeType, data);
      return text;
    }
    throw new ToolError(text || `${name} failed without saying why. Look at the server's log.`);
  }
  return createTool(run, {
    name,
    description: definition.description ?? definition.title ?? name,
    schema: definition.inputSchema,
    verboseParsingErrors: true,
    metadata: {
      annotations: { ...(definition.title ? { title: definition.title } : {}), ...definition.annotations },
      server: connection.name,
      ...(contentArguments ? { contentArguments } : {}),
    },
  }) as StructuredToolInterface;
}

function toProgressText({ progress, total, message }: Progress): string {
  const count = total === undefined ? String(progress) : `${progress} of ${total}`;
  return message ?? count;
}
