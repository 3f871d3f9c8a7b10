import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { startPackingApp } from "../support/thirty-steps.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const patient = { timeout: 60_000 };

test("thirty steps in three branches, one of which fails and is planned anew, in the browser", async () => {
  await using app = await startPackingApp();
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.ask("Pack for the journey");
  await chat.waiting.waitFor();
  await expect.poll(() => chat.waiting.getByRole("listitem").count()).toBeGreaterThanOrEqual(30);
  expect(app.packed()).toEqual([]);
  await chat.press("Approve");

  const failed = page.getByRole("region", { name: "A step that failed" });
  await failed.waitFor(patient);
  await expect.poll(() => failed.innerText()).toContain("Pack c5");
  await expectAccessible(page, "a step that failed");
  await keepShot(page, "step-failed");
  const before = app.packed();
  expect(before).toHaveLength(24);
  await page.reload();
  await failed.waitFor(patient);
  await failed.getByRole("button", { name: /Plan again from here/ }).click();
  await failed.getByRole("textbox", { name: "What should be different?" }).fill("Wrap it first.");
  await failed.getByRole("button", { name: "Plan again", exact: true }).click();

  await chat.waiting.waitFor(patient);
  await expect.poll(() => chat.waiting.innerText(), patient).toContain("revision 2");
  await keepShot(page, "planned-anew");
  await chat.press("Approve");
  await page.getByText("Everything is packed.").waitFor(patient);
  await chat.idle();
  expect(app.packed().slice(before.length)).toEqual(["c5-wrapped", "c6", "c7", "c8", "c9", "gather", "seal"]);
  await expect
    .poll(() => page.getByRole("region", { name: "Plan", exact: true }).last().innerText(), patient)
    .toMatch(/revision 2[\s\S]*done/);
  expect(complaints).toEqual([]);
});
