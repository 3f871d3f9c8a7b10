import type { Context } from "hono";
import { z } from "zod";
import type { Env } from "./env.ts";

/** Which page of a list a body asks for. */
export const page = {
  limit: z.number().int().min(1).max(1000).default(10),
  offset: z.number().int().min(0).default(0),
};

/** Says in the headers how many there are, and where the next page starts when there is one. */
export function tellPage(
  c: Context<Env>,
  { limit, offset }: { limit: number; offset: number },
  total: number,
): void {
  c.header("x-pagination-total", String(total));
  if (offset + limit < total) c.header("x-pagination-next", String(offset + limit));
}

/** Only the fields in `select`, when there is one. */
export function pick<T extends object>(wire: T, select: readonly string[] | null | undefined): Partial<T> {
  if (select == null) return wire;
  return Object.fromEntries(Object.entries(wire).filter(([field]) => select.includes(field))) as Partial<T>;
}
