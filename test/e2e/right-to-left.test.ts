import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { askInApp } from "../support/asked-app.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { createTools, scriptedPlanner } from "../support/plan-agent.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** Whoever writes from right to left is read so, wherever what they wrote shows: models, graphs and people. */

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Texts, and fields with what is in them, whose first letter is of such a script, and that do not stand so. */
function wrongWay(page: Page): Promise<string[]> {
  return page.evaluate(`
    (() => {
      const begins = (text) => /^[\\u0590-\\u06ff]/u.test(text.replace(/^[^\\p{L}]+/u, ""));
      const stands = (element) =>
        getComputedStyle(element).unicodeBidi === "plaintext" || element.matches(":dir(rtl)");
      const wrong = [];
      const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        const isSeen = !parentElement.closest("textarea, option") && parentElement.getClientRects().length > 0;
        if (isSeen && begins(data) && !stands(parentElement)) wrong.push(parentElement.localName + ": " + data.slice(0, 60));
      }
      for (const field of document.querySelectorAll("main input, main textarea")) {
        if (begins(field.value) && !stands(field)) wrong.push(field.localName + " = " + field.value.slice(0, 60));
      }
      return [...new Set(wrong)];
    })()
  `);
}

const letter = "שלום לכולם, הסככה פתוחה.";
const planned = (change: string) => [
  {
    id: "a",
    title: `כתיבת מכתב ${change}`,
    why: "כי ביקשו.",
    tool: "note",
    args: { text: letter + change, to: "דנה" },
  },
  {
    id: "b",
    title: "מכתב שני",
    why: "כי צריך.",
    tool: "mail",
    args: { to: "כולם" },
    late: { text: "שורה אחת" },
  },
];

test("a plan, what is said about it and how it goes", async () => {
  await using directory = await temporaryDirectory();
  const tools = createTools([], {
    behave: ({ tool }, number) => {
      if (tool === "mail" && number === 2) throw new Error("הדואר נכשל.");
      return "נכתב.";
    },
    description: "תיאור הכלי.",
  });
  const model = scriptedPlanner([planned(""), planned("שני")], () => "שורה שנכתבה.");
  await using site = await serveAppOver(directory.path, {
    agent: createPlanAgent({ model, tools, policy: [{ tool: "*", retries: 0, ask: "plan" }] }),
  });
  await using visitor = await visit(browser, { name: "דנה", viewport: { width: 1000, height: 1800 } });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(site.url);
  await chat.ask("בבקשה");
  await chat.waiting.waitFor();
  await page.getByRole("button", { name: "Comment on step 1" }).click();
  await page.getByRole("textbox", { name: "Comment on step 1" }).fill("עוד מילה");
  expect(await wrongWay(page), "while a comment is written").toEqual([]);
  await page.keyboard.press("Escape");
  await chat.press("Request changes 1 comment");
  await page.getByRole("textbox", { name: /^What else should be different/ }).fill("אחרת");
  expect(await wrongWay(page), "while changes are requested").toEqual([]);
  await chat.press("Request changes");
  await page.getByText("Since revision 1:").waitFor();
  await expect.poll(() => chat.waiting.locator("ins").count()).toBeGreaterThan(0);
  expect(await wrongWay(page), "a revision").toEqual([]);
  await keepShot(page, "right-to-left-plan");

  await chat.press("Approve with edits");
  const editor = page.getByRole("form", { name: "Edit the plan" });
  await editor.getByRole("textbox", { name: /^text/ }).first().fill("טקסט אחר");
  await editor.getByRole("textbox", { name: "Title of step 2" }).fill("שם אחר");
  await editor.getByRole("checkbox", { name: /^Step 1/ }).uncheck();
  await editor.getByRole("checkbox", { name: /^Step 1/ }).check();
  await expect.poll(() => editor.locator("ins").count()).toBeGreaterThan(0);
  expect(await wrongWay(page), "the editor").toEqual([]);
  await expectAccessible(page, "an editor of what is written from right to left");
  await keepShot(page, "right-to-left-editor");
  await chat.press("Approve as edited");
  await page.getByRole("region", { name: /A step (that failed|to review)/ }).waitFor();
  expect(await wrongWay(page), "a step that is asked about").toEqual([]);
  const review = page.getByRole("button", { name: "Run it", exact: true });
  if ((await review.count()) > 0) await review.click();
  const failed = page.getByRole("region", { name: "A step that failed" });
  await failed.getByText("הדואר נכשל.").waitFor();
  expect(await wrongWay(page), "a step that failed").toEqual([]);
  await failed.getByRole("button", { name: "Change and try" }).click();
  await failed.getByRole("textbox", { name: /^to/ }).waitFor();
  expect(await wrongWay(page), "a step that is changed").toEqual([]);
  await failed.getByRole("button", { name: "Try with these" }).click();
  await page.getByText("That is all.").waitFor();
  for (const one of await page.getByRole("button", { name: /What דנה changed/ }).all()) await one.click();
  await page.getByTestId("decision").locator("ins").first().waitFor();
  expect(await wrongWay(page), "plans that are decided").toEqual([]);
  await page.setViewportSize({ width: 380, height: 780 });
  await expectNoSideways(page);
  expect(complaints).toEqual([]);
});

test("what any graph asks, in every kind of card and form", async () => {
  const step = {
    id: "s",
    title: "צעד",
    why: "כי כן",
    tool: "send",
    args: { to: "דנה" },
    after: [],
    risk: "write",
  };
  const plan = { id: "p", revision: 1, title: "תוכנית", digest: "d" };
  const properties = {
    name: { type: "string", title: "שם", description: "השם המלא" },
    sure: { type: "boolean", title: "בטוח", description: "באמת" },
    day: { enum: ["ראשון", "שני"], title: "יום" },
    extras: { type: "array", title: "תוספות", uniqueItems: true, items: { enum: ["אחת", "שתיים"] } },
    list: { type: "array", title: "רשימה", items: { type: "string" }, default: ["פריט"] },
    inner: { type: "object", title: "פנימי", properties: { any: { title: "כלשהו", default: "משהו" } } },
    kind: {
      title: "סוג",
      anyOf: [
        { type: "string", title: "טקסט" },
        { type: "null", title: "כלום" },
      ],
    },
  };
  await using at = await askInApp(browser, [
    {
      value: { question: "מה התשובה?", עוד: "פרט" },
      responseSchema: { type: "object", title: "טופס", description: "תיאור", required: ["name"], properties },
    },
    {
      value: {
        type: "clarification",
        question: "איזה חודש?",
        choices: [{ label: "מאי", description: "כרגיל" }],
      },
    },
    {
      value: [{ action_request: { action: "send", args: { to: "דנה" } }, config: {}, description: "שליחה" }],
    },
    {
      value: {
        type: "deviation_review",
        plan,
        step,
        approved: { tool: "send", args: { to: "דנה" } },
        proposed: { tool: "send", args: { to: "רון" } },
        reason: "כי השתנה.",
      },
    },
    { value: { type: "effect_in_doubt", about: "מכתב", message: "אולי נשלח." } },
    { value: "טקסט בלבד" },
  ]);
  const { page, complaints } = at;
  await page.setViewportSize({ width: 1000, height: 3000 });
  await page.getByRole("textbox", { name: "שם" }).fill("דנה");
  await page.getByRole("textbox", { name: "Your answer, as text or JSON" }).last().fill("תשובה");
  expect(await wrongWay(page)).toEqual([]);
  await keepShot(page, "right-to-left-cards");
  expect(complaints).toEqual([]);
});
