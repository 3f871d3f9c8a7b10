import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "../support/app.ts";
import { createAsker } from "../support/asker.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { type Script, startOpenAiServer } from "../support/openai-server.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

const fixture = fileURLToPath(new URL("doubt-fixture-server.mjs", import.meta.url));

const rent = { id: "s1", title: "Post the rent", tool: "post", args: { line: "rent", amount: 900 } };
const power = { id: "s2", title: "Post the power bill", tool: "post", args: { line: "power", amount: 60 } };
const oneByOne = [
  { ...rent, why: "It is due on the first.", after: [] },
  { ...power, after: ["s1"] },
];
const bothAtOnce = [
  { ...rent, after: [] },
  { ...power, after: [] },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Proposes these steps to whatever is asked for, and sums up by their status. */
function planner(steps: unknown[]): Script {
  return ({ tools = [], messages }) => {
    const isPlanning = tools.some((tool) => tool.function.name === "propose_plan");
    const last = messages.at(-1);
    if (!isPlanning) {
      const { results } = JSON.parse(String(last?.content)) as {
        results: { step: string; status: string }[];
      };
      return `In the end: ${results.map(({ step, status }) => `${step} ${status}`).join(", ")}.`;
    }
    if (/thank/i.test(JSON.stringify(last?.content))) return "You are welcome.";
    const plan = {
      title: "Pay the bills",
      summary: "Posts what is due to the ledger.",
      assumptions: [],
      steps,
    };
    return { calls: [{ name: "propose_plan", args: plan }] };
  };
}

/** The app with a ledger, and a model that plans these steps. */
async function openBooks(steps: unknown[]) {
  const directory = await temporaryDirectory();
  const openai = await startOpenAiServer({ script: planner(steps) });
  const mcp = join(directory.path, "mcp.json");
  const server = { command: process.execPath, args: [fixture, directory.path] };
  writeFileSync(mcp, JSON.stringify({ mcpServers: { ledger: server } }));
  const env = {
    COUNTERSIGN_MODEL: "openai:test-model",
    OPENAI_BASE_URL: openai.url,
    OPENAI_API_KEY: "sk-test",
    COUNTERSIGN_MCP: mcp,
  };
  let app = await startApp({ directory: directory.path, env });
  const file = join(directory.path, "ledger.txt");
  const ledger = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
  return {
    url: app.url,
    ledger,
    /** From now on the tool answers. */
    letGo: () => writeFileSync(join(directory.path, "go"), ""),
    /** Has the plan approved, and kills the app inside the tools of so many steps. */
    async killInside(page: Page, count: number): Promise<void> {
      const chat = onPage(page);
      await page.goto(app.url);
      await chat.ask("pay the bills");
      await chat.waiting.waitFor();
      await chat.press("Approve");
      await expect.poll(() => ledger().length).toBe(count);
      await app.kill();
      await page.getByText("reconnecting…").waitFor();
      app = await restart(app);
    },
    async [Symbol.asyncDispose]() {
      await app.stop();
      await openai.close();
      await directory[Symbol.asyncDispose]();
    },
  };

  function restart({ url }: RunningApp): Promise<RunningApp> {
    return startApp({ directory: directory.path, env: { ...env, COUNTERSIGN_PORT: new URL(url).port } });
  }
}

function doubtsOn(page: Page) {
  return page.getByRole("region", { name: "What may have happened" });
}

const step = (page: Page, id: string) => page.locator(`[data-step="${id}"]`);
const statusOf = (page: Page, id: string) => step(page, id).getAttribute("data-status");

/** Writes down whether a button of this name is shown from now on, however short. */
async function watchFor(page: Page, name: string): Promise<() => Promise<boolean>> {
  await page.evaluate(`{
    window.wasShown = false;
    const look = () => {
      window.wasShown ||= [...document.querySelectorAll("button")].some((b) => b.innerText === ${JSON.stringify(name)});
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
    look();
  }`);
  return () => page.evaluate<boolean>("window.wasShown");
}

/** What the page complains of, beside that the server was away. */
function own(complaints: string[]): string[] {
  return complaints.filter((complaint) => !/Failed to load resource|net::ERR_/.test(complaint));
}

test("killed inside a tool, the app asks whether it happened; told to run it again, it does", async () => {
  await using books = await openBooks(oneByOne);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 1);

  const doubt = doubtsOn(page);
  await doubt.waitFor();
  const told = await doubt.innerText();
  for (const words of ["Post the rent", "post", "rent", "900", "writes", "Started", "may have happened"])
    expect(told).toContain(words);
  await expect.poll(() => statusOf(page, "s1")).toBe("in_doubt");
  await expect.poll(() => statusOf(page, "s2")).toBe("waiting");
  await expect.poll(() => chat.decided.innerText()).toContain("waits for you");
  expect(await page.getByRole("button", { name: "Go on with this plan" }).count()).toBe(0);
  await expect.poll(() => page.title()).toMatch(/^\(1\)/);
  await page.getByRole("navigation", { name: "Chats" }).getByText("waits for you").waitFor();
  await expect.poll(() => page.getByText("reconnecting…").count(), { timeout: 15_000 }).toBe(0);
  await expectAccessible(page, "an effect in doubt");
  await keepShot(page, "doubt");
  expect(books.ledger()).toEqual(["rent 900"]);

  const asked = await chat.text();
  await page.reload();
  await doubt.waitFor();
  await expect.poll(() => chat.text()).toBe(asked);

  const refused = { error: "permission_denied", message: "That is not for you to say." };
  await page.route("**/commands", (route) => route.fulfill({ status: 403, json: refused }), { times: 1 });
  await chat.press("Run it again");
  await doubt.getByRole("alert").getByText(refused.message).waitFor();
  expect(await page.getByText(refused.message).count()).toBe(1);
  expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);

  books.letGo();
  const wasOffered = await watchFor(page, "Go on with this plan");
  await chat.press("Run it again");
  await page.getByText("In the end: s1 done, s2 done.").waitFor();
  expect(await wasOffered(), "the answer goes on with it: nothing else is offered").toBe(false);
  expect(books.ledger()).toEqual(["rent 900", "rent 900", "power 60"]);
  await expect.poll(() => doubt.count()).toBe(0);
  await expect.poll(() => statusOf(page, "s1")).toBe("done");
  await chat.idle();
  const shown = await chat.text();
  await page.reload();
  await page.getByText("In the end:").waitFor();
  await expect.poll(() => chat.text()).toBe(shown);
  expect(own(complaints)).toEqual([]);
});

