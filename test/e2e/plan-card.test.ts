import { expect, test } from "vitest";
import { expectAccessible, expectNoSideways, keepShot, visit } from "../support/browser.ts";
import { createCardAgent } from "../support/card-agent.ts";
import { phone, setUpCardApp } from "../support/card-app.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

const { browser, visitApp, received } = setUpCardApp();

test("comments and locks on steps survive a reload, go along when changes are requested, and stay on the locked card", async () => {
  await using visitor = await visitApp("Ana");
  const { page } = visitor;
  const { card, row } = await visitor.openPlan("notes");
  await page.getByRole("button", { name: "Comment on step 1" }).click();
  await page.getByRole("textbox", { name: "Comment on step 1" }).fill("say neighbours");
  await page.keyboard.press("Escape");
  await expect
    .poll(() => page.evaluate("document.activeElement?.getAttribute('aria-label')"))
    .toBe("Change the comment on step 1");
  await page.getByRole("button", { name: "Keep step 2 as it is" }).click();
  await page.getByRole("button", { name: "Comment on step 3" }).click();
  await page.getByRole("textbox", { name: "Comment on step 3" }).fill("earlier, please");
  await page.reload();
  await row("a").getByText("say neighbours").waitFor();
  await row("c").getByText("earlier, please").waitFor();
  await row("b").getByText("kept as it is").waitFor();
  await expectAccessible(page, "a plan with comments");
  await keepShot(page, "plan-comments");

  await page.getByRole("button", { name: "Request changes 2 comments" }).click();
  await keepShot(page, "plan-request-changes");
  await page.getByRole("button", { name: "Request changes", exact: true }).click();
  await page.getByText("revision 2", { exact: true }).first().waitFor();
  await card.waitFor();
  const locked = page.getByTestId("plan-card").first();
  await expect
    .poll(() => locked.getByTestId("decision").innerText())
    .toMatch(
      /Sent back\s+by Ana[\s\S]*On step 1: “say neighbours”\s+On step 3: “earlier, please”\s+To be kept as it is: step 2/,
    );
  await expect
    .poll(() => page.evaluate<string>("JSON.stringify({ ...sessionStorage })"))
    .not.toContain("neighbours");
});

for (const [screen, options] of [
  ["a wide, light screen", {}],
  ["a narrow, dark screen", phone],
] as const) {
  test(`on ${screen} a revision shows in its steps what is different: words, and steps added, removed and moved`, async () => {
    await using visitor = await visitApp("Ben", options);
    const { page } = visitor;
    const { chat, card, row } = await visitor.openPlan("revise");
    await chat.press("Request changes");
    await page.getByRole("textbox", { name: "What should be different?" }).fill("Tell the neighbours.");
    await chat.press("Request changes");
    await card.getByText("Since revision 1:").waitFor();
    await expect
      .poll(() => card.getByText(/Since revision 1:/).innerText())
      .toContain("1 added, 1 removed, 3 changed, 1 moved");
    await expect
      .poll(() => row("a").locator("del").allInnerTexts())
      .toEqual(expect.arrayContaining([expect.stringContaining("all"), expect.stringContaining("open")]));
    await expect
      .poll(() => row("a").locator("ins").allInnerTexts())
      .toEqual(
        expect.arrayContaining([expect.stringContaining("neighbours"), expect.stringContaining("closed")]),
      );
    await expect.poll(() => row("e").getByText("moved from 5").count()).toBe(1);
    await expect.poll(() => row("f").getByText("added", { exact: true }).count()).toBe(1);
    await expect
      .poll(() =>
        row("c")
          .getByText(/lines as before/)
          .count(),
      )
      .toBe(2);
    const order = () =>
      card
        .locator("ol > li")
        .evaluateAll((rows) =>
          rows.map((one) => one.getAttribute("data-removed") ?? one.getAttribute("data-step")),
        );
    await expect
      .poll(order, { message: "the removed step is where it was" })
      .toEqual(["a", "b", "e", "c", "f", "d"]);
    await expectAccessible(page, `changes on ${screen}`);
    await expectNoSideways(page);
    await card.scrollIntoViewIfNeeded();
    await keepShot(page, screen.includes("dark") ? "plan-changes-narrow" : "plan-changes");

    await page.getByRole("main").focus();
    await page.keyboard.press("d");
    await expect.poll(() => card.locator("del, ins").count()).toBe(0);
    await page.reload();
    await card.waitFor();
    await expect.poll(() => card.getByRole("checkbox", { name: "Show changes" }).isChecked()).toBe(false);
  });
}

test("what was read before the plan was written is at hand on the card, and leads to its place above", async () => {
  await using visitor = await visitApp("Cem");
  const { page } = visitor;
  const { card, row } = await visitor.openPlan("revise");
  await expect
    .poll(() => card.getByRole("list", { name: "At a glance" }).innerText())
    .toMatch(
      /5 steps[\s\S]*1 may destroy[\s\S]*3 add something[\s\S]*1 only reads[\s\S]*1 cannot be taken back/,
    );
  await card.getByRole("button", { name: "Based on 1 reading" }).click();
  await card.getByRole("button", { name: "Show what look(garden.txt) said" }).click();
  await card.getByRole("region", { name: "What look said" }).getByText("In garden.txt: nothing.").waitFor();
  await card.getByRole("button", { name: "Go to look(garden.txt) in the conversation" }).click();
  await page.locator("[data-reads]").getByText("In garden.txt: nothing.").waitFor();
  await expect.poll(() => page.evaluate("document.activeElement?.textContent")).toContain("Looked around");

  await row("e").getByRole("button", { name: "burn" }).focus();
  await page.getByRole("tooltip").getByText("nobody brings it back").waitFor();
  await expectAccessible(page, "a tool's description");
  await keepShot(page, "plan-evidence");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.getByRole("tooltip").count()).toBe(0);
  expect(await row("c").getByText("Line 30 of").count()).toBe(0);
  await row("c").getByRole("button", { name: "Show all 30 lines" }).click();
  await row("c").getByText("Line 30 of").waitFor();
});

