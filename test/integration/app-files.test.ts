import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createStaticFiles } from "../../src/node/index.ts";

const built = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const app = createStaticFiles(built);

/** Most bytes of script that a browser fetches before the app can be used. */
const budget = 200_000;

const get = (path: string, encoding: string) =>
  app.request(path, { headers: { "accept-encoding": encoding } });
const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

test("the first load is at most 200 kB of script, as it is sent", async () => {
  const page = await (await app.request("/")).text();
  const scripts = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path = ""]) => path);
  expect(scripts.length).toBeGreaterThan(0);
  for (const encoding of ["gzip", "br"]) {
    const sent = await Promise.all(
      scripts.map(async (path) => (await bytes(await get(path, encoding))).length),
    );
    expect(sent.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(budget);
  }
});

test("files are sent as the browser can read them, compressed or not, and are the same", async () => {
  const script = readdirSync(`${built}assets`).find((name) => name.endsWith(".js")) ?? "";
  const whole = readFileSync(`${built}assets/${script}`);
  for (const [encoding, decompress] of [
    ["br", brotliDecompressSync],
    ["gzip", gunzipSync],
    ["", (content: Buffer) => content],
  ] as const) {
    const response = await get(`/assets/${script}`, encoding);
    expect(response.headers.get("content-encoding")).toBe(encoding === "" ? null : encoding);
    expect(response.headers.get("content-type")).toContain("javascript");
    expect(decompress(await bytes(response)).equals(whole)).toBe(true);
  }
});
