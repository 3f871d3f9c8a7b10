import { tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createPlanAgent } from "../../src/agent/index.ts";
import { ScriptedModel } from "../../src/testing/index.ts";
import { expectAccessible, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { createFeed, type Feed } from "../support/feed.ts";
import { redSquare } from "../support/messages-graph.ts";
import { scriptedPlanner, step } from "../support/plan-agent.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** What a person sees while something goes on: what a step puts out, what it drew, and that a model thinks. */

const patient = { timeout: 20_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The app over a plan of these steps, approved, and a feed for each call of the tool `build`. */
async function openRun(steps: object[]) {
  const directory = await temporaryDirectory();
  const feeds: Feed[] = [];
  const build = tool(
    async function* () {
      const feed = createFeed();
      feeds.push(feed);
      yield* feed;
      return "Built, at last.";
    },
    { name: "build", description: "Builds, and says how it goes.", schema: z.object({ text: z.string() }) },
  );
  const draw = tool(
    () =>
      [
        { type: "text", text: "Three pictures." },
        { type: "image", data: redSquare, mimeType: "image/png" },
        { type: "image", data: btoa("<svg xmlns='http://www.w3.org/2000/svg'/>"), mimeType: "image/svg+xml" },
        { type: "image", url: "https://elsewhere.example/b.png", mimeType: "image/png" },
      ] as never,
    { name: "draw", description: "Draws.", schema: z.object({ text: z.string() }) },
  );
  const agent = createPlanAgent({ model: scriptedPlanner([steps]), tools: [build, draw] });
  const site = await serveAppOver(directory.path, { agent });
  const visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  const chat = onPage(page);
  await page.goto(site.url);
  await chat.ask("Do it");
  await chat.waiting.waitFor();
  await chat.press("Approve");
  return {
    ...visitor,
    chat,
    /** What the call with this number puts out, once it has begun. */
    async feed(number: number): Promise<Feed> {
      await expect.poll(() => feeds.length, patient).toBeGreaterThan(number);
      return feeds[number] as Feed;
    },
    row: (id: string) => page.locator(`[data-step="${id}"]`),
    live: page.getByRole("region", { name: "Output so far" }),
    async [Symbol.asyncDispose]() {
      for (const feed of feeds) feed.end();
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} of what it does\n`).join("");

test("what a running step puts out grows, is there after a reload and for others, and gives way to what it returned", async () => {
  await using opened = await openRun([step("one", "build")]);
  const { page, live, feed, row, chat } = opened;
  const one = await feed(0);
  one.say("First ");
  await live.getByText("First", { exact: true }).waitFor();
  one.say("word.\n");
  await live.getByText("First word.").waitFor();
  await expect.poll(() => row("one").getAttribute("data-status")).toBe("running");
  one.say(lines(0, 40));
  await live.getByText("line 39 of").waitFor();
  const left = () => live.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  await expect.poll(left, patient).toBeLessThan(2);
  one.say("and a last line that only gets longer: ");
  for (let round = 0; round < 12; round += 1) one.say(`${"·".repeat(60)} `);
  one.say("here");
  await live.getByText("longer: ·", { exact: false }).getByText("here", { exact: false }).waitFor();
  await expect.poll(left).toBeLessThan(2);
  await expectAccessible(page, "what a running step puts out");
  await keepShot(page, "live-output");

  // Who has scrolled up stays there.
  await live.evaluate((box) => {
    box.scrollTop = 40;
  });
  one.say(`\n${lines(40, 60)}`);
  await live.getByText("line 59 of").waitFor();
  expect(await live.evaluate((box) => box.scrollTop)).toBe(40);

  await page.reload();
  await live.getByText("line 59 of").waitFor();
  await expect.poll(() => live.innerText()).toContain("First word.\n");
  one.say("after the reload\n");
  await live.getByText("after the reload").waitFor();
  {
    await using ben = await visit(browser, { name: "Ben" });
    await ben.page.goto(page.url());
    await ben.page
      .getByRole("region", { name: "Output so far" })
      .getByText("line 59 of", { exact: false })
      .waitFor();
    expect(ben.complaints).toEqual([]);
  }
  one.end();
  await row("one").getByText("Built, at last.").waitFor();
  await chat.idle();
  await expect.poll(() => live.count()).toBe(0);
  await page.reload();
  await row("one").getByText("Built, at last.").waitFor();
  expect(await live.count()).toBe(0);
});

test("of more than it shows a step shows the end, and a second try begins with nothing", async () => {
  await using opened = await openRun([step("one", "build")]);
  const { page, live, feed } = opened;
  const one = await feed(0);
  for (let at = 0; at < 3_000; at += 10) one.say(lines(at, at + 10));
  await live.getByText("line 2999 of").waitFor();
  const shown = await live.innerText();
  expect(shown.length, "the page stays light").toBeLessThan(30_000);
  expect(shown, "nobody counts from the middle").not.toMatch(/^\d+$/m);
  one.end(new Error("The wall fell over."));
  const failed = page.getByRole("region", { name: "A step that failed" });
  await failed.getByText("The wall fell over.").waitFor();
  await failed.getByRole("button", { name: "Try again" }).click();
  const two = await feed(1);
  two.say("once more\n");
  await live.getByText("once more").waitFor();
  expect(await live.innerText()).not.toContain("line 2999 of");
  await page.reload();
  await live.getByText("once more").waitFor();
  expect(await live.innerText()).not.toContain("line 2999 of");
});

test("pictures that a step drew are on its row, large with a press, there after a reload; none is fetched from elsewhere", async () => {
  await using opened = await openRun([step("one", "draw")]);
  const { page, row, chat } = opened;
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(new URL(request.url()).host));
  await chat.idle();
  await row("one").getByText("Three pictures.").waitFor();
  const media = row("one").getByRole("list", { name: "Images and files" });
  await media.waitFor();
  const small = media.getByRole("img");
  await expect
    .poll(() => small.evaluateAll((all) => all.map((one) => Reflect.get(one, "naturalWidth"))))
    .toEqual([4]);
  await expect.poll(() => media.getByRole("listitem").count()).toBe(3);
  const elsewhere = media.getByRole("link", { name: /elsewhere\.example/ });
  await expect.poll(() => elsewhere.getAttribute("rel")).toContain("noreferrer");
  await expectAccessible(page, "pictures of a step");
  await keepShot(page, "step-pictures");
  await media.getByRole("button").first().click();
  const large = page.getByRole("dialog");
  await large.getByRole("img").waitFor();
  await page.keyboard.press("Escape");
  await large.waitFor({ state: "hidden" });
  await page.reload();
  await media.waitFor();
  await expect.poll(() => small.count()).toBe(1);
  expect(asked.filter((host) => host.includes("elsewhere"))).toEqual([]);
});

test("while a model thinks that is said with its time, what it thought is a press away, and stays with what it said", async () => {
  await using directory = await temporaryDirectory();
  const gates: (() => void)[] = [];
  const model = new ScriptedModel({
    script: () => ({ thoughts: "They greet me, so I **greet** them.", text: "Hello to you." }),
    // Before the last word of what it thinks, and before the last of what it says.
    pause: (chunk) =>
      chunk === 5 || chunk === 9 ? new Promise((resolve) => void gates.push(resolve)) : undefined,
  });
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addEdge(START, "talk");
  await using site = await serveAppOver(directory.path, { agent: graph });
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(site.url);
  await chat.ask("Hello");
  const main = page.getByRole("main");
  await expect.poll(() => gates.length, patient).toBe(1);
  const thinking = main.getByRole("button", { name: /^Thinking/ });
  const forSome = main.getByRole("button", { name: /^Thinking\s*(0\.[1-9]|[1-9])[\d.]* s$/ });
  await forSome.waitFor();
  await thinking.press("Enter");
  const thoughts = main.getByRole("region", { name: "What the model thought" });
  await thoughts.getByText("They greet me, so I").waitFor();
  await keepShot(page, "thinking");
  await page.reload();
  await forSome.waitFor();
  gates[0]?.();
  await expect.poll(() => gates.length, patient).toBe(2);
  const thought = main.getByRole("button", { name: /^Thought for [\d.]+ s$/ });
  await thought.waitFor();
  await main.getByText("Hello to", { exact: false }).waitFor();
  gates[1]?.();
  await main.getByText("Hello to you.").waitFor();
  await chat.idle();
  await thought.click();
  await thoughts.locator("strong", { hasText: "greet" }).waitFor();
  await expect.poll(() => thoughts.innerText()).toBe("They greet me, so I greet them.");
  await expectAccessible(page, "what a model thought");
  await keepShot(page, "thought-for");
  await page.reload();
  await main.getByRole("button", { name: /^Thought/ }).click();
  await thoughts.locator("strong", { hasText: "greet" }).waitFor();
  expect(complaints).toEqual([]);
});
