import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { describeIssues } from "../protocol/commands.ts";
import { CountersignError, errorTable } from "../protocol/errors.ts";
import { parseJson } from "./parse-json.ts";

export type Report = (error: unknown, context: Record<string, unknown>) => void;

/** An error as the client sees it: code, words, details. What is unknown becomes `internal` with an id. */
export function toClientError(error: unknown, report: Report): CountersignError {
  if (error instanceof CountersignError) return error;
  const id = randomUUID();
  report(error, { error_id: id });
  return new CountersignError(
    "internal",
    `Something went wrong on the server. Its log has the cause under error id ${id}.`,
    { error_id: id },
  );
}

/** The body every client build can read: `error` is the code, `message` and `detail` the words. */
export function toErrorResponse(error: CountersignError): Response {
  const { code, message, details } = error;
  const headers: Record<string, string> = errorTable[code].retryable ? { "retry-after": "1" } : {};
  return Response.json(
    { error: code, message, detail: message, ...details },
    { status: error.status, headers },
  );
}

const checks = new WeakMap<Request, (body: unknown) => void>();

/** From now on the JSON of this request is also judged by `check`, which throws for what may not be. */
export function checkBodyOf(request: Request, check: (body: unknown) => void): void {
  checks.set(request, check);
}

/** Reads a JSON body and parses it by `schema`. @throws `invalid_argument`, `unsupported_media_type`, `payload_too_large` */
export async function readBody<S extends z.ZodType>(request: Request, schema: S): Promise<z.infer<S>> {
  return parse(schema, await readJson(request));
}

/** The body as JSON; `{}` when there is none. */
export async function readJson(request: Request): Promise<unknown> {
  const text = await request.text().catch((cause: unknown) => {
    throw unreadable(cause);
  });
  if (text.trim() === "") return {};
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/([\w.+-]+\+)?json\b/i.test(type)) {
    throw new CountersignError("unsupported_media_type", "Send JSON, with content-type: application/json.");
  }
  const body = parseJson(text);
  checks.get(request)?.(body);
  return body;
}

export function parse<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CountersignError("invalid_argument", `Invalid request. ${describeIssues(parsed.error)}`);
}

export function unreadable(cause: unknown): CountersignError {
  return new CountersignError(
    "invalid_argument",
    "The body could not be read: it broke off, or something in front of Countersign had read it already. Mount Countersign before body parsers, such as express.json().",
    {},
    { cause },
  );
}
