import { expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { expectAccessible, keepShot, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { diff } from "../support/messages-graph.ts";
import { createTools, type Received, scriptedPlanner, step } from "../support/plan-agent.ts";
import { setUpApp } from "../support/set-up-app.ts";

/** What steps put out, while they run and afterwards; and how a run of them is ended. */

const longOutput = Array.from({ length: 4_000 }, (_, index) => `line ${index} of the whole output`).join(
  "\n",
);
const outputs: Record<string, string> = {
  json: JSON.stringify({ place: "Bergen", days: [1, 2] }),
  markdown: "# Report\n\nAll is **well**.\n",
  diff,
  long: longOutput,
};

const held: { text: string; go: () => void }[] = [];
const received: Received[] = [];
const names = ["json", "markdown", "diff", "long"];
const chain = ["hold-1", "hold-2", "hold-3"];
const plans = [
  names.map((name) => step(name)),
  [step("json"), step("hold-0", "note", { after: ["json"] })],
  chain.map((name, index) => step(name, "note", index === 0 ? {} : { after: [chain[index - 1]] })),
];

const tools = createTools(received, {
  behave: async ({ text }) => {
    if (text.startsWith("hold")) await new Promise<void>((go) => void held.push({ text, go }));
    return outputs[text];
  },
});
const app = setUpApp({ agent: createPlanAgent({ model: scriptedPlanner(plans), tools }) });

async function openPlan() {
  const visitor = await visit(app.browser, { name: "Ana" });
  const chat = onPage(visitor.page);
  await visitor.page.goto(app.url);
  await chat.ask("Do it");
  await chat.waiting.waitFor();
  await chat.press("Approve");
  return {
    ...visitor,
    chat,
    step: (id: string) => visitor.page.locator(`[data-step="${id}"]`),
    async [Symbol.asyncDispose]() {
      expect(visitor.complaints).toEqual([]);
      await visitor[Symbol.asyncDispose]();
    },
  };
}

test("a step's output is shown by what it is, and one that was cut is fetched whole from the record of the call", async () => {
  await using opened = await openPlan();
  const { page, chat, step: row } = opened;
  await page.getByText("That is all.").waitFor();
  await chat.idle();
  for (const name of names) await row(name).getByRole("button", { expanded: false }).last().click();
  await row("json").getByText("Bergen", { exact: true }).waitFor();
  await row("markdown").getByRole("heading", { name: "Report" }).waitFor();
  await row("diff").locator("[data-kind=added]", { hasText: "four" }).waitFor();
  await expect.poll(() => row("diff").locator("[data-kind=removed]").count()).toBe(1);
  const field = row("long").getByRole("searchbox", { name: "Search in the output" });
  await field.fill("line 3999 of");
  await row("long").getByText("not found").waitFor();
  await row("long")
    .getByRole("button", { name: /^Show all/ })
    .click();
  await row("long").getByText("1 of 1").waitFor();
  await row("long").locator("mark", { hasText: "line 3999 of" }).waitFor();
  await expectAccessible(page, "outputs of steps");
  await keepShot(page, "step-outputs");
});

test("what was unfolded while the plan runs is so when it has ended", async () => {
  await using opened = await openPlan();
  const { page, chat, step: row } = opened;
  await expect.poll(() => held.length).toBe(1);
  await expect.poll(() => row("json").getAttribute("data-status")).toBe("done");
  await row("json").getByRole("button", { expanded: false }).last().click();
  await row("json").getByRole("button", { expanded: true }).waitFor();
  held.shift()?.go();
  await page.getByText("That is all.").waitFor();
  await chat.decided.getByText("done", { exact: true }).first().waitFor();
  await chat.idle();
  expect(await row("json").getByRole("button", { expanded: true }).count()).toBe(1);
});

test("a run that is told to stop after its step finishes it and begins no other; that shows after a reload, and it goes on", async () => {
  await using opened = await openPlan();
  const { page, chat, step: row } = opened;
  await expect.poll(() => held.length, { timeout: 20_000 }).toBe(1);
  await page.getByRole("button", { name: "Stop after this step" }).click();
  await page.getByText("Stops after this step").waitFor();
  await expectAccessible(page, "a run that stops after its step");
  await page.reload();
  await page.getByText("Stops after this step").waitFor();
  await keepShot(page, "stops-after-step");
  held.shift()?.go();
  await chat.idle();
  await expect.poll(() => row("hold-1").getAttribute("data-status"), { timeout: 20_000 }).toBe("done");
  expect(await row("hold-2").getAttribute("data-status")).toBe("waiting");
  expect(received.map(({ text }) => text).filter((text) => chain.includes(text))).toEqual(["hold-1"]);
  await chat.press("Go on with this plan");
  for (const _ of ["hold-2", "hold-3"]) {
    await expect.poll(() => held.length, { timeout: 20_000 }).toBe(1);
    held.shift()?.go();
  }
  await chat.idle();
  expect(received.map(({ text }) => text).filter((text) => chain.includes(text))).toEqual(chain);
});
