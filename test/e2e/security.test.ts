import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/app.ts";
import { launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const token = "a-secret-of-the-office";

let browser: Browser;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let app: RunningApp;
beforeAll(async () => {
  browser = await launchBrowser();
  directory = await temporaryDirectory();
  app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: token } });
});
afterAll(async () => {
  await app?.stop();
  await directory?.[Symbol.asyncDispose]();
  await browser.close();
});

/** A page of somebody else's, on another port of this machine: of the same site, so that cookies go along. */
async function servePage() {
  const http = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/html" });
    response.end('<!doctype html><link rel="icon" href="data:,"><title>Kittens</title><h1>Kittens</h1>');
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  };
}

test("the page says what it may load, what it may use and who may show it; replies say that they are no pages", async () => {
  const { headers } = await fetch(app.url);
  expect(Object.fromEntries(headers)).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
  });
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).not.toContain("unsafe");
  for (const rule of [
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ])
    expect(policy.split("; ")).toContain(rule);
  for (const feature of ["camera=()", "microphone=()", "geolocation=()"])
    expect(headers.get("permissions-policy")?.split(", ")).toContain(feature);
  for (const path of ["/ok", "/threads/search", "/no-such-thing"])
    expect((await fetch(`${app.url}${path}`)).headers.get("x-content-type-options"), path).toBe("nosniff");
});

test("a foreign page in the same browser cannot decide, begin, delete or listen, though the cookie goes along", async () => {
  await using foreign = await servePage();
  await using ana = await visit(browser, { name: "Ana" });
  const { page, context } = ana;
  const chat = onPage(page);
  await page.goto(app.url);
  await page.getByLabel(/Token of this server/).fill(token);
  await chat.press("Log in");
  await chat.ask("delete drafts/letter.txt");
  await chat.waiting.waitFor();
  const threadId = decodeURIComponent(page.url().split("/t/")[1] ?? "");
  const interruptId = await chat.waiting.getAttribute("data-interrupt");
  const state = (await (
    await fetch(`${app.url}/threads/${threadId}/state`, { headers: { authorization: `Bearer ${token}` } })
  ).json()) as { tasks: { interrupts: { value: { plan: { digest: string } } }[] }[] };
  const digest = state.tasks[0]?.interrupts[0]?.value.plan.digest;

  const kittens = await context.newPage();
  const withCookie: string[] = [];
  kittens.on("request", async (request) => {
    const { cookie } = await request.allHeaders();
    if (request.url().startsWith(app.url) && cookie?.includes("countersign_login"))
      withCookie.push(request.url());
  });
  await kittens.goto(foreign.url);
  const approve = {
    id: 1,
    method: "input.respond",
    params: { namespace: [], interrupt_id: interruptId, response: { type: "approve", digest } },
  };
  const attack = await kittens.evaluate<Record<string, unknown>>(`(async () => {
    const app = ${JSON.stringify(app.url)};
    const thread = app + "/threads/${threadId}";
    const body = ${JSON.stringify(JSON.stringify(approve))};
    const credentials = "include";
    const attempt = (url, init) => fetch(url, { credentials, ...init }).then((reply) => reply.type, () => "failed");
    const socket = () => new Promise((resolve) => {
      const opened = new WebSocket(thread.replace("http", "ws") + "/stream/events");
      opened.onopen = () => opened.send(body);
      opened.onmessage = ({ data }) => resolve(JSON.parse(data).type);
      opened.onclose = () => resolve("closed");
      opened.onerror = () => resolve("closed");
    });
    return {
      simple: await attempt(thread + "/commands", { method: "POST", mode: "no-cors", body }),
      json: await attempt(thread + "/commands", { method: "POST", headers: { "content-type": "application/json" }, body }),
      gone: await attempt(thread, { method: "DELETE" }),
      read: await attempt(thread + "/state"),
      beacon: navigator.sendBeacon(thread + "/commands", body),
      socket: await socket(),
    };
  })()`);
  expect(attack).toMatchObject({ json: "failed", gone: "failed", read: "failed" });
  expect(["closed", "error"]).toContain(attack.socket);
  // A form, as pages have posted to others for ever.
  await kittens.evaluate(`(() => {
    const form = document.createElement("form");
    form.method = "post";
    form.enctype = "text/plain";
    form.action = ${JSON.stringify(`${app.url}/threads/${threadId}/commands`)};
    const field = document.createElement("input");
    const text = ${JSON.stringify(JSON.stringify(approve))};
    field.name = text.slice(0, -1) + ',"x":"';
    field.value = '"}';
    form.append(field);
    document.body.append(form);
    form.submit();
  })()`);
  await kittens.waitForURL(`${app.url}/threads/**`);
  await expect.poll(() => kittens.locator("body").innerText()).toContain("may not call this server");
  await expect.poll(() => withCookie.length).toBeGreaterThan(0);

  await page.reload();
  await chat.waiting.waitFor();
  expect(existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(true);
  await chat.press("Approve");
  await expect.poll(() => existsSync(join(app.workspace, "drafts/letter.txt"))).toBe(false);
});

test("a foreign page cannot log somebody in, nor a page that hides where it is from", async () => {
  const tryFrom = (origin: string) =>
    fetch(`${app.url}/app/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ token }),
    });
  for (const origin of ["https://kittens.example", "null", "not an origin"]) {
    const reply = await tryFrom(origin);
    expect(reply.status, origin).toBe(403);
    expect(reply.headers.get("set-cookie"), origin).toBeNull();
  }
  const own = await tryFrom(app.url);
  expect(own.status).toBe(200);
  expect(own.headers.get("set-cookie")).toMatch(/; HttpOnly; SameSite=Strict$/);
});
