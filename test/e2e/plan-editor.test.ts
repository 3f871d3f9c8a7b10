import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { expectAccessible, expectNoSideways, keepShot } from "../support/browser.ts";
import { phone, setUpCardApp } from "../support/card-app.ts";
import { onPage } from "../support/chat-page.ts";

const { visitApp, received } = setUpCardApp();

/** The editor of a plan that waits. */
async function openEditor(page: Page, request: string) {
  const chat = onPage(page);
  await chat.ask(request);
  await chat.waiting.waitFor();
  await chat.press("Approve with edits");
  const editor = page.getByRole("form", { name: "Edit the plan" });
  await editor.waitFor();
  // The forms of all steps are fetched at once; until then they leave the place to others.
  await expect.poll(() => editor.getByText(/^Loading/).count()).toBe(0);
  return {
    chat,
    editor,
    row: (id: string) => editor.locator(`[data-step="${id}"]`),
    changes: editor.getByRole("region", { name: "What you change" }),
    order: () =>
      editor.locator("ol > li").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-step"))),
  };
}

const focused = (page: Page) =>
  page.evaluate<string>(
    "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
  );

test("arguments are edited in a form of the tool's schema, steps are left out and added, and it runs with the types kept", async () => {
  await using visitor = await visitApp("Ana");
  const { page } = visitor;
  const { chat, editor, row, changes } = await openEditor(page, "notes");
  await expect.poll(() => editor.getByText("Nothing is changed yet.").count()).toBe(1);
  await expect.poll(() => page.getByRole("button", { name: "Approve as edited" }).isDisabled()).toBe(true);
  await row("a")
    .getByRole("spinbutton", { name: /^copies/ })
    .fill("5");
  await row("a")
    .getByRole("combobox", { name: /^format/ })
    .selectOption("markdown");
  await row("c").getByRole("radio", { name: "No" }).check();
  await row("b").getByRole("checkbox", { name: "Step 2: Step B" }).uncheck();
  await editor.getByRole("textbox", { name: "Title of the plan" }).fill("Put the shed in order");
  await editor.getByRole("button", { name: "Add a step" }).click();
  await editor.getByRole("combobox", { name: "Tool" }).selectOption("note");
  await editor.getByRole("textbox", { name: "What it does" }).fill("Write one more");
  await editor.getByRole("button", { name: "Add it" }).click();

  await chat.press("Approve as edited");
  await editor.getByText("The arguments of step 4 are not right yet.").waitFor();
  await row("added-1").getByText("This is needed.").first().waitFor();
  await expectAccessible(page, "the editor with something missing");
  await row("added-1").getByRole("textbox", { name: /^path/ }).fill("more.md");
  await row("added-1")
    .getByRole("textbox", { name: /^content/ })
    .fill("More.");
  await row("added-1").getByRole("button", { name: "Add", exact: true }).click();
  await row("added-1").getByRole("textbox", { name: /^tags/ }).fill("one");

  await page.reload();
  await editor.waitFor();
  await expect
    .poll(() => row("added-1").getByRole("textbox", { name: /^path/ }).inputValue())
    .toBe("more.md");
  await expect
    .poll(() =>
      row("a")
        .getByRole("spinbutton", { name: /^copies/ })
        .inputValue(),
    )
    .toBe("5");
  await expect
    .poll(() => changes.innerText())
    .toMatch(
      /Put the[\s\S]*garden[\s\S]*shed[\s\S]*1\. Step A\s+changed[\s\S]*copies[\s\S]*2\. Step B\s+left out/,
    );
  await expect.poll(() => changes.innerText()).toMatch(/Write one more\s+added/);
  await expectAccessible(page, "the editor");
  await keepShot(page, "plan-editor");
  await changes.scrollIntoViewIfNeeded();
  await keepShot(page, "plan-editor-changes");

  const calls = received.length;
  await chat.press("Approve as edited");
  await page.getByText("Approved with edits").waitFor();
  await page.getByText("That is all.").waitFor();
  const ran = received.slice(calls).map(({ args }) => args);
  expect(ran).toHaveLength(3);
  expect(ran).toEqual(
    expect.arrayContaining([
      { path: "letter.txt", content: "Dear all, the shed is open.", copies: 5, format: "markdown" },
      { path: "c.md", content: "C", urgent: false, format: "plain" },
      { path: "more.md", content: "More.", tags: ["one"] },
    ]),
  );
  const decision = page.getByTestId("decision");
  await decision.getByRole("button", { name: /What Ana changed/ }).click();
  await decision.getByText("Write one more").waitFor();
  await expectAccessible(page, "a plan that was edited");
  await keepShot(page, "plan-edited");
  await expect
    .poll(() => page.evaluate<string>("JSON.stringify({ ...sessionStorage })"))
    .not.toContain("more.md");
});

