import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { expectAccessible, keepShot } from "../support/browser.ts";
import { phone, setUpCardApp } from "../support/card-app.ts";

const { visitApp, received } = setUpCardApp();

/** The first answer is held for a minute, so that nothing here is a race with a clock. Returns what was asked for. */
async function holdFirst(page: Page): Promise<unknown[]> {
  const asked: unknown[] = [];
  await page.route("**/commands", async (route) => {
    const command = route.request().postDataJSON();
    if (command.method !== "input.respond") return route.continue();
    asked.push(command.params.after_seconds);
    if (asked.length > 1) return route.continue();
    await route.continue({
      postData: JSON.stringify({ ...command, params: { ...command.params, after_seconds: 60 } }),
    });
  });
  return asked;
}

test("an approval of what cannot be taken back is held for a moment, and undone with a key: the question is back, and nothing was run", async () => {
  await using visitor = await visitApp("Ana");
  const { page, chat, openPlan } = visitor;
  const held = await holdFirst(page);
  await openPlan("risky");
  const calls = received.length;
  await page.getByRole("button", { name: "Comment on step 2" }).click();
  await page.getByRole("textbox", { name: "Comment on step 2" }).fill("half a thought");
  await page.keyboard.press("Escape");
  await chat.press("Approve");
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await keepShot(page, "plan-undo");
  await expectAccessible(page, "an approval that can be undone");
  await page.keyboard.press("z");
  await chat.waiting.waitFor();
  await chat.waiting.getByText("half a thought").waitFor();
  expect(received.length).toBe(calls);
  await expect.poll(() => page.getByTestId("plan-card").count()).toBe(1);
  await page.reload();
  await chat.waiting.waitFor();
  expect(received.length).toBe(calls);

  await chat.press("Approve");
  await page.getByText("That is all.").waitFor();
  expect(received.slice(calls).map(({ tool }) => tool)).toEqual(["look", "mail"]);
  await expect.poll(() => page.getByRole("button", { name: "Undo" }).count()).toBe(0);
  expect(held, "both were to be held for four seconds").toEqual([4, 4]);
  await expect
    .poll(() => page.evaluate<string>("JSON.stringify({ ...sessionStorage })"))
    .not.toContain("half a thought");
});

test("an edit that is undone is still there to be changed", async () => {
  await using visitor = await visitApp("Ben", phone);
  const { page, chat, openPlan } = visitor;
  const held = await holdFirst(page);
  await openPlan("risky");
  const calls = received.length;
  await chat.press("Approve with edits");
  const editor = page.getByRole("form", { name: "Edit the plan" });
  const text = editor.locator('[data-step="m"]').getByRole("textbox", { name: /^text/ });
  await text.fill("The shed is closed.");
  await chat.press("Approve as edited");
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await page.locator('[data-step="m"]').getByText("The shed is closed.").waitFor();
  await expect
    .poll(() => page.getByRole("main").getByText("The shed is open.").count(), {
      message: "what was approved shows",
    })
    .toBe(0);
  await expectAccessible(page, "a plan as it was edited");
  await keepShot(page, "plan-undo-narrow");
  await chat.press("Undo");
  await editor.waitFor();
  await expect.poll(() => text.inputValue()).toBe("The shed is closed.");
  expect(received.length).toBe(calls);
  await text.fill("The shed is open again.");
  await chat.press("Approve as edited");
  await page.getByText("That is all.").waitFor();
  expect(held).toEqual([4, 4]);
  expect(received.at(-1)).toEqual({
    tool: "mail",
    args: { to: "all@garden.example", text: "The shed is open again." },
  });
});

test("what is held is held, and can be undone, also once the page was loaded anew", async () => {
  await using visitor = await visitApp("Cem");
  const { page, chat, openPlan } = visitor;
  await holdFirst(page);
  await openPlan("risky");
  const calls = received.length;
  await chat.press("Approve with edits");
  const editor = page.getByRole("form", { name: "Edit the plan" });
  await editor.locator('[data-step="m"]').getByRole("textbox", { name: /^text/ }).fill("The shed is closed.");
  await chat.press("Approve as edited");
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.waitFor();
  await page.reload();
  await undo.waitFor();
  await page.locator('[data-step="m"]').getByText("The shed is closed.").waitFor();
  expect(await page.getByRole("list", { name: "Messages that wait for their turn" }).count()).toBe(0);
  await undo.click();
  await editor.waitFor();
  expect(received.length).toBe(calls);
});
