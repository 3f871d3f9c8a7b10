import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AskOptions, ask } from "../../src/effects/index.ts";
import { createAsker } from "../support/asker.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

const many = 1_200;
const minuteMs = 60_000;
const inMinutes = (count: number) => new Date(Date.now() + count * minuteMs);

/** Asks one question on its terms. */
const asking = (text: string, terms: () => AskOptions = () => ({})) =>
  new StateGraph(MessagesAnnotation)
    .addNode("ask", () => {
      ask({ message: text }, terms());
      return {};
    })
    .addEdge(START, "ask")
    .addEdge("ask", END);

const few = {
  first: asking("First, and any time will do"),
  soon: asking("Soon", () => ({ expiresAt: inMinutes(2), onExpiry: { type: "hold" } })),
  later: asking("Later", () => ({ expiresAt: inMinutes(200) })),
  ana: asking("For Ana alone", () => ({ assignees: ["local:Ana"] })),
  ben: asking("For Ben alone", () => ({ assignees: ["local:Ben"] })),
};
/** Graphs of a hundred questions each: the engine takes its time over a thousand at once. */
const crowds = Object.fromEntries(
  Array.from({ length: many / 100 }, (_, crowd) => [
    `crowd ${crowd}`,
    createAsker(Array.from({ length: 100 }, (_, index) => ({ value: `Question ${crowd * 100 + index}` }))),
  ]),
);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function openOffice() {
  const directory = await temporaryDirectory();
  const site = await serveAppOver(directory.path, { ...few, ...crowds });
  return {
    url: site.url,
    async start(graphId: string): Promise<string> {
      const threadId = crypto.randomUUID();
      const input = { messages: [{ role: "user", content: "go on" }] };
      await sendCommand(site.url, threadId, {
        method: "run.start",
        params: { assistant_id: graphId, input },
      });
      await waitForStatus(site.url, threadId, "interrupted");
      return threadId;
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const rowsOn = (page: Page) => page.getByRole("list", { name: "Open questions" }).getByRole("listitem");
const headlines = async (page: Page) =>
  (await rowsOn(page).allInnerTexts()).map((text) => text.split("\n")[0]);

/** The page looks by itself every few seconds; this is one of the occasions on which it looks at once. */
const look = (page: Page) => page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');

test("questions are put in order by when they came or when they end, and those for the person are found", async () => {
  await using office = await openOffice();
  for (const id of ["first", "soon", "later", "ana", "ben"] as const) await office.start(id);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.clock.install();
  await page.goto(`${office.url}/#/inbox`);
  await expect
    .poll(() => headlines(page))
    .toEqual(["For Ben alone", "For Ana alone", "Later", "Soon", "First, and any time will do"]);
  const order = page.getByRole("combobox", { name: "Order" });
  await order.selectOption({ label: "Oldest first" });
  await expect
    .poll(() => headlines(page))
    .toEqual(["First, and any time will do", "Soon", "Later", "For Ana alone", "For Ben alone"]);
  await order.selectOption({ label: "Expiring first" });
  await expect.poll(async () => (await headlines(page)).slice(0, 2)).toEqual(["Soon", "Later"]);

  // Its age, and the time it has left, are told as they pass.
  const soon = rowsOn(page).filter({ hasText: "Soon" });
  await soon.getByText(/^1 min \d+ s left$/).waitFor();
  await soon.getByText("just now").waitFor();
  await page.clock.fastForward(minuteMs);
  await soon.getByText(/^\d+\.\d s left$/).waitFor();
  await soon.getByText("1 min ago").waitFor();
  await page.clock.fastForward(2 * minuteMs);
  await soon.getByText("Its time is up").waitFor();

  await page.getByRole("combobox", { name: "Assignee" }).selectOption({ label: "For me" });
  await expect.poll(() => headlines(page)).toEqual(["For Ana alone"]);
  await expectAccessible(page, "an inbox in order");
  await keepShot(page, "inbox-for-me");
  await page.getByRole("combobox", { name: "Assignee" }).selectOption({ label: "For Ben" });
  await expect.poll(() => headlines(page)).toEqual(["For Ben alone"]);
  expect(complaints).toEqual([]);
});

test("more than a thousand questions scroll, are walked through by key, found, and kept in step", async () => {
  await using office = await openOffice();
  const threads: Record<string, string> = {};
  for (const id of Object.keys(crowds)) threads[id] = await office.start(id);
  await using visitor = await visit(browser, { name: "Ana", viewport: { width: 380, height: 780 } });
  const { page, complaints } = visitor;
  await page.goto(`${office.url}/#/inbox`);
  await page.getByText(`${many} questions wait`).waitFor();
  await rowsOn(page).first().waitFor();
  expect(await rowsOn(page).count()).toBeLessThan(60);
  await expect.poll(() => rowsOn(page).first().getAttribute("aria-setsize")).toBe(String(many));
  await expectNoSideways(page);
  await expectAccessible(page, "an inbox of many");
  await keepShot(page, "inbox-many");

  const position = async () =>
    Number(await page.locator("li:has([data-row]:focus)").getAttribute("aria-posinset"));
  for (let press = 0; press < 20; press += 1) await page.keyboard.press("j");
  await expect.poll(position).toBe(20);
  // Faster than rows are measured, and so can take the focus.
  await page.evaluate(`(async () => {
    for (let press = 0; press < 20; press += 1) {
      document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
      for (let turn = 0; turn < 5; turn += 1) await null;
    }
  })()`);
  await expect.poll(position).toBe(40);
  // Scrolled out of sight, it goes on from where it was.
  await expect
    .poll(async () => {
      await page.evaluate('document.querySelector("main").scrollTo(0, 1e9)');
      return page.locator(`li[aria-posinset="${many}"]`).count();
    })
    .toBe(1);
  expect(await rowsOn(page).count()).toBeLessThan(60);
  await page.keyboard.press("k");
  await expect.poll(position).toBe(39);

  await page.getByRole("searchbox", { name: "Search the questions" }).fill("Question 777");
  await expect.poll(() => headlines(page)).toEqual(["Question 777"]);
  const threadId = threads["crowd 7"] ?? "";
  const asked = openInterrupts(await getJson(`${office.url}/threads/${threadId}`));
  const [answered] = asked.filter(({ value }) => (value as unknown) === "Question 777");
  await sendCommand(office.url, threadId, {
    method: "input.respond",
    params: { interrupt_id: answered?.id, response: "yes" },
  });
  await look(page);
  await page.getByText("No question fits the search.").waitFor();
  expect(complaints).toEqual([]);
});

test("a tone tells of a new question when it was asked for, and of nothing that was there before", async () => {
  await using office = await openOffice();
  await office.start("first");
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.addInitScript(`
    window.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
  `);
  const tones = () => page.evaluate<number>("window.tones");
  await page.goto(`${office.url}/#/inbox`);
  await expect.poll(() => headlines(page)).toHaveLength(1);
  await office.start("later");
  await look(page);
  await expect.poll(() => headlines(page)).toHaveLength(2);
  expect(await tones()).toBe(0);
  await page.getByRole("button", { name: "Sound", pressed: false }).click();
  await page.getByRole("button", { name: "Sound", pressed: true }).waitFor();
  await expect.poll(tones).toBeGreaterThan(0);
  const sample = await tones();
  await page.reload();
  await expect.poll(() => headlines(page)).toHaveLength(2);
  expect(await tones()).toBe(0);
  await office.start("soon");
  await look(page);
  await expect.poll(tones).toBe(sample);
  expect(complaints).toEqual([]);
});