test("with the keyboard alone: it was done, and the plan goes on with what is typed in", async () => {
  await using books = await openBooks(oneByOne);
  await using visitor = await visit(browser, { name: "Dora" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 1);
  await doubtsOn(page).waitFor();
  books.letGo();

  const focused = () =>
    page.evaluate<string>(
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
    );
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 40; presses += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()) === name) return;
    }
    throw new Error(`Tab never came to ${name}`);
  };
  await tabTo("Stop");
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("Back");
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("Stop");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.type("paid by");
  await page.keyboard.press("Escape");
  await expect.poll(focused).toBe("It was done");
  await page.keyboard.press("Enter");
  await page.keyboard.type(" hand");
  await expectAccessible(page, "what the tool returned");
  await keepShot(page, "doubt-done");
  await page.keyboard.press("Control+Enter");

  await page.getByText("In the end: s1 done, s2 done.").waitFor();
  expect(books.ledger()).toEqual(["rent 900", "power 60"]);
  await expect.poll(() => statusOf(page, "s1")).toBe("done");
  await expect.poll(() => step(page, "s1").innerText()).toContain("paid by hand");
  await expect.poll(() => step(page, "s2").innerText()).toContain("Posted: power 60");
  await chat.idle();
  const shown = await chat.text();
  await page.reload();
  await page.getByText("In the end:").waitFor();
  await expect.poll(() => chat.text()).toBe(shown);
  expect(own(complaints)).toEqual([]);
});

