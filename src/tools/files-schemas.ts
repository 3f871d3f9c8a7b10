import { z } from "zod";
import { maxTextBytes } from "./files-content.ts";
import { maxPathLength } from "./files-path.ts";

/** A path argument. */
export function pathArgument(description: string) {
  return z
    .string()
    .min(1, 'The path is empty. Use "." for the workspace itself.')
    .max(maxPathLength, `A path has ${maxPathLength} characters at most. Give a shorter one.`)
    .describe(description);
}

/** An argument that is the text of a file: a plan may leave it to be written while it runs. */
export function contentArgument(description: string) {
  return z
    .string()
    .max(maxTextBytes, "The content is over 1 MiB. Write a first part, then add the rest with append_file.")
    .meta({ description, contentMediaType: "text/plain" });
}

/** Annotations of a tool that changes nothing. */
export const readOnly = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const;

/** Annotations of a tool that changes files. */
export function changes({ destructive, idempotent }: { destructive: boolean; idempotent: boolean }) {
  return {
    readOnlyHint: false,
    destructiveHint: destructive,
    idempotentHint: idempotent,
    openWorldHint: false,
  };
}
