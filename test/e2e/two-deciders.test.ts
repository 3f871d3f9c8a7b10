import { AIMessage } from "@langchain/core/messages";
import { Annotation, END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { getJson } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";
import { together } from "../support/together.ts";

const rounds = 50;

const State = Annotation.Root({
  ...MessagesAnnotation.spec,
  decided: Annotation<string[]>({ reducer: (before, after) => [...before, ...after], default: () => [] }),
});

/** Asks about one plan after the other, and keeps what was decided. */
const graph = new StateGraph(State)
  .addNode("ask", ({ decided }) => {
    const number = decided.length + 1;
    const step = { id: "s1", title: "Do it", why: "", tool: "do_it", args: {}, after: [], risk: "write" };
    const plan = { id: "p", revision: number, title: `Plan ${number}`, assumptions: [], steps: [step] };
    const answer = interrupt<unknown, { type: string }>({
      type: "plan_review",
      plan: { ...plan, digest: `digest ${number}` },
      allowed: ["approve", "reject"],
    });
    return { decided: [answer.type] };
  })
  .addNode("close", () => ({ messages: [new AIMessage("All decided.")] }))
  .addEdge(START, "ask")
  .addConditionalEdges("ask", ({ decided }) => (decided.length < rounds ? "ask" : "close"), ["ask", "close"])
  .addEdge("close", END);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

test(`two people approve and reject the same card at the same instant, ${rounds} times: one wins, both see the same`, {
  timeout: 300_000,
}, async () => {
  await using directory = await temporaryDirectory();
  await using site = await serveAppOver(directory.path, { plans: graph });
  await using ana = await visit(browser, { name: "Ana" });
  await using ben = await visit(browser, { name: "Ben" });
  const people = [
    { name: "Ana", page: ana.page, decision: "approve" },
    { name: "Ben", page: ben.page, decision: "reject" },
  ];
  await ana.page.goto(site.url);
  await onPage(ana.page).ask("begin");
  await ana.page.getByRole("heading", { name: "Plan 1", exact: true }).waitFor();
  await ben.page.goto(ana.page.url());
  await together([ana.page, ben.page]);

  const won: string[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const { page } of people) {
      await page.getByRole("heading", { name: `Plan ${round}`, exact: true }).waitFor();
      await expect.poll(() => onPage(page).waiting.count()).toBe(1);
    }
    await ben.page.getByRole("button", { name: "Request changes" }).click();
    await ben.page.getByRole("textbox", { name: "What should be different?" }).fill("no");
    await Promise.all([
      ana.page.getByRole("button", { name: "Approve", exact: true }).click(),
      ben.page.getByRole("button", { name: "Request changes" }).click(),
    ]);
    const told = (page: Page, name: string) =>
      page.getByTestId("refusal").getByText(`${name} was first: your answer did not count.`);
    const isTold = await Promise.race([
      told(ben.page, "Ana")
        .waitFor()
        .then(() => "Ana"),
      told(ana.page, "Ben")
        .waitFor()
        .then(() => "Ben"),
    ]);
    won.push(isTold);
    const next = round < rounds ? `Plan ${round + 1}` : "All decided.";
    for (const { name, page } of people) {
      await page.getByText(next, { exact: true }).waitFor();
      expect(await page.getByTestId("refusal").count(), `${name} in round ${round}`).toBe(
        name === isTold ? 0 : 1,
      );
    }
  }

  // What they were told is what was decided, and what both still see after a reload.
  const threadId = decodeURIComponent(ana.page.url().split("/t/")[1] ?? "");
  const { values } = await getJson<{ values: { decided: string[] } }>(
    `${site.url}/threads/${threadId}/state`,
  );
  expect(values.decided).toEqual(won.map((name) => people.find((one) => one.name === name)?.decision));
  for (const { page } of people) await page.reload();
  for (const { page } of people) await page.getByText("All decided.").waitFor();
  const [anas, bens] = [onPage(ana.page), onPage(ben.page)];
  await expect.poll(async () => (await anas.text()) === (await bens.text())).toBe(true);
  expect([...ana.complaints, ...ben.complaints]).toEqual([]);
});
