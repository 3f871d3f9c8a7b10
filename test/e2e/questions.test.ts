import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askInApp } from "../support/asked-app.ts";
import type { AskedQuestion } from "../support/asker.ts";
import {
  expectAccessible,
  expectNoSideways,
  keepShot,
  launchBrowser,
  type visit,
} from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";

const plan = { id: "p1", revision: 2, title: "Move the office", digest: "d1" };
const step = {
  id: "s2",
  title: "Tell the landlord",
  why: "The lease wants it in writing.",
  tool: "send_email",
  args: { to: "landlord@example.com", copies: 1, body: "We leave in May." },
  after: ["s1"],
  risk: "external",
};
const failed = {
  type: "step_failed",
  plan,
  step,
  args: step.args,
  error: "The mail server said: 550 no such user.",
  tries: 3,
  dependents: ["s3", "s4"],
};
const reviewed = {
  type: "step_review",
  plan,
  step,
  args: { to: step.args.to, copies: 1 },
  filled: { body: "We leave in May, as agreed." },
  because: "late",
};
const deviating = {
  type: "deviation_review",
  plan,
  step,
  approved: { tool: "send_email", args: step.args },
  proposed: {
    tool: "send_email",
    args: { to: "landlord@example.com", copies: 2, body: "We leave in June.", bcc: "me" },
  },
  reason: "The calendar says June.",
};
const unclear = {
  type: "clarification",
  question: "Which **month** is it?",
  choices: [{ label: "May", description: "As the lease says" }, { label: "June" }],
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const ask = (questions: AskedQuestion[], options: Parameters<typeof visit>[1] = {}) =>
  askInApp(browser, questions, options);

async function buttons(page: Page, name: string): Promise<string[]> {
  const all = page.getByRole("region", { name, exact: true }).getByRole("button");
  await all.first().waitFor();
  return (await all.allInnerTexts()).map((text) => text.trim());
}

test("a failed step says what went wrong, and each way on is an answer", async () => {
  const ways: [press: (page: Page) => Promise<void>, told: unknown][] = [
    [(page) => page.keyboard.press("r"), { type: "retry" }],
    [
      async (page) => {
        await page.keyboard.press("s");
        await page.getByRole("button", { name: "Run those anyway" }).click();
      },
      { type: "skip", dependents: "run" },
    ],
    [
      async (page) => {
        await page.getByRole("button", { name: "Mark as done" }).click();
        await page.keyboard.type("sent by hand");
        await page.keyboard.press("Control+Enter");
      },
      { type: "done", output: "sent by hand" },
    ],
    [
      async (page) => {
        await page.keyboard.press("e");
        await page.getByRole("textbox", { name: /^copies/ }).fill("2");
        await page.reload();
        await expect.poll(() => page.getByRole("textbox", { name: /^copies/ }).inputValue()).toBe("2");
        await page.getByRole("button", { name: "Try with these" }).click();
      },
      { type: "edit", args: { ...step.args, copies: 2 } },
    ],
    [
      async (page) => {
        await page.keyboard.press("p");
        await page.keyboard.type("write a letter instead");
        await page.reload();
        await page.getByRole("button", { name: "Plan again", exact: true }).click();
      },
      { type: "replan", feedback: "write a letter instead" },
    ],
    [
      async (page) => {
        await page.keyboard.press("q");
        await page.getByRole("textbox", { name: /Why/ }).fill("enough");
        await page.getByRole("button", { name: "Stop here" }).click();
      },
      { type: "cancel", reason: "enough" },
    ],
  ];
  await using at = await ask([{ value: failed }]);
  const { page, complaints } = at;
  const shown = await at.card("A step that failed").innerText();
  for (const words of [
    "Tell the landlord",
    "550 no such user",
    "Tried 3 times",
    "leaves this machine",
    "Move the office",
  ])
    expect(shown).toContain(words);
  await expectAccessible(page, "a failed step");
  await keepShot(page, "step-failed");
  for (const [index, [press, told]] of ways.entries()) {
    if (index > 0) {
      await page.getByRole("button", { name: "New chat" }).click();
      await onPage(page).ask(`go on ${index}`);
      await at.card("A step that failed").waitFor();
      await page.getByRole("main").focus();
    } else await page.getByRole("main").focus();
    await press(page);
    expect(JSON.parse(await at.told())).toEqual(told);
  }
  expect(complaints).toEqual([]);
});

test("only what is allowed can be said, by button or by key", async () => {
  await using at = await ask([{ value: { ...failed, dependents: [], allowed: ["retry", "skip"] } }]);
  const { page, complaints } = at;
  expect(await buttons(page, "A step that failed")).toEqual(["Try again", "Skip it"]);
  await page.getByRole("main").focus();
  for (const key of ["e", "d", "p", "q", "a"]) await page.keyboard.press(key);
  // While the person writes, a letter is a letter; with the keys switched off, it is nothing.
  await onPage(page).message.fill("");
  await onPage(page).message.press("s");
  await page.getByRole("button", { name: "Single keys are on. Change" }).click();
  await page.getByRole("main").focus();
  await page.keyboard.press("s");
  expect(await at.card("A step that failed").count()).toBe(1);
  await page.getByRole("button", { name: "Single keys are off. Change" }).click();
  await page.getByRole("main").focus();
  await page.keyboard.press("s");
  expect(await at.told()).toBe('{"type":"skip"}');
  expect(complaints).toEqual([]);
});

test("a step is asked about again with what was decided meanwhile, and can be allowed from now on", async () => {
  await using at = await ask([{ value: reviewed }], {
    viewport: { width: 380, height: 780 },
    colorScheme: "dark",
  });
  const { page, complaints } = at;
  const card = at.card("A step to review");
  expect(await card.innerText()).toContain("Decided while it ran: body");
  expect(await card.innerText()).toContain("We leave in May, as agreed.");
  await card.getByRole("button", { name: "Run it, and always allow …" }).click();
  await card.getByRole("combobox", { name: "Where" }).selectOption("actor");
  await card.getByRole("combobox", { name: "How long" }).selectOption("0");
  await card.getByRole("textbox", { name: "to" }).fill("*@example.com");
  await card.getByRole("textbox", { name: "body" }).fill("*");
  await expectNoSideways(page);
  await expectAccessible(page, "what to allow from now on, dark");
  await keepShot(page, "step-review-phone");
  await card.getByRole("button", { name: "Run it, and allow this" }).click();
  expect(JSON.parse(await at.told())).toEqual({
    type: "approve",
    allow: { tool: "send_email", args: { to: "*@example.com", copies: "1" }, scope: "actor" },
  });
  expect(complaints).toEqual([]);
});

test("a call that differs from the plan stands beside what was approved, and the difference is marked", async () => {
  await using at = await ask([{ value: deviating }]);
  const { page, complaints } = at;
  const card = at.card("A step that differs from the plan");
  const changed = card.locator("tr[data-changed=true]");
  await expect.poll(() => changed.count()).toBe(3);
  await expect.poll(() => card.locator("del").allInnerTexts()).toEqual(["1", "May"]);
  await expect.poll(() => card.locator("ins").allInnerTexts()).toEqual(["2", "June", "me"]);
  expect(await card.innerText()).toContain("The calendar says June.");
  await expectAccessible(page, "a deviation");
  await keepShot(page, "deviation");
  await page.getByRole("main").focus();
  await page.keyboard.press("a");
  expect(await at.told()).toBe('{"type":"approve"}');
  expect(complaints).toEqual([]);
});

test("a question with choices is answered with keys, and its draft survives a reload", async () => {
  await using at = await ask([
    { value: unclear },
    { value: { ...unclear, question: "Which others?", multiple: true } },
  ]);
  const { page, complaints } = at;
  const [one, many] = [at.card("Question").nth(0), at.card("Question").nth(1)];
  await one.getByText("month").waitFor();
  expect(await one.getByRole("button", { name: "Answer" }).isDisabled()).toBe(true);
  await page.getByRole("main").focus();
  await page.keyboard.press("2");
  await page.keyboard.press("j");
  await page.keyboard.press("1");
  await page.keyboard.press("2");
  await many.getByRole("textbox").fill("and July");
  await page.reload();
  await expect.poll(() => one.getByRole("radio", { name: "June" }).isChecked()).toBe(true);
  await expect.poll(() => many.getByRole("checkbox", { checked: true }).count()).toBe(2);
  await expectAccessible(page, "two questions with choices");
  await keepShot(page, "clarification");
  await many.getByRole("button", { name: "Answer" }).click();
  await expect.poll(() => page.getByTestId("question-card").count()).toBe(1);
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  expect(JSON.parse(`[${await at.told()}]`)).toEqual([
    { type: "answer", choice: "June" },
    { type: "answer", choice: ["May", "June"], text: "and July" },
  ]);
  expect(complaints).toEqual([]);
});

test("one call of a tool is approved with a key, edited, or answered for, as its dialect reads it", async () => {
  const request = { action_request: { action: "send_email", args: { to: "bob", copies: 1 } } };
  const config = { allow_accept: true, allow_edit: true, allow_respond: true, allow_ignore: true };
  await using at = await ask([{ value: [{ ...request, config, description: "Bob **waits**" }] }]);
  const { page, complaints } = at;
  expect(await buttons(page, "Tool calls to review")).toEqual(["Approve", "Edit", "Reject", "Respond"]);
  await page.getByRole("main").focus();
  await page.keyboard.press("e");
  await page.getByRole("textbox", { name: /^copies/ }).fill("2");
  await keepShot(page, "tool-call");
  await page.getByRole("button", { name: "Approve as edited" }).click();
  expect(JSON.parse(await at.told())).toEqual([
    { type: "edit", args: { action: "send_email", args: { to: "bob", copies: 2 } } },
  ]);
  expect(complaints).toEqual([]);
});

test("how far a plan runs by itself is chosen with its approval, where that is offered", async () => {
  const whole = { ...plan, summary: "", assumptions: [], steps: [step] };
  const value = {
    type: "plan_review",
    plan: whole,
    allowed: ["approve", "reject"],
    autonomy: ["through", "stop_before_risky"],
  };
  await using at = await ask([{ value }]);
  const { page, complaints } = at;
  await page.getByRole("radio", { name: /Stop before risky steps/ }).check();
  await expectAccessible(page, "a plan with a choice of autonomy");
  await keepShot(page, "plan-autonomy");
  expect(await page.getByRole("button", { name: "Approve with edits" }).count()).toBe(0);
  await page.getByRole("main").focus();
  await page.keyboard.press("a");
  expect(JSON.parse(await at.told())).toEqual({
    type: "approve",
    digest: "d1",
    autonomy: "stop_before_risky",
  });
  expect(complaints).toEqual([]);
});

test("an answer that does not fit is refused in words on its card", async () => {
  const responseSchema = { type: "object", properties: { ok: { const: true } }, required: ["ok"] };
  await using at = await ask([{ value: unclear, responseSchema }]);
  const { page } = at;
  await page.getByRole("radio", { name: "May" }).check();
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await page
    .getByRole("alert")
    .getByText(/not valid/)
    .waitFor();
  await expect.poll(() => page.getByRole("button", { name: "Answer", exact: true }).isEnabled()).toBe(true);
});

test("what no card can show is shown plainly, and can be answered", async () => {
  const whole = { ...plan, summary: "", assumptions: [], steps: [{ ...step, late: { body: 5 } }] };
  await using at = await ask([{ value: { type: "plan_review", plan: whole } }]);
  const { page } = at;
  const card = at.card("Question");
  await expect.poll(() => card.innerText()).toContain("Tell the landlord");
  await page.getByRole("textbox", { name: /Your answer/ }).fill('{"type":"cancel"}');
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  expect(await at.told()).toBe('{"type":"cancel"}');
});