test("a question about the plan is answered, and the same plan waits again: nothing is approved by it", async () => {
  await using visitor = await visitApp("Dora");
  const { page } = visitor;
  const { card, row } = await visitor.openPlan("revise");
  const calls = received.length;
  const question = await card.getAttribute("data-interrupt");
  await page.getByRole("button", { name: "Comment on step 2" }).click();
  await page.getByRole("textbox", { name: "Comment on step 2" }).fill("half a thought");
  await page.keyboard.press("Escape");
  await page.getByRole("main").focus();
  await page.keyboard.press("?");
  await page.keyboard.type("Why step E?");
  await keepShot(page, "plan-ask");
  await page.keyboard.press("Control+Enter");
  await page.getByText("old.txt is in the way").waitFor();
  await card.waitFor();
  await expect.poll(() => card.getAttribute("data-interrupt")).not.toBe(question);
  await expect
    .poll(() => row("b").getByText("half a thought").count(), { message: "what was begun is still there" })
    .toBe(1);
  await expect.poll(() => card.getAttribute("data-revision")).toBe("1");
  await expect.poll(() => page.getByTestId("plan-card").count()).toBe(1);
  expect(received.length).toBe(calls);
  await expectAccessible(page, "a plan that was asked about");
  await keepShot(page, "plan-asked");
});

test("others who look at the plan are named on its card, and gone when they leave", async () => {
  await using ana = await visitApp("Ana Lee");
  const { card } = await ana.openPlan("revise");
  const faces = card.getByTestId("viewers");
  expect(await faces.count()).toBe(0);
  {
    await using ben = await visitApp("Ben");
    await ben.page.goto(ana.page.url());
    await onPage(ben.page).waiting.waitFor();
    await card.getByRole("img", { name: "Also looking: Ben" }).waitFor();
    await onPage(ben.page).waiting.getByRole("img", { name: "Also looking: Ana Lee" }).waitFor();
    await keepShot(ana.page, "plan-viewers");
    await expectAccessible(ana.page, "a plan that two look at");
  }
  await expect.poll(() => faces.count()).toBe(0);
});

test("what was always allowed is listed below what this runs on, and taken back there", async () => {
  await using visitor = await visitApp("Fay");
  const { page } = visitor;
  const { chat } = await visitor.openPlan("again");
  const calls = received.length;
  await chat.press("Approve");
  const review = page.getByRole("region", { name: "A step to review" });
  await review.getByRole("button", { name: "Run it, and always allow …" }).click();
  await review.getByRole("combobox", { name: "Where" }).selectOption({ label: "in all my chats" });
  await review.getByRole("button", { name: "Run it, and allow this" }).click();
  await page.getByText("That is all.").waitFor();
  expect(received.length).toBe(calls + 1);

  await page.getByRole("button", { name: "agent", exact: true }).click();
  const rules = page.getByRole("region", { name: "Always allowed" });
  await rules.getByText("in all chats of one person, by Fay").waitFor();
  await expect
    .poll(() => rules.getByRole("listitem").innerText())
    .toMatch(/mail[\s\S]*to: all@garden\.example/);
  await expectAccessible(page, "the rules");
  await keepShot(page, "allow-rules");
  await rules.getByRole("button", { name: "Take back the rule for mail" }).click();
  await rules.getByText("Nothing is allowed for good.").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "agent", exact: true }).click();
  await rules.getByText("Nothing is allowed for good.").waitFor();
});

test("a plan that is being written only grows, and its card takes the place of what was written", async () => {
  await using directory = await temporaryDirectory();
  // Of the calls of the model only the plan is this long: it is written as far as the long note of its third step,
  // and the rest once that was looked at.
  let goOn = () => {};
  const seen = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const pause = (chunk: number) => (chunk === 60 ? seen : new Promise<void>((go) => setImmediate(go)));
  const slow = createCardAgent({ pause });
  await using server = await serveAppOver(directory.path, { agent: slow.agent });
  await using visitor = await visit(browser(), { name: "Gil" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(server.url);
  await page.evaluate(`
    window.heights = [];
    new MutationObserver(() => {
      const card = document.querySelector('[aria-label="Plan being written"], [aria-label="Plan to review"]');
      if (card) window.heights.push(Math.round(card.getBoundingClientRect().height));
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  `);
  await chat.ask("revise");
  await chat.drafting.getByRole("listitem").nth(2).waitFor();
  await expectAccessible(page, "a plan that is being written");
  {
    // A page that is loaded meanwhile shows it as far as it is written.
    await using other = await visit(browser(), { name: "Hal" });
    await other.page.goto(page.url());
    await onPage(other.page).drafting.getByRole("listitem").nth(2).waitFor();
    expect(other.complaints).toEqual([]);
  }
  goOn();
  await chat.waiting.waitFor();
  const heights = await page.evaluate<number[]>("window.heights");
  const rising = heights.filter((height, index) => index === 0 || height !== heights[index - 1]);
  expect(rising.length).toBeGreaterThan(3);
  expect(rising).toEqual([...rising].sort((a, b) => a - b));
  expect(complaints).toEqual([]);
});