test("a step is dragged to another place with a mouse, and what waits for the one above it does so anew", async () => {
  await using visitor = await visitApp("Ben");
  const { page } = visitor;
  const { chat, editor, order, row } = await openEditor(page, "revise");
  const handle = await editor.getByRole("button", { name: "Move step 1", exact: true }).boundingBox();
  const target = await row("c").boundingBox();
  if (handle === null || target === null) throw new Error("There is nothing to drag.");
  await page.mouse.move(handle.x + 10, handle.y + 10);
  await page.mouse.down();
  await page.mouse.move(handle.x + 10, target.y + target.height - 4, { steps: 8 });
  await expect.poll(order).toEqual(["b", "c", "a", "d", "e"]);
  await keepShot(page, "plan-editor-drag", { isHeld: true });
  await page.mouse.up();
  await expect.poll(() => editor.getByText("Step A is now step 3 of 5.").count()).toBe(1);
  const calls = received.length;
  await chat.press("Approve as edited");
  await page.getByText("Approved with edits").waitFor();
  await expect
    .poll(() => received.slice(calls).map(({ args }) => args.path))
    .toEqual(["shed.txt", "long.md", "letter.txt", "sum.md", "old.txt"]);
  await chat.idle();
});

test("an order that contradicts what waits for what is said at the step, with the ways out of it", async () => {
  await using visitor = await visitApp("Cem", phone);
  const { page } = visitor;
  const { chat, editor, order, row } = await openEditor(page, "net");
  await editor.getByRole("button", { name: "Move step 3 up" }).click();
  await expect.poll(order).toEqual(["a", "d", "b"]);
  await row("d").getByText("Step 2 stands above step 3, which it waits for.").waitFor();
  await expectAccessible(page, "an order that cannot be");
  await expectNoSideways(page);
  await keepShot(page, "plan-editor-order-narrow");
  await chat.press("Approve as edited");
  await editor.getByText("Put the steps in an order in which they can run.").waitFor();
  await row("d").getByRole("button", { name: "Move it below step 3" }).click();
  await expect.poll(order).toEqual(["a", "b", "d"]);
  await row("d").getByRole("checkbox", { name: "step 1" }).check();
  await row("b").getByRole("checkbox", { name: "Step 2: Step B" }).uncheck();
  await row("d").getByText("How content is written speaks of step 2, which is left out.").waitFor();
  await row("d").getByRole("button", { name: "Write content now" }).click();
  await row("d")
    .getByRole("textbox", { name: /^content/ })
    .fill("Nothing.");
  await chat.press("Back to the plan");
  await expect.poll(() => focused(page)).toContain("Go on editing");
  await chat.press("Go on editing");
  await expect
    .poll(() =>
      row("d")
        .getByRole("textbox", { name: /^content/ })
        .inputValue(),
    )
    .toBe("Nothing.");
  await chat.press("Discard edits");
  await chat.press("Approve with edits");
  await expect.poll(() => editor.getByText("Nothing is changed yet.").count()).toBe(1);
});

test("what the server refuses is said on the card, and nothing that was typed is lost", async () => {
  await using visitor = await visitApp("Dan", { allowed: true });
  const { page } = visitor;
  await page.route("**/assistants/*/tools", (route) => route.fulfill({ json: { tools: [] } }));
  const { chat, editor, row } = await openEditor(page, "notes");
  const copies = row("a").getByRole("textbox", { name: /^copies/ });
  await copies.fill("99");
  await chat.press("Approve as edited");
  await editor.getByRole("alert").waitFor();
  await expect.poll(() => editor.getByRole("alert").innerText()).toMatch(/copies/);
  await expect.poll(() => copies.inputValue()).toBe("99");
  await copies.fill("many");
  await chat.press("Approve as edited");
  await editor.getByText('copies must be a number, and "many" is none.').first().waitFor();
  await copies.fill("9");
  await chat.press("Approve as edited");
  await page.getByText("Approved with edits").waitFor();
  await chat.idle();
});

test("with the keyboard alone a plan is commented on, put in another order, edited and approved", async () => {
  await using visitor = await visitApp("Eva");
  const { page } = visitor;
  const { chat } = visitor;
  const tabTo = async (name: string | RegExp) => {
    for (let presses = 0; presses < 80; presses += 1) {
      const now = await focused(page);
      if (typeof name === "string" ? now === name : name.test(now)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`Tab never came to ${name}`);
  };
  await chat.message.waitFor();
  await tabTo("Message");
  await page.keyboard.type("notes");
  await page.keyboard.press("Enter");
  await chat.waiting.waitFor();
  await tabTo("Keep step 2 as it is");
  await page.keyboard.press("Space");
  await page.keyboard.press("c");
  await page.keyboard.type("look twice");
  await page.keyboard.press("Escape");
  await chat.waiting.locator('[data-step="b"]').getByText("look twice").waitFor();
  await page.keyboard.press("r");
  await page.keyboard.press("Control+Enter");
  await page.getByText("revision 2", { exact: true }).waitFor();
  await chat.waiting.waitFor();
  await page.keyboard.press("e");
  await page.getByRole("form", { name: "Edit the plan" }).waitFor();
  await tabTo("Move step 3");
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  await expect.poll(() => focused(page), { message: "the focus goes along" }).toBe("Move step 1");
  await tabTo("Title of step 1");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("First of all");
  await tabTo("Approve as edited");
  const calls = received.length;
  await page.keyboard.press("Enter");
  await page.getByText("Approved with edits").waitFor();
  await expect
    .poll(() => received.slice(calls).map(({ args }) => args.path))
    .toEqual(["c.md", "letter.txt", "shed.txt"]);
  await chat.decided.last().getByText("First of all").waitFor();
  await chat.idle();
});
