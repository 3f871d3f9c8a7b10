import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";
import { expect } from "vitest";

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Chromium as `npm test` found it. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no Chromium at ${executablePath}. Run npm test, which finds or installs it, or set CHROMIUM_PATH.`,
    );
  }
  return chromium.launch({ executablePath, args: flags });
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Console errors, warnings and page errors of all pages of the context. */
  complaints: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A person at a browser of their own. With a name, they have been here before. */
export async function visit(
  browser: Browser,
  { name, ...options }: BrowserContextOptions & { name?: string } = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  if (name !== undefined) {
    // The blank page a context starts with has no storage.
    await context.addInitScript(
      `try { localStorage.setItem("countersign.name", ${JSON.stringify(name)}) } catch {}`,
    );
  }
  const complaints: string[] = [];
  context.on("page", (page) => {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        complaints.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
  });
  const page = await context.newPage();
  return { context, page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** Waits until the page has the look it was given, and nothing on it changes its colour. */
export async function untilStill(page: Page): Promise<void> {
  // A page hears of the look it is to have before its next frame.
  await page.evaluate(
    "new Promise(requestAnimationFrame).then(() => Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))).then(() => {})",
  );
}

/**
 * Fails on any serious or critical violation that axe finds on the page, once nothing on it changes its colour.
 *
 * @param only - Ids of rules. Default: all those of WCAG 2.2 AA, the size of targets among them.
 */
export async function expectAccessible(page: Page, where: string, only?: string[]): Promise<void> {
  await untilStill(page);
  // What is of the page alone: else each look opens a page of its own, for frames of other origins.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (only === undefined) axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  else axe.withRules(only);
  const { violations } = await axe.analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`,
  );
  expect(found, `accessibility of ${where}`).toEqual([]);
}

/** Nothing may stick out to the side. */
export async function expectNoSideways(page: Page): Promise<void> {
  const wide = await page.evaluate<number>(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  expect(wide).toBe(0);
}

const shots = process.env.COUNTERSIGN_SCREENSHOTS;
const narrow = { width: 380, height: 780 };

/**
 * Keeps pictures of the page when a directory for pictures is given: as it is, and light and dark, wide and narrow
 * where it is not that already; beside them, which test took them.
 *
 * @param options.isHeld - Something is under way, such as a drag, that ends when the page changes its size.
 */
export async function keepShot(
  page: Page,
  name: string,
  { isHeld = false }: { isHeld?: boolean } = {},
): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  const { testPath = "", currentTestName = "" } = expect.getState();
  const test = currentTestName.replace(/^.* > /, "");
  writeFileSync(join(shots, `${name}.json`), JSON.stringify({ file: basename(testPath), test }));
  const take = (look: string) => page.screenshot({ path: join(shots, `${name}${look}.png`) });
  await take("");
  if (isHeld) return;
  const size = page.viewportSize();
  const isDark = await page.evaluate<boolean>("matchMedia('(prefers-color-scheme: dark)').matches");
  const other = isDark ? "light" : "dark";
  await page.emulateMedia({ colorScheme: other });
  await take(`.${other}`);
  if (size !== null && size.width > narrow.width) {
    await page.setViewportSize(narrow);
    await take(`.${other}.narrow`);
    await page.emulateMedia({ colorScheme: null });
    await take(".narrow");
    await page.setViewportSize(size);
  }
  await page.emulateMedia({ colorScheme: null });
}
