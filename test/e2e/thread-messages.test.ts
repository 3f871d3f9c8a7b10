import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { createMessagesGraph, longText } from "../support/messages-graph.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

const patient = { timeout: 20_000 };
const narrow = { width: 380, height: 780 };
const wide = { width: 1280, height: 860 };

let browser: Browser;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let site: Awaited<ReturnType<typeof serveAppOver>>;
beforeAll(async () => {
  browser = await launchBrowser();
  directory = await temporaryDirectory();
  site = await serveAppOver(directory.path, { agent: createMessagesGraph() });
});
afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function openChat() {
  const visitor = await visit(browser, { name: "Ana", viewport: wide });
  await visitor.page.goto(site.url);
  const chat = onPage(visitor.page);
  return {
    ...visitor,
    chat,
    async ask(text: string) {
      await chat.ask(text);
      await chat.idle();
    },
    async [Symbol.asyncDispose]() {
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
    },
  };
}

async function shoot(page: Page, name: string) {
  await expectAccessible(page, name);
  await keepShot(page, name);
  await page.setViewportSize(narrow);
  await expectNoSideways(page);
  await keepShot(page, `${name}-narrow`);
  await page.setViewportSize(wide);
  await page.evaluate("document.documentElement.dataset.theme = 'dark'");
  await expectAccessible(page, `${name}, dark`);
  await keepShot(page, `${name}-dark`);
  await page.evaluate("document.documentElement.dataset.theme = 'light'");
}

test("a message shows its thoughts, sources, images and files; what is elsewhere is fetched by a click alone", async () => {
  await using opened = await openChat();
  const { page, ask, chat } = opened;
  const asked: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(site.url) && !/^(data|blob):/.test(request.url()))
      asked.push(request.url());
  });
  await ask("everything");
  const main = page.getByRole("main");
  await page.getByRole("region", { name: "Sources" }).getByRole("link", { name: "Rain in Bergen" }).waitFor();
  await main.getByText("It rains in Bergen.").waitFor();
  expect(await main.getByRole("link", { name: "[1]" }).getAttribute("href")).toBe("https://example.org/rain");
  await main.getByText("A book about weather").waitFor();

  const thought = page.getByRole("button", { name: /^Thought/ });
  expect(await main.getByText("I look it up first.").count()).toBe(0);
  await thought.click();
  await main.getByText("I look it up first.").waitFor();

  await page.getByRole("link", { name: "Open Image at elsewhere.example" }).waitFor();
  const paper = page.waitForEvent("download");
  await page.getByRole("link", { name: "Save paper.pdf" }).click();
  expect((await paper).suggestedFilename()).toBe("paper.pdf");
  await page.getByRole("button", { name: /^notes\.txt/ }).click();
  await page.getByRole("region", { name: "Text of notes.txt" }).getByText("Line two").waitFor();
  await main.locator("summary", { hasText: "hologram" }).click();
  await main.getByText("blue").waitFor();
  await main.getByText("Instructions to the model").waitFor();
  await page.getByRole("button", { name: "Enlarge square.png" }).click();
  const large = page.getByRole("dialog", { name: "square.png" });
  await large.getByRole("img", { name: "square.png" }).waitFor();
  await expectAccessible(page, "an image, enlarged");
  await page.keyboard.press("Escape");
  await large.waitFor({ state: "hidden" });
  expect(asked).toEqual([]);
  await shoot(page, "messages");

  await page.reload();
  await page.getByRole("region", { name: "Sources" }).waitFor();
  await chat.idle();
  expect(asked).toEqual([]);
});

