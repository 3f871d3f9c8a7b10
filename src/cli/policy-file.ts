import { readFile } from "node:fs/promises";
import { z } from "zod";
import { type ToolPolicy, toolPolicy } from "../agent/index.ts";
import { UsageError } from "./settings.ts";

/**
 * Reads the file that `COUNTERSIGN_POLICY` names: a JSON array of rules, in the shape of {@link ToolPolicy}.
 *
 * @throws {@link UsageError} with the path of what is wrong.
 */
export async function readPolicy(path: string): Promise<ToolPolicy[]> {
  const fail = (why: string) => new UsageError(`The policy ${path} cannot be used: ${why}`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw fail(`it cannot be read (${error.code}). Set COUNTERSIGN_POLICY to a file that is there.`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail(`it is not JSON (${(error as Error).message}).`);
  }
  const { success, data, error } = z.array(toolPolicy).safeParse(value);
  if (!success) {
    const issues = error.issues.map(({ path: at, message }) => `${at.join(".") || "the file"}: ${message}`);
    throw fail(`${issues.join("; ")}.`);
  }
  return data as ToolPolicy[];
}
