import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createAsker } from "../support/asker.ts";
import { expectAccessible, expectNoSideways, keepShot, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { getJson, openInterrupts, sendCommand } from "../support/command.ts";
import { setUpApp } from "../support/set-up-app.ts";

const step = (risk: string) => ({
  id: risk,
  title: `Do what ${risk} does`,
  why: "It was asked for.",
  tool: `${risk}_it`,
  args: { path: "a.txt" },
  after: [],
  risk,
});
const plan = {
  id: "p1",
  revision: 1,
  title: "Move the office",
  summary: "All of it, in four steps.",
  assumptions: ["There is a new one."],
  steps: ["read", "write", "destructive", "external"].map(step),
  digest: "d1",
};
/** One of every kind. */
const everything = [
  { value: { type: "plan_review", plan, allowed: ["approve", "edit", "reject", "cancel"] } },
  {
    value: {
      type: "step_failed",
      plan,
      step: plan.steps[1],
      args: {},
      error: "No.",
      tries: 3,
      dependents: [],
    },
  },
  { value: { type: "step_review", plan, step: plan.steps[3], args: { to: "Ben" }, because: "policy" } },
  { value: { type: "clarification", question: "Which **month**?", choices: ["May", "June"] } },
  { value: { action_requests: [{ name: "send_email", args: { to: "Ben", copies: 1 } }] } },
  {
    value: { type: "effect_in_doubt", about: { title: "Send it", tool: "send_email" }, message: "Perhaps." },
  },
  {
    value: { message: "Which hotel?" },
    responseSchema: {
      type: "object",
      properties: { name: { type: "string" }, nights: { type: "integer" }, breakfast: { type: "boolean" } },
    },
  },
  { value: { message: "And the mood?", details: { since: "Monday" } } },
];
/** מה and ماذا: what is written from right to left, beside what is not. */
const rightToLeft = [
  {
    value: {
      type: "plan_review",
      plan: { ...plan, title: "نقل المكتب (office)", summary: "كل شيء، في أربع خطوات." },
    },
  },
  { value: { type: "clarification", question: "איזה חודש?", choices: ["מאי", "יוני"] } },
];

const asked = { everything, rightToLeft, one: [{ value: { message: "Sure?" } }] };
const app = setUpApp({
  everything: createAsker(asked.everything, " (that was all)"),
  rightToLeft: createAsker(asked.rightToLeft),
  one: createAsker(asked.one, " (that was all)"),
});

async function open(page: Page, graph: keyof typeof asked, text: string): Promise<void> {
  await page.goto(app.url);
  await page.getByRole("combobox", { name: "Graph" }).selectOption(graph);
  await onPage(page).ask(text);
  await page.locator("[data-interrupt]").first().waitFor();
  const { length } = asked[graph];
  if (length > 1) await page.getByText(`${length} questions are open`).waitFor();
  // Their code is fetched when they are first shown.
  const waiting = page.getByText(/A question is open …|Loading the form/);
  await expect.poll(() => waiting.count(), { timeout: 20_000 }).toBe(0);
}

/** Everything that is pressed is large enough for a finger, or has room around it (WCAG 2.2, 2.5.8). */
async function expectTargets(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withRules(["target-size"]).analyze();
  const small = violations.flatMap(({ nodes }) => nodes.map(({ html }) => html.slice(0, 160)));
  expect(small, `targets of ${where}`).toEqual([]);
}

const looks = {
  light: { colorScheme: "light", contrast: "no-preference", forcedColors: "none" },
  dark: { colorScheme: "dark", contrast: "no-preference", forcedColors: "none" },
  contrast: { colorScheme: "light", contrast: "more", forcedColors: "none" },
  "contrast-dark": { colorScheme: "dark", contrast: "more", forcedColors: "none" },
  forced: { colorScheme: "dark", contrast: "no-preference", forcedColors: "active" },
} as const;

/** All that axe knows in one look; in the others what depends on colours. */
async function expectAccessibleInEveryLook(page: Page, where: string, shot?: string): Promise<void> {
  for (const [name, look] of Object.entries(looks)) {
    await page.emulateMedia(look);
    const only = name === "light" ? undefined : ["color-contrast", "link-in-text-block"];
    await expectAccessible(page, `${where}, ${name}`, only);
    if (shot !== undefined) await keepShot(page, `${shot}-${name}`);
  }
  await page.emulateMedia(looks.light);
}

test("every screen can be used by everybody: light, dark, with more contrast, in colours of their own", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.goto(app.url);
  await page.getByText("What should be done?").waitFor();
  await expectAccessibleInEveryLook(page, "a new chat");
  await open(page, "everything", "go on");
  await expectAccessibleInEveryLook(page, "every card", "quality-cards");
  await page.getByRole("link", { name: /^Inbox/ }).click();
  await page.getByRole("list", { name: "Open questions" }).getByRole("listitem").first().waitFor();
  await expectAccessibleInEveryLook(page, "the inbox", "quality-inbox");
  await page.getByRole("button", { name: /^You act as/ }).click();
  await page.getByRole("dialog").waitFor();
  await expectAccessibleInEveryLook(page, "the name");
  await page.keyboard.press("Escape");
  expect(complaints).toEqual([]);
});