test("Markdown has coloured code to copy, tables that scroll by themselves, and formulas; prices stay prices", async () => {
  await using opened = await openChat();
  const { page, ask, context } = opened;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ask("markdown");
  const main = page.getByRole("main");
  await main.locator("math").nth(1).waitFor();
  expect(await main.locator("math").count()).toBe(2);
  await main.getByText("a coffee costs $3 to $4.", { exact: false }).waitFor();
  await main.locator(".hljs-keyword", { hasText: "export" }).waitFor();
  await page.getByRole("button", { name: "Copy the code" }).click();
  await expect
    .poll(() => page.evaluate("navigator.clipboard.readText()"))
    .toBe("// Adds what is there.\nexport function add(a: number, b: number): number {\n  return a + b;\n}");
  await page.setViewportSize(narrow);
  const table = page.getByRole("region", { name: "Table" });
  await expect.poll(() => table.evaluate((one) => one.scrollWidth > one.clientWidth)).toBe(true);
  await page.setViewportSize(wide);
  const before = page.url();
  await main.getByRole("link", { name: "1", exact: true }).click();
  expect(page.url()).toBe(before);
  await shoot(page, "markdown");
});

test("calls of a graph's tools show what they were handed and what came back, by what it is", async () => {
  await using opened = await openChat();
  const { page, ask } = opened;
  await ask("tools");
  await page.getByText("That is what the tools say.").waitFor();
  const call = (name: string) => page.locator("[data-call]", { has: page.getByText(name, { exact: true }) });
  await page.getByRole("img", { name: "fail failed" }).waitFor();
  await page.getByRole("img", { name: "json is done" }).waitFor();
  for (const name of ["json", "markdown", "diff", "picture", "fail"]) {
    await call(name).getByRole("button").first().click();
  }
  await call("json").getByText("Bergen").waitFor();
  await call("markdown").getByRole("heading", { name: "Report" }).waitFor();
  await call("diff").locator("[data-kind=added]", { hasText: "four" }).waitFor();
  await expect.poll(() => call("diff").locator("[data-kind=removed]").count()).toBe(1);
  await call("picture").getByRole("button", { name: "Enlarge Image" }).waitFor();
  await call("fail").getByText("No such place.").waitFor();
  await call("markdown").getByRole("button", { name: "Raw" }).click();
  await call("markdown").getByText("# Report").waitFor();
  await shoot(page, "tool-calls");
});

test("an output of 10,000 lines is scrolled, searched, copied and saved, and only what is near is on the page", async () => {
  await using opened = await openChat();
  const { page, ask, context } = opened;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ask("tools");
  const call = page.locator("[data-call]", { has: page.getByText("text", { exact: true }) });
  await call.getByRole("button").first().click();
  const box = call.getByRole("region", { name: "Result of text" });
  await box.getByText("1 ok", { exact: true }).waitFor();
  expect(await box.locator("[data-row]").count()).toBeLessThan(200);
  await box.evaluate((element) => {
    element.scrollTop = element.scrollHeight / 2;
  });
  await expect.poll(() => box.getByText("1 ok", { exact: true }).count(), patient).toBe(0);
  expect(await box.locator("[data-row]").count()).toBeLessThan(200);

  const field = call.getByRole("searchbox", { name: "Search in the output" });
  await field.fill("NEEDLE");
  await call.getByText("1 of 1").waitFor();
  await box.locator("mark", { hasText: "needle" }).waitFor();
  await field.fill("ok");
  await call.getByText("1 of 5000+").waitFor();
  await field.press("Enter");
  await call.getByText("2 of 5000+").waitFor();
  await field.fill("not there");
  await call.getByText("not found").waitFor();
  await field.fill("needle");
  await box.locator("mark", { hasText: "needle" }).waitFor();
  await keepShot(page, "long-output");
  await call.getByRole("button", { name: "Copy the output" }).click();
  await expect.poll(() => page.evaluate("navigator.clipboard.readText()"), patient).toBe(longText);
  const download = page.waitForEvent("download");
  await call.getByRole("button", { name: "Save the output as a file" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("Result of text.txt");
  expect(await readFile(await file.path(), "utf8")).toBe(longText);
  await expectAccessible(page, "a long output");
});

test("where a graph has several agents, each one's turn has its name, once", async () => {
  await using opened = await openChat();
  const { page, ask } = opened;
  await ask("team");
  await page.getByText("I write them up.").waitFor();
  await expect.poll(() => page.getByText("researcher", { exact: true }).count()).toBe(1);
  await expect.poll(() => page.getByText("writer", { exact: true }).count()).toBe(1);
  await expectAccessible(page, "a team");
  await keepShot(page, "team");
});
