import { AIMessage } from "@langchain/core/messages";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { createAsker } from "../support/asker.ts";
import { keepShot, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { setUpApp } from "../support/set-up-app.ts";

/** Says what it was told; asks first when it is told to. */
const parrot = new StateGraph(MessagesAnnotation)
  .addNode("speak", ({ messages }) => {
    const text = String(messages.at(-1)?.content);
    const more = text.includes("ask me") ? ` (${String(interrupt("Sure?"))})` : "";
    return { messages: [new AIMessage(`Said: ${text}${more}`)] };
  })
  .addEdge(START, "speak")
  .addEdge("speak", END);

const app = setUpApp({
  parrot,
  asker: createAsker([{ value: "First?" }, { value: "Second?" }], " (that was all)"),
});

const said = (page: Page, text: string) => page.getByRole("main").getByText(text, { exact: true });

async function open(page: Page): Promise<ReturnType<typeof onPage>> {
  await page.goto(app.url);
  await page.getByRole("textbox", { name: "Message" }).waitFor();
  return onPage(page);
}

/** The next command of a method reaches the server, and its reply is lost. */
async function loseReply(page: Page, method: string): Promise<void> {
  let isLost = false;
  await page.route("**/commands", async (route) => {
    if (isLost || route.request().postDataJSON().method !== method) return route.continue();
    isLost = true;
    await route.fetch();
    await route.abort();
  });
}

/**
 * Has the page send a command that never gets there. One that a route holds may be let go to the server when its page
 * is left.
 */
async function sendInVain(page: Page, send: () => Promise<void>): Promise<void> {
  await page.evaluate(`{
    const send = window.fetch;
    window.fetch = (input, init) => {
      if (!String(input.url ?? input).endsWith("/commands")) return send(input, init);
      window.isSent = true;
      return new Promise(() => {});
    };
  }`);
  await send();
  await expect.poll(() => page.evaluate("window.isSent")).toBe(true);
}

test("a message whose reply is lost has arrived, once: it is shown, and nothing is left in the box", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  const chat = await open(page);
  await loseReply(page, "run.start");
  await chat.ask("one");
  await said(page, "Said: one").waitFor();
  await chat.idle();
  expect(await chat.message.inputValue()).toBe("");
  expect(await page.getByRole("alert").count()).toBe(0);
  await page.unroute("**/commands");
  await loseReply(page, "run.start");
  await chat.ask("two");
  await said(page, "Said: two").waitFor();
  await chat.idle();
  for (const text of ["one", "two"]) expect(await said(page, text).count()).toBe(1);
  await page.reload();
  await said(page, "Said: two").waitFor();
  for (const text of ["one", "two", "Said: one", "Said: two"]) expect(await said(page, text).count()).toBe(1);
});

test("without a network a message comes back into its box, with what was written since, and is sent once", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page, context } = visitor;
  const chat = await open(page);
  await chat.ask("before");
  await said(page, "Said: before").waitFor();
  await chat.idle();
  await context.setOffline(true);
  await chat.ask("in the tunnel");
  await page.getByRole("alert").getByText("The server did not answer.").waitFor();
  await expect.poll(() => chat.message.inputValue()).toBe("in the tunnel");
  await expect.poll(() => said(page, "in the tunnel").count()).toBe(0);
  await keepShot(page, "offline-message");
  await context.setOffline(false);
  await chat.message.press("Enter");
  await said(page, "Said: in the tunnel").waitFor();
  await chat.idle();
  expect(await said(page, "in the tunnel").count()).toBe(1);

  // The server cannot be reached at all.
  let release = () => {};
  const isHeld = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/commands", async (route) => {
    await isHeld;
    await route.abort();
  });
  await chat.ask("too early");
  await chat.message.fill("and more");
  release();
  await page.getByRole("alert").getByText("The server did not answer.").waitFor();
  await expect.poll(() => chat.message.inputValue()).toBe("too early\nand more");
  await page.unroute("**/commands");
  await chat.message.fill("too early");
  await chat.message.press("Enter");
  await said(page, "Said: too early").waitFor();
  await chat.idle();
  await page.reload();
  await said(page, "Said: too early").waitFor();
  expect(await said(page, "too early").count()).toBe(1);
});

test("a page that is left while a message is on its way gives it back when the message never arrived", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  const chat = await open(page);
  await sendInVain(page, () => chat.ask("on its way"));
  await page.reload();
  await expect.poll(() => chat.message.inputValue()).toBe("on its way");
  await chat.message.press("Enter");
  await said(page, "Said: on its way").waitFor();
  await page.reload();
  await said(page, "Said: on its way").waitFor();
  expect(await chat.message.inputValue()).toBe("");
  expect(await said(page, "on its way").count()).toBe(1);
});

