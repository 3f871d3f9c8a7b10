import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { type Authenticate, claimedName } from "../http/index.ts";

const cookieName = "countersign_login";

/** Seconds a login lasts. */
const lifetime = 30 * 24 * 60 * 60;

/** Wrong tokens a minute, from everybody together, before the door stays shut for the rest of it. */
const maxFailuresPerMinute = 20;

/**
 * The app's login by one shared token: who has it is let in, under a display name they choose. The cookie
 * holds a proof of the token, not the token, and no script can read it.
 */
export function createLogin(
  token: string,
  now: () => number = Date.now,
): { routes: Hono; authenticate: Authenticate } {
  const proof = createHmac("sha256", token).update("countersign login").digest("base64url");
  let failures: number[] = [];

  const routes = new Hono();
  routes.post("/app/login", async (c) => {
    if (!isOwn(c.req.header("origin"), c.req.header("host"))) {
      return c.json({ error: "permission_denied", message: "Log in from the app's own page." }, 403);
    }
    failures = failures.filter((at) => at > now() - 60_000);
    if (failures.length >= maxFailuresPerMinute) {
      return c.json(
        { error: "unauthenticated", message: "Too many wrong tokens. Wait a minute, then try again." },
        429,
      );
    }
    const body: unknown = await c.req.json().catch(() => null);
    const given = (body as { token?: unknown } | null)?.token;
    if (typeof given !== "string" || !isSame(given, token)) {
      failures.push(now());
      return c.json(
        { error: "unauthenticated", message: "That is not the token this server was started with." },
        401,
      );
    }
    const secure = c.req.header("x-forwarded-proto") === "https" || c.req.url.startsWith("https:");
    setCookie(c, cookieName, proof, {
      httpOnly: true,
      sameSite: "Strict",
      path: "/",
      maxAge: lifetime,
      secure,
    });
    return c.json({ ok: true });
  });

  return {
    routes,
    authenticate(request) {
      const bearer =
        request.headers.get("authorization")?.match(/^Bearer (.+)$/i)?.[1] ??
        request.headers.get("x-api-key");
      const cookie = readCookie(request);
      const isIn =
        (bearer !== null && bearer !== undefined && isSame(bearer, token)) ||
        (cookie !== undefined && isSame(cookie, proof));
      // The token says that somebody may come in, not who it is: names stay unverified, threads are everybody's.
      return isIn ? { id: claimedName(request), verified: false, owner: null } : null;
    },
  };
}

/** What no page has sent, or a page of this very server; `null`, which hidden pages send, is none. */
function isOwn(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function readCookie(request: Request): string | undefined {
  const header = request.headers.get("cookie") ?? "";
  return header.match(new RegExp(`(?:^|;\\s*)${cookieName}=([^;]+)`))?.[1];
}

/** Compares in constant time, whatever the lengths. */
function isSame(a: string, b: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