test("more contrast is at least 7:1 for all that is read", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    await using visitor = await visit(app.browser, { name: "Ana", contrast: "more", colorScheme });
    const { page } = visitor;
    await open(page, "everything", `go on, ${colorScheme}`);
    const { violations } = await new AxeBuilder({ page })
      .setLegacyMode()
      .withRules(["color-contrast-enhanced"])
      .include("[data-interrupt]")
      .analyze();
    const found = violations.flatMap(({ nodes }) =>
      nodes.map(({ html, any }) => `${any[0]?.message}: ${html.slice(0, 120)}`),
    );
    expect(found, colorScheme).toEqual([]);
  }
});

test("on a phone every card fits, and what is pressed is large enough", async () => {
  await using visitor = await visit(app.browser, {
    name: "Ana",
    viewport: { width: 380, height: 780 },
    hasTouch: true,
    colorScheme: "dark",
  });
  const { page, complaints } = visitor;
  await open(page, "everything", "go on");
  await expectNoSideways(page);
  await expectTargets(page, "every card on a phone");
  await keepShot(page, "quality-cards-phone");
  expect(complaints).toEqual([]);
});

test("what is written from right to left stands so, and a page from right to left is its mirror", async () => {
  await using visitor = await visit(app.browser, { name: "דנה" });
  const { page, complaints } = visitor;
  await open(page, "rightToLeft", "ماذا بعد؟ (next)");
  await page.evaluate('document.documentElement.dir = "rtl"');
  await expectNoSideways(page);
  const chats = await page.getByRole("navigation", { name: "Chats" }).boundingBox();
  expect(chats?.x).toBeGreaterThan(600);
  const directionOf = (text: string) =>
    page
      .getByText(text)
      .last()
      .evaluate((element) => (element.matches(":dir(rtl)") ? "rtl" : "ltr"));
  for (const text of ["نقل المكتب (office)", "كل شيء، في أربع خطوات.", "מאי"])
    expect(await directionOf(text), text).toBe("rtl");
  // What is written from left to right still is, within it.
  expect(await directionOf("It was asked for.")).toBe("ltr");
  await expectAccessible(page, "a page from right to left");
  await keepShot(page, "quality-right-to-left");
  await page.setViewportSize({ width: 380, height: 780 });
  await expectNoSideways(page);
  await keepShot(page, "quality-right-to-left-phone");
  expect(complaints).toEqual([]);
});

test("nothing moves for whoever wants less motion", async () => {
  await using visitor = await visit(app.browser, { name: "Ana", reducedMotion: "reduce" });
  const { page } = visitor;
  let release = () => {};
  const isHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/stream/events", async (route) => {
    await isHeld;
    await route.continue();
  });
  await page.goto(app.url);
  await page.getByRole("combobox", { name: "Graph" }).selectOption("one");
  await onPage(page).ask("go on");
  await page.locator(".animate-spin, .animate-pulse").first().waitFor();
  expect(
    await page.evaluate(
      "document.getAnimations().filter((one) => one.playState === 'running' && one.effect.getComputedTiming().duration > 1).length",
    ),
  ).toBe(0);
  release();
  await page.getByTestId("question-card").waitFor();
});

test("whoever listens is told of a question, of who was first and of the end, each once", async () => {
  await using ana = await visit(app.browser, { name: "Ana" });
  const { page } = ana;
  await page.addInitScript(`
    window.said = [];
    addEventListener("DOMContentLoaded", () => new MutationObserver((changes) => {
      for (const { addedNodes } of changes)
        for (const node of addedNodes)
          if (node.parentElement?.closest("[aria-live]")) window.said.push(node.textContent);
    }).observe(document.body, { childList: true, subtree: true }));
  `);
  const said = () => page.evaluate<string[]>("window.said");
  await open(page, "one", "go on");
  await expect.poll(said).toEqual(["Working.", "A question waits for your answer."]);
  expect(await page.locator("[aria-live]").count()).toBe(1);

  // Ben is faster.
  const threadId = decodeURIComponent(page.url().split("/t/")[1] ?? "");
  const [question] = openInterrupts(await getJson(`${app.url}/threads/${threadId}`));
  await page.getByTestId("question-card").getByRole("textbox").fill("yes");
  let isFirst = true;
  await page.route("**/commands", async (route) => {
    if (!isFirst) return route.continue();
    isFirst = false;
    await sendCommand(app.url, threadId, {
      method: "input.respond",
      params: { interrupt_id: question?.id, response: "no" },
      headers: { "x-countersign-name": "Ben" },
    });
    await route.continue();
  });
  await page.getByTestId("question-card").getByRole("button", { name: "Answer" }).click();
  await page.getByText('"no" (that was all)').waitFor();
  await expect.poll(async () => (await said()).slice(2)).toContain("Done.");
  const times = async (wanted: string) => (await said()).filter((text) => text === wanted).length;
  await expect.poll(() => times("Ben was first: your answer did not count.")).toBe(1);
  expect(await times("Done.")).toBe(1);
});
