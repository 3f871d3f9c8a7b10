import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { createAsker } from "../support/asker.ts";
import { launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** Where hostile output would phone home. Nothing is there: that it is asked for is the failure. */
const home = "https://phone-home.example";

/** What a model or a tool may say when somebody has told it to. */
const hostile = [
  `<script>window.pwned = "script"</script>`,
  `<img src="${home}/a.png" onerror="window.pwned = 'img'">`,
  `<svg onload="window.pwned = 'svg'"><animate onbegin="window.pwned = 'animate'" attributeName="x"/></svg>`,
  `<iframe src="${home}/frame" srcdoc="<script>parent.pwned = 'frame'</script>"></iframe>`,
  `<style>@import url("${home}/style.css"); body { display: none }</style>`,
  `<a href="javascript:window.pwned='html'">press me</a>`,
  `[press](javascript:window.pwned='link')`,
  `[press](JaVaScRiPt&colon;window.pwned='entity')`,
  `[press](data:text/html,<script>window.pwned='data'</script>)`,
  `[press](vbscript:pwned)`,
  `![shot](${home}/b.png)`,
  `![shot](data:image/svg+xml,<svg/onload=window.pwned='data-svg'>)`,
  `<javascript:window.pwned='auto'>`,
  `[ref]: ${home}/c.png`,
  `![ref]`,
  `[fine](https://example.org/page)`,
].join("\n\n");

const step = {
  id: hostile,
  title: hostile,
  why: hostile,
  tool: "do_it",
  args: { what: hostile },
  after: [],
  risk: "write",
};
const plan = {
  id: "p",
  revision: 1,
  title: hostile,
  summary: hostile,
  assumptions: [hostile],
  steps: [step],
  digest: "d",
};
const questions = [
  { value: { type: "plan_review", plan, allowed: ["approve"] } },
  { value: { type: "step_failed", plan, step, args: step.args, error: hostile, dependents: [hostile] } },
  {
    value: { type: "clarification", question: hostile, choices: [{ label: hostile, description: hostile }] },
  },
  { value: { action_requests: [{ name: hostile, args: step.args, description: hostile }] } },
  { value: { type: "effect_in_doubt", about: hostile, message: hostile } },
  { value: { question: hostile, [hostile]: hostile } },
  {
    value: { message: hostile },
    responseSchema: {
      type: "object",
      title: hostile,
      description: hostile,
      properties: { name: { type: "string", title: hostile, description: hostile } },
    },
  },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Nothing of it ran, nothing was asked of anybody else, and every link leads where a link may lead. */
async function expectHarmless(page: Page, asked: string[]): Promise<void> {
  expect(await page.evaluate("window.pwned")).toBeUndefined();
  expect(asked).toEqual([]);
  const main = page.getByRole("main");
  expect(
    await main.locator("script, iframe, object, embed, style, img, svg [onload], [onerror]").count(),
  ).toBe(0);
  const links = await main
    .locator("a")
    .evaluateAll((all) => all.map((one) => [one.getAttribute("href"), one.getAttribute("rel")]));
  for (const [href, rel] of links) {
    expect(href ?? "").toMatch(/^(https:\/\/example\.org\/|https:\/\/phone-home\.example|#\/|$)/);
    if (href?.startsWith("https:")) expect(rel).toContain("noopener");
  }
  expect(links.some(([href]) => href === "https://example.org/page")).toBe(true);
}

test("whatever a model, a tool or a graph says, it is text: nothing of it runs, loads or leads astray", async () => {
  await using directory = await temporaryDirectory();
  await using site = await serveAppOver(directory.path, {
    agent: createAsker(questions, `\n\n${hostile}\n\nThe end.`),
  });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const asked: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(site.url) && !request.url().startsWith("data:")) asked.push(request.url());
  });
  await page.goto(site.url);
  await onPage(page).ask(hostile);
  await page.getByText("7 questions are open").waitFor();
  await expect.poll(() => page.getByText("A question is open …").count()).toBe(0);
  await page.getByRole("textbox", { name: /phone-home/ }).waitFor();
  await expect.poll(() => page.getByText("[image: shot]").count()).toBeGreaterThan(0);
  await expectHarmless(page, asked);
  for (const link of await page.getByRole("main").getByText("press", { exact: true }).all())
    await link.click();
  await expectHarmless(page, asked);
  await page.goto(`${site.url}/#/inbox`);
  await page.getByRole("list", { name: "Open questions" }).getByRole("listitem").nth(6).waitFor();
  expect(await page.evaluate("window.pwned")).toBeUndefined();
  expect(asked).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the page runs no script but its own, takes no style but its own, and nobody may frame it", async () => {
  await using directory = await temporaryDirectory();
  await using site = await serveAppOver(directory.path, { agent: createAsker([{ value: "?" }]) });
  const headers = (await fetch(site.url)).headers;
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).not.toContain("unsafe");
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ])
    expect(policy.split("; ")).toContain(rule);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.goto(site.url);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  expect(complaints).toEqual([]);
  await page.evaluate(`
    const script = document.createElement("script");
    script.textContent = "window.pwned = 'inline'";
    document.body.append(script);
    // Later, since what a test evaluates itself is beyond the policy.
    setTimeout(() => {
      try { new Function("window.pwned = 'eval'")() } catch { window.isEvalRefused = true }
    });
    const image = document.createElement("div");
    image.innerHTML = "<img src=x onerror=\\"window.pwned = 'handler'\\">";
    document.body.append(image);
  `);
  await expect
    .poll(() => complaints.filter((one) => one.includes("Content Security Policy")).length)
    .toBeGreaterThan(1);
  await expect.poll(() => page.evaluate("window.isEvalRefused")).toBe(true);
  expect(await page.evaluate("window.pwned")).toBeUndefined();

  await page.route("https://elsewhere.example/", (route) =>
    route.fulfill({ contentType: "text/html", body: `<iframe src="${site.url}"></iframe>` }),
  );
  await page.goto("https://elsewhere.example/");
  const frame = () => page.frames().find((one) => one !== page.mainFrame());
  await expect.poll(() => frame()?.url()).toContain("chrome-error");
});

test("no secret is kept where scripts can read it: after a login only the name and drafts are in storage", async () => {
  await using directory = await temporaryDirectory();
  const token = "a-secret-that-nobody-may-read";
  await using app = await startApp({ directory: directory.path, env: { COUNTERSIGN_TOKEN: token } });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, context } = visitor;
  await page.goto(app.url);
  await page.getByLabel(/Token of this server/).fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("half a sentence");
  const kept = await page.evaluate<string>(
    "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])",
  );
  expect(kept).toContain("half a sentence");
  expect(kept).not.toContain(token);
  for (const { name, value, httpOnly, sameSite } of await context.cookies()) {
    expect(value).not.toContain(token);
    expect({ name, httpOnly, sameSite }).toEqual({ name, httpOnly: true, sameSite: "Strict" });
    expect(kept).not.toContain(value);
  }
});
