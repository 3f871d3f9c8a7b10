import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";

/** No script and no style but the app's own, nothing from elsewhere, and nobody may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** What the page has no use for: nobody who gets into it has, either. */
const permissionsPolicy = [
  "accelerometer",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "microphone",
  "midi",
  "payment",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "usb",
]
  .map((feature) => `${feature}=()`)
  .join(", ");

/**
 * Serves a built single-page app from a directory: its index at `/`, its hashed files under `/assets/`
 * for ever, the rest of it by name. A file that has a `.br` or `.gz` beside it is sent compressed.
 */
export function createStaticFiles(directory: string): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    c.header("content-security-policy", contentSecurityPolicy);
    c.header("permissions-policy", permissionsPolicy);
    c.header("cross-origin-opener-policy", "same-origin");
    c.header("cross-origin-resource-policy", "same-origin");
    // For what does not know `frame-ancestors`.
    c.header("x-frame-options", "DENY");
    const isHashed = c.req.path.startsWith("/assets/") && c.res.ok;
    c.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  });
  app.get("/", serveStatic({ root: directory, path: "index.html", precompressed: true }));
  app.get("/assets/*", serveStatic({ root: directory, precompressed: true }));
  app.get("/:file{[a-z0-9-]+\\.(svg|png|ico|webmanifest)}", serveStatic({ root: directory }));
  return app;
}