test("on a phone, in the dark: skipped, and whoever answers too late is told who was first", async () => {
  await using books = await openBooks(oneByOne);
  await using ana = await visit(browser, {
    name: "Ana",
    viewport: { width: 380, height: 780 },
    colorScheme: "dark",
    hasTouch: true,
  });
  await using ben = await visit(browser, { name: "Ben" });
  const { page } = ana;
  const [anas, bens] = [onPage(page), onPage(ben.page)];
  await books.killInside(page, 1);
  await doubtsOn(page).waitFor();
  await expect.poll(() => page.getByText("reconnecting…").count(), { timeout: 15_000 }).toBe(0);
  await expectNoSideways(page);
  await expectAccessible(page, "an effect in doubt on a phone, dark");
  await keepShot(page, "doubt-phone");
  await anas.press("Stop");
  await expectNoSideways(page);
  await keepShot(page, "doubt-phone-stop");
  await anas.press("Back");

  // What Ben says is on its way when Ana's answer arrives.
  let send = () => {};
  const isAnswered = new Promise<void>((resolve) => {
    send = resolve;
  });
  await ben.context.route("**/commands", async (route) => {
    await isAnswered;
    await route.continue();
  });
  await ben.page.goto(page.url());
  await doubtsOn(ben.page).waitFor();
  await bens.press("Run it again");
  for (const name of ["Run it again", "It was done", "Skip it", "Stop"])
    await expect.poll(() => ben.page.getByRole("button", { name, exact: true }).isDisabled()).toBe(true);
  await anas.press("Skip it");
  await page.getByText("In the end: s1 skipped, s2 skipped.").waitFor();
  send();
  await ben.page.getByTestId("refusal").getByText("Ana was first: your answer did not count.").waitFor();
  await expect.poll(() => doubtsOn(ben.page).count()).toBe(0);

  expect(books.ledger()).toEqual(["rent 900"]);
  await expect.poll(() => statusOf(page, "s1")).toBe("skipped");
  await expect.poll(() => step(page, "s1").innerText()).toContain("This was skipped");
  await expect.poll(() => step(page, "s2").innerText()).toContain("Step s1 was not done");
  await expect.poll(() => anas.decided.innerText()).toContain("not all done");
  await anas.idle();
  await keepShot(page, "doubt-phone-skipped");
  const shown = await anas.text();
  await page.reload();
  await page.getByText("In the end:").waitFor();
  await expect.poll(() => anas.text()).toBe(shown);
});

test("told to stop, nothing more runs, and going on asks again", async () => {
  await using books = await openBooks(oneByOne);
  await using visitor = await visit(browser, { name: "Ana", colorScheme: "dark" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 1);
  await doubtsOn(page).waitFor();
  await chat.press("Stop");
  await page.getByText(/Stop here\? Nothing more runs/).waitFor();
  await chat.press("Stop here");
  const goOn = page.getByRole("button", { name: "Go on with this plan" });
  await goOn.waitFor();
  await expect.poll(() => chat.decided.innerText()).toContain("stopped");
  await expect.poll(() => step(page, "s1").innerText()).toContain("it may have done its work");
  await expect.poll(() => doubtsOn(page).count()).toBe(0);
  await chat.idle();
  await keepShot(page, "doubt-stopped");
  const stopped = await chat.text();
  await page.reload();
  await goOn.waitFor();
  await expect.poll(() => chat.text()).toBe(stopped);
  expect(books.ledger()).toEqual(["rent 900"]);

  books.letGo();
  await goOn.click();
  await doubtsOn(page).waitFor();
  await expect.poll(() => goOn.count()).toBe(0);
  await chat.press("It was done");
  await chat.press("Mark as done");
  await page.getByText("In the end: s1 done, s2 done.").waitFor();
  expect(books.ledger()).toEqual(["rent 900", "power 60"]);
  expect(own(complaints)).toEqual([]);
});

test("every step that was cut off has its own question, and the plan goes on when all are answered", async () => {
  await using books = await openBooks(bothAtOnce);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 2);
  await doubtsOn(page).nth(1).waitFor();
  books.letGo();
  await expect.poll(() => page.title()).toMatch(/^\(2\)/);
  await keepShot(page, "doubt-two");
  await expectAccessible(page, "two effects in doubt");
  const [first, second] = ["rent", "power bill"].map((what) =>
    doubtsOn(page).filter({ hasText: `Post the ${what}` }),
  );
  await first?.getByRole("button", { name: "Skip it" }).click();
  await expect.poll(() => doubtsOn(page).count()).toBe(1);
  await expect.poll(() => statusOf(page, "s2")).toBe("in_doubt");
  await expect.poll(() => statusOf(page, "s1")).toBe("waiting");
  await expect.poll(() => chat.decided.innerText()).toContain("waits for you");
  await keepShot(page, "doubt-one-left");
  const half = await chat.text();
  await page.reload();
  await second?.waitFor();
  await expect.poll(() => chat.text()).toBe(half);
  await second?.getByRole("button", { name: "Run it again" }).click();
  await page.getByText("In the end: s1 skipped, s2 done.").waitFor();
  expect(books.ledger().sort()).toEqual(["power 60", "power 60", "rent 900"]);
  expect(own(complaints)).toEqual([]);
});