test("a message said differently is lost neither by a reload nor by the network, and is taken once", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  const chat = await open(page);
  const editor = page.getByRole("textbox", { name: "Your message, said differently" });
  const sayDifferently = async (text: string) => {
    await said(page, text).hover();
    await page.getByRole("button", { name: "Say it differently" }).last().click();
  };
  await chat.ask("red");
  await said(page, "Said: red").waitFor();
  await chat.idle();

  // The page is left before the server has heard of it.
  await sayDifferently("red");
  await editor.fill("green");
  await sendInVain(page, () => editor.press("Enter"));
  await page.reload();
  await expect.poll(() => editor.inputValue()).toBe("green");

  // The reply is lost: it has arrived, and is not said twice.
  await loseReply(page, "run.start");
  await editor.press("Enter");
  await said(page, "Said: green").waitFor();
  await chat.idle();
  await page.unroute("**/commands");
  await expect.poll(() => editor.count()).toBe(0);

  // The server cannot be reached: what was written is there, and goes the next time.
  await sayDifferently("green");
  await editor.fill("blue");
  await page.route("**/commands", (route) => route.abort());
  await editor.press("Enter");
  await page.getByRole("alert").getByText("The server did not answer.").waitFor();
  await expect.poll(() => editor.inputValue()).toBe("blue");
  await expect.poll(() => said(page, "blue").count(), { message: "in its box alone" }).toBe(1);
  await page.unroute("**/commands");
  await editor.press("Enter");
  await said(page, "Said: blue").waitFor();
  await chat.idle();
  await editor.waitFor({ state: "detached" });
  await page.reload();
  await said(page, "Said: blue").waitFor();
  await page.getByText("3 of 3").waitFor();
  expect(await editor.count()).toBe(0);
});

test("Enter twice, or a double click, sends once", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  const chat = await open(page);
  await chat.message.fill("twice");
  await page.evaluate(`(() => {
    const box = document.querySelector("textarea");
    for (let press = 0; press < 2; press += 1)
      box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  })()`);
  await said(page, "Said: twice").waitFor();
  await chat.idle();
  await chat.message.fill("double");
  await page.getByRole("button", { name: "Send", exact: true }).dblclick();
  await said(page, "Said: double").waitFor();
  await chat.idle();
  for (const text of ["twice", "double"]) expect(await said(page, text).count()).toBe(1);
});

test("an answer whose reply is lost counts once; a double click on its button, too", async () => {
  await using visitor = await visit(app.browser, { name: "Ana" });
  const { page } = visitor;
  const chat = await open(page);
  await page.getByRole("combobox", { name: "Graph" }).selectOption("asker");
  await chat.ask("go on");
  await page.getByText("2 questions are open").waitFor();
  const cards = page.getByTestId("question-card");
  const first = cards.filter({ hasText: "First?" });
  await first.getByRole("textbox").fill("yes");
  await loseReply(page, "input.respond");
  const answer = first.getByRole("button", { name: "Answer" });
  await answer.click();
  // It was taken: a second try gets the first result, unless its card goes before that.
  await expect
    .poll(async () => {
      await answer.click({ timeout: 500 }).catch(() => {});
      return first.count();
    })
    .toBe(0);
  const second = cards.filter({ hasText: "Second?" });
  await second.getByRole("textbox").fill("no");
  await second.getByRole("button", { name: "Answer" }).dblclick();
  await page.getByText('"yes", "no" (that was all)').waitFor();
  expect(await page.getByTestId("refusal").count()).toBe(0);
});

test("a minute without a network, or a night of sleep: it says so, and all goes on by itself", async () => {
  await using ana = await visit(app.browser, { name: "Ana" });
  await using ben = await visit(app.browser, { name: "Ben" });
  const { page, context } = ana;
  await page.clock.install();
  const chat = await open(page);
  await chat.ask("ask me");
  await page.getByTestId("question-card").waitFor();
  await page.getByTestId("question-card").getByRole("textbox").fill("half an ans");
  await context.setOffline(true);
  await page.clock.fastForward("01:00");
  await page.getByText("reconnecting…").waitFor();
  expect(await page.getByTestId("question-card").getByRole("textbox").inputValue()).toBe("half an ans");
  await keepShot(page, "offline");
  // Meanwhile Ben answers.
  const bens = onPage(ben.page);
  await ben.page.goto(page.url());
  await ben.page.getByTestId("question-card").getByRole("textbox").fill("sure");
  await ben.page.getByRole("button", { name: "Answer" }).click();
  await said(ben.page, "Said: ask me (sure)").waitFor();
  await bens.idle();
  await page.clock.fastForward("08:00:00");
  await context.setOffline(false);
  await page.clock.fastForward("00:10");
  await said(page, "Said: ask me (sure)").waitFor();
  await expect.poll(() => page.getByText("reconnecting…").count()).toBe(0);
  await chat.ask("good morning");
  await said(page, "Said: good morning").waitFor();
});
