import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { createServer } from "../../src/http/index.ts";
import { createOfflineModel } from "../../src/models/index.ts";
import { createStaticFiles, listen } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { connectServers, createSampleWorkspace } from "../../src/tools/index.ts";
import { createAsker } from "../support/asker.ts";
import {
  expectAccessible,
  expectNoSideways,
  keepShot,
  launchBrowser,
  untilStill,
  visit,
} from "../support/browser.ts";
import { sendCommand, waitForStatus } from "../support/command.ts";
import { buildPage, packInto, typeErrors } from "../support/packed-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What asks for a form. */
const hotel = {
  value: { question: "Which hotel?" },
  responseSchema: {
    type: "object",
    properties: { name: { type: "string" }, nights: { type: "integer", minimum: 1 } },
    required: ["name", "nights"],
  },
};

let browser: Browser;
let office: Awaited<ReturnType<typeof openOffice>>;
beforeAll(async () => {
  browser = await launchBrowser();
  office = await openOffice();
});
afterAll(async () => {
  await office?.close();
  await browser.close();
});

/** A stranger's page, built from the packed package, and the server behind its `/api`. */
async function openOffice() {
  const directory = await temporaryDirectory();
  const home = packInto(directory.path);
  const page = await buildPage(home);
  const workspace = join(directory.path, "workspace");
  await createSampleWorkspace(workspace);
  const files = join(root, "dist/tools/files-server-main.js");
  const servers = await connectServers({
    mcpServers: { files: { command: process.execPath, args: [files, workspace] } },
  });
  const server = createServer({
    graphs: {
      agent: createPlanAgent({ model: createOfflineModel({ delayMs: 0 }), tools: servers.tools }),
      hotels: createAsker([hotel, { value: "And the mood?" }]),
    },
    store: sqlite(join(directory.path, "test.db")),
  });
  const site = new Hono()
    .all("/api/*", (c) => server.fetch(new Request(c.req.url.replace("/api/", "/"), c.req.raw)))
    .route("/", createStaticFiles(page));
  const { url, stop } = await listen(
    {
      ...server,
      fetch: async (request) => {
        const reply = await site.fetch(request);
        // A stranger's page has no policy of ours: tests put styles of their own into it.
        reply.headers.delete("content-security-policy");
        return reply;
      },
    },
    { port: 0, host: "127.0.0.1" },
  );
  return {
    url,
    api: `${url}/api`,
    home,
    workspace,
    async close() {
      await stop();
      await servers.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const waiting = (page: Page) => page.getByRole("region", { name: "Plan to review" });

async function ask(page: Page, text: string): Promise<void> {
  const box = page.getByRole("textbox", { name: "What should be done?" });
  await box.fill(text);
  await box.press("Enter");
}

test("the packed package has all that a stranger's page needs: its types fit every stream, without a cast", () => {
  expect(typeErrors(office.home, [join(root, "test/unit/web-streams.test-d.ts")])).toBe("");
});

test("on a stranger's page a plan is reviewed, edited, approved and watched", async () => {
  await using visitor = await visit(browser);
  const { page, complaints } = visitor;
  await page.goto(office.url);
  await ask(page, 'write "milk" to shopping.txt');
  await waiting(page).waitFor();
  await expectAccessible(page, "a plan on a stranger's page");
  await keepShot(page, "embed-plan");
  // A key that is pressed elsewhere on the page is none of the card's.
  await page.getByRole("button", { name: "New request" }).focus();
  await page.keyboard.press("a");
  await page.getByRole("heading", { name: "Office" }).click();
  await page.keyboard.press("a");
  await waiting(page).getByRole("heading").click();
  await page.keyboard.press("e");
  const content = page.getByRole("textbox", { name: /^content/ });
  await content.fill("oat milk");
  await page.getByRole("button", { name: /^Approve (as edited|with)/ }).click();
  await expect.poll(() => existsSync(join(office.workspace, "shopping.txt"))).toBe(true);
  expect(readFileSync(join(office.workspace, "shopping.txt"), "utf8")).toBe("oat milk");
  await page.getByRole("region", { name: "Plan", exact: true }).getByTestId("decision").waitFor();
  await keepShot(page, "embed-done");
  expect(complaints).toEqual([]);
});

test("the inbox of a stranger's page leads to the thread; a form and another question are answered there", async () => {
  const threadId = crypto.randomUUID();
  await sendCommand(office.api, threadId, {
    method: "run.start",
    params: { assistant_id: "hotels", input: { messages: [{ role: "user", content: "go on" }] } },
  });
  await waitForStatus(office.api, threadId, "interrupted");
  await using visitor = await visit(browser, { viewport: { width: 380, height: 780 }, colorScheme: "dark" });
  const { page, complaints } = visitor;
  await page.goto(office.url);
  await page.getByRole("button", { name: "Waiting (2)" }).click();
  const rows = page.getByRole("list", { name: "Open questions" }).getByRole("listitem");
  await rows.filter({ hasText: "Which hotel?" }).waitFor();
  await expectNoSideways(page);
  await expectAccessible(page, "the inbox on a stranger's page, dark");
  await keepShot(page, "embed-inbox");
  await rows.filter({ hasText: "Which hotel?" }).getByRole("button").click();
  await page.getByRole("textbox", { name: /^name/ }).fill("Casa Azul");
  await page.getByRole("spinbutton", { name: /^nights/ }).fill("2");
  await expectNoSideways(page);
  await expectAccessible(page, "a form on a stranger's page, dark");
  await keepShot(page, "embed-form");
  const cards = page.getByTestId("question-card");
  await cards.filter({ hasText: "Which hotel?" }).getByRole("button", { name: "Answer" }).click();
  await expect.poll(() => cards.count()).toBe(1);
  await page.getByRole("textbox", { name: /Your answer/ }).fill("fine");
  await cards.getByRole("button", { name: "Answer" }).click();
  await page.getByText('{"name":"Casa Azul","nights":2}, "fine"').waitFor();
  await page.getByRole("button", { name: "Waiting (0)" }).waitFor();
  expect(complaints).toEqual([]);
});

/** What pages do to their elements, and what would reach into anything that is not guarded. */
const hostile = `
  * { letter-spacing: 4px; text-transform: uppercase; margin: 7px; padding: 9px; border: 3px dashed red; font: italic 900 31px fantasy; color: lime; text-align: right; }
  *::before { content: "!"; display: block; }
  button, input, select, textarea { appearance: none; background: url(data:,) yellow; min-width: 300px; box-shadow: 0 0 9px red; border-radius: 50%; }
  #root button { transform: rotate(20deg); text-decoration: underline; height: 99px; }
  #root svg, #root svg * { fill: red; width: 90px; stroke: lime; }
  body main section header h2 { display: none; }
  ul li, ol li { display: inline; list-style: square; float: left; }
  .bg-panel { background: hotpink; opacity: 0.2; }
  .flex { display: block; position: absolute; }
  .text-sm, .font-medium { font-size: 3px; }
  main .rounded-xl { visibility: hidden; }
  :root { --spacing: 3rem; --color-panel: hotpink; --font-sans: fantasy; --text-sm: 60px; --radius-lg: 60px; }
  @layer utilities { .p-4 { padding: 90px; } }
`;

test("the page's own styles do not reach into the cards, and the cards' styles reach nothing of the page", async () => {
  await using visitor = await visit(browser);
  const { page, complaints } = visitor;
  await page.goto(office.url);
  await ask(page, "delete drafts/letter.txt");
  await waiting(page).waitFor();
  await waiting(page).getByRole("button", { name: "Request changes" }).click();
  const looks = async () => {
    await untilStill(page);
    return page.evaluate<string[]>(`
      [...document.querySelectorAll(".countersign *")].flatMap((element) =>
        ["", "::before", "::after", "::placeholder"].map((pseudo) => {
          const style = getComputedStyle(element, pseudo || null);
          // What the layout decides: sizes, places, and margins that take what is left over.
          const isLeftOver = (name) => name.startsWith("margin") && element.matches('[class*="-auto"]');
          const isPlace = (name) => /^--|^(perspective|transform)-origin$|size$|width$|height$|^(inset|top|left|right|bottom|block|inline)/.test(name);
          const all = [...style].filter((name) => !isPlace(name) && !isLeftOver(name));
          return element.tagName + pseudo + all.map((name) => name + ":" + style.getPropertyValue(name)).join(";");
        })
      )`);
  };
  const before = await looks();
  expect(before.length).toBeGreaterThan(100);
  await page.addStyleTag({ content: hostile });
  const after = await looks();
  const differences = after.flatMap((look, index) => differenceOf(before[index] ?? "", look));
  expect([...new Set(differences)]).toEqual([]);
  await waiting(page).scrollIntoViewIfNeeded();
  await keepShot(page, "embed-hostile-page");

  // Every rule of the stylesheet is about the package's own elements, or only sets variables of its own.
  const css = readFileSync(join(office.home, "node_modules/countersign/dist/react/styles.css"), "utf8");
  const outside = await page.evaluate<string[]>(`(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(${JSON.stringify(css)});
    const rules = (list) => [...list].flatMap((one) => one.selectorText === undefined && one.cssRules ? rules(one.cssRules) : [one]);
    return rules(sheet.cssRules)
      .filter((rule) => rule.selectorText !== undefined)
      .filter(({ selectorText, style }) =>
        !/\\.countersign[:.\\s]/.test(selectorText) && ![...style].every((name) => /^--(countersign|tw)-/.test(name)))
      .map(({ cssText }) => cssText);
  })()`);
  expect(outside).toEqual([]);
  const names = [...css.matchAll(/@keyframes ([\w-]+)|@property ([\w-]+)/g)].map(([, a, b]) => a ?? b ?? "");
  for (const name of names) expect(name).toMatch(/^(countersign-|--tw-)/);
  expect(complaints).toEqual([]);
});

/** What a style says otherwise than before. */
function differenceOf(before: string, after: string): string[] {
  if (before === after) return [];
  const was = before.split(";");
  return after
    .split(";")
    .flatMap((part, index) =>
      part === was[index] ? [] : [`${was[0]?.slice(0, 12)} ${was[index]} -> ${part}`],
    );
}

test("colours follow the machine, are the page's to choose, and what is written from right to left stands so", async () => {
  await using visitor = await visit(browser, { colorScheme: "light" });
  const { page, complaints } = visitor;
  await page.goto(office.url);
  await ask(page, "delete drafts/letter.txt");
  await waiting(page).waitFor();
  const styleOf = (selector: string, name: string) =>
    page.evaluate<string>(
      `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue("${name}")`,
    );
  const colour = (name: string) => styleOf("[data-testid=plan-card]", name);
  const accent = () => styleOf("[data-testid=plan-card] [aria-keyshortcuts=a]", "background-color");
  await expect.poll(() => colour("background-color")).toBe("rgb(255, 255, 255)");
  await expect.poll(accent).toBe("rgb(122, 59, 18)");
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => colour("background-color")).toBe("rgb(26, 29, 32)");
  await expect.poll(() => colour("color-scheme")).toBe("dark");
  await expect.poll(accent).toBe("rgb(233, 168, 119)");
  await page.emulateMedia({ colorScheme: "light", contrast: "more" });
  await expect.poll(() => colour("border-top-color")).not.toBe("rgb(226, 227, 224)");
  await page.emulateMedia({ contrast: "no-preference" });

  await page.evaluate('document.documentElement.dir = "rtl"');
  const title = await waiting(page).getByRole("heading").boundingBox();
  const link = await waiting(page).getByText("waits for you").boundingBox();
  expect(title?.x).toBeGreaterThan(link?.x ?? Number.POSITIVE_INFINITY);
  await expectNoSideways(page);
  await keepShot(page, "embed-right-to-left");
  expect(complaints).toEqual([]);
});