test("to stop at one of several questions is to stop at all of them", async () => {
  await using books = await openBooks(bothAtOnce);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 2);
  await doubtsOn(page).nth(1).waitFor();
  await page.getByRole("button", { name: "Stop", exact: true }).first().click();
  await page.getByText("The other open questions end too.").waitFor();
  await chat.press("Stop here");
  await page.getByRole("button", { name: "Go on with this plan" }).waitFor();
  await expect.poll(() => doubtsOn(page).count()).toBe(0);
  await expect.poll(() => chat.decided.innerText()).toContain("stopped");
  expect(books.ledger().sort()).toEqual(["power 60", "rent 900"]);
  expect(own(complaints)).toEqual([]);
});

test("a message answers no doubt, and what it leaves behind is recorded as stopped", async () => {
  await using books = await openBooks(oneByOne);
  await using visitor = await visit(browser, { name: "Cem" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await books.killInside(page, 1);
  await doubtsOn(page).waitFor();
  await expect.poll(() => page.getByText("reconnecting…").count()).toBe(0);
  await chat.ask("thanks, it was done");
  await page.getByRole("alertdialog").waitFor();
  await expectAccessible(page, "a message while a doubt is open");
  await chat.press("Keep the question");
  expect(await doubtsOn(page).count()).toBe(1);
  await chat.message.press("Enter");
  await chat.press("Leave it and send");
  await page.getByText("You are welcome.").waitFor();
  const left = page.getByTestId("plan-card");
  await left.getByText("Approved").waitFor();
  await left.getByText("stopped", { exact: true }).waitFor();
  await expect.poll(() => doubtsOn(page).count()).toBe(0);
  expect(books.ledger()).toEqual(["rent 900"]);
  expect(own(complaints)).toEqual([]);
});

test("whatever a graph asks, and however little it says, each question has a card that answers it", async () => {
  await using directory = await temporaryDirectory();
  await using site = await serveAppOver(directory.path, {
    agent: createAsker([
      { value: { type: "effect_in_doubt" } },
      { value: { type: "effect_in_doubt", about: "Send the letter", allowed: ["done", "skip"] } },
      { value: { question: "Which colour?" } },
    ]),
  });
  await using visitor = await visit(browser, { name: "Ana", viewport: { width: 380, height: 780 } });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(site.url);
  await chat.ask("ask me");
  await page.getByText("Which colour?").waitFor();
  await expect.poll(() => doubtsOn(page).count()).toBe(2);
  await expectNoSideways(page);
  await expectAccessible(page, "three questions on a phone");
  await keepShot(page, "doubt-unknown");
  const letter = doubtsOn(page).filter({ hasText: "Did “Send the letter” happen?" });
  await expect.poll(() => letter.getByRole("button").allInnerTexts()).toEqual(["It was done", "Skip it"]);

  await page.getByRole("textbox", { name: /Your answer/ }).fill("blue");
  await chat.press("Answer");
  await letter.getByRole("button", { name: "Skip it" }).click();
  await doubtsOn(page).filter({ hasText: "Did this happen?" }).waitFor();
  await chat.press("Run it again");
  await page.getByText('{"type":"retry"}, {"type":"skip"}, "blue"').waitFor();
  await expect.poll(() => doubtsOn(page).count()).toBe(0);
  expect(complaints).toEqual([]);
});
