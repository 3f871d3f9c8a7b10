import type { Context } from "hono";
import { joinBytes, type TextParts, toJsonParts } from "../core/state-text.ts";
import type { Env } from "./env.ts";

/** Replies of so many bytes are sent in one piece, longer ones in pieces of about so many. */
const pieceBytes = 256 * 1024;

/**
 * A reply in JSON, as `c.json` makes it. Text that is there already is sent as it is, and what is long is not put
 * together first: each piece is copied when there is room for it.
 */
export function jsonReply(c: Context<Env>, value: unknown): Response {
  return jsonTextReply(c, toJsonParts(value));
}

/** The same of text alone. */
export function jsonTextReply(c: Context<Env>, parts: TextParts): Response {
  const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  const headers = { "content-type": "application/json", "content-length": String(length) };
  if (length <= pieceBytes) return c.body(joinBytes(parts), 200, headers);
  const pieces = piecesOf(parts);
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
  return c.body(body, 200, headers);
}

/** Copies, so that whoever reads the body gets nothing that is kept. */
function* piecesOf(parts: TextParts): Generator<Buffer> {
  let piece: TextParts = [];
  let bytes = 0;
  for (const part of parts) {
    piece.push(part);
    bytes += Buffer.byteLength(part);
    if (bytes < pieceBytes) continue;
    yield joinBytes(piece);
    [piece, bytes] = [[], 0];
  }
  if (piece.length > 0) yield joinBytes(piece);
}
