/** An origin (`https://app.example.com`), `*` for all, or a pattern that a whole origin must match. */
export type AllowedOrigin = string | RegExp;

export type IsAllowed = (origin: string) => boolean;

export function toIsAllowed(allowed: readonly AllowedOrigin[] = []): IsAllowed {
  const patterns = allowed.filter((one) => one instanceof RegExp).map(wholly);
  return (origin) =>
    allowed.includes("*") || allowed.includes(origin) || patterns.some((pattern) => pattern.test(origin));
}

/** A pattern for a part of an origin would let others in. */
function wholly({ source, flags }: RegExp): RegExp {
  return new RegExp(`^(?:${source})$`, flags.replace(/[gy]/g, ""));
}
