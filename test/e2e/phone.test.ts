import { expect, test } from "vitest";
import { expectAccessible, expectNoSideways, keepShot } from "../support/browser.ts";
import { phone, setUpCardApp } from "../support/card-app.ts";

const { visitApp } = setUpCardApp();

test("on a phone a chat's title has room, what is not needed at once is behind a button, and a step has no line with nothing in it", async () => {
  await using ana = await visitApp("Ana", phone);
  const { page, chat, openPlan } = ana;
  await openPlan("notes, and whatever else there is to be written down about the garden");
  const title = page.getByRole("heading", { level: 1 });
  const room = await title.evaluate((element) => element.getBoundingClientRect().width);
  expect(room).toBeGreaterThan(120);
  await page.getByRole("button", { name: "agent", exact: true }).click();
  const info = page.getByRole("dialog", { name: "What this runs on" });
  await info.getByRole("button", { name: /Colours follow the system/ }).click();
  await info.getByRole("button", { name: /Light colours/ }).waitFor();
  await expect.poll(() => page.evaluate("document.documentElement.dataset.theme")).toBe("light");
  await expectAccessible(page, "what this runs on, on a phone");
  await keepShot(page, "phone-info");
  await page.keyboard.press("Escape");
  await chat.press("Approve");
  await page.getByText("That is all.").waitFor();
  const lines = await page
    .locator("[data-step] > div > :first-child")
    .evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().height));
  expect(lines).toHaveLength(3);
  for (const height of lines) expect(height).toBeLessThan(40);
  await expectNoSideways(page);
  await page.locator("[data-step]").first().scrollIntoViewIfNeeded();
  await keepShot(page, "phone-steps");
});
