import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp } from "../support/app.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { temporaryDirectory } from "../support/serve.ts";

const project = fileURLToPath(new URL("../../examples/trip/langgraph.json", import.meta.url));

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function openTrip(directory: string) {
  return startApp({ directory, command: ["serve", project] });
}

test("a graph that knows nothing of the app is used in it: a form, calls to decide on, a nested question, one after the other", async () => {
  await using directory = await temporaryDirectory();
  await using app = await openTrip(directory.path);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  await page.goto(app.url);
  await chat.ask("a week in Lisbon");
  await page.getByText("3 questions are open").waitFor();

  const hotel = page.getByTestId("question-card").filter({ hasText: "Which hotel should I book?" });
  await hotel.getByRole("textbox", { name: /^name/ }).waitFor();
  await expect.poll(() => hotel.innerText()).toContain("As it is called on its own page");
  await expectAccessible(page, "a form made from a schema");
  await keepShot(page, "trip-form");

  // What does not fit is said at the field, before anything is sent.
  await hotel.getByRole("spinbutton", { name: /^nights/ }).fill("99");
  await hotel.getByRole("button", { name: "Answer", exact: true }).click();
  await hotel.getByText("This is needed.").first().waitFor();
  // Yes or no is for the person to say.
  expect(await hotel.getByRole("radio", { checked: true }).count()).toBe(0);
  await hotel.getByRole("textbox", { name: /^name/ }).fill("Casa Azul");
  await hotel.getByRole("combobox", { name: /^room/ }).selectOption({ label: "double" });
  await hotel.getByRole("radio", { name: "No" }).check();
  await hotel.getByRole("button", { name: "Add" }).click();
  await hotel.getByRole("textbox", { name: /^extras/ }).fill("late arrival");
  await page.reload();
  await expect.poll(() => hotel.getByRole("textbox", { name: /^name/ }).inputValue()).toBe("Casa Azul");
  await expect.poll(() => hotel.getByRole("textbox", { name: /^extras/ }).inputValue()).toBe("late arrival");
  await hotel.getByRole("spinbutton", { name: /^nights/ }).fill("7");
  await hotel.getByRole("button", { name: "Answer", exact: true }).click();
  await expect.poll(() => hotel.count()).toBe(0);

  const flights = page.getByRole("region", { name: "Tool calls to review" });
  const calls = flights.getByRole("list", { name: "Calls" }).locator("> li");
  await calls.nth(0).getByRole("button", { name: "Edit" }).click();
  await calls.nth(0).getByRole("textbox", { name: /seats/ }).fill("three");
  await calls.nth(1).getByRole("button", { name: "Reject" }).click();
  await calls
    .nth(1)
    .getByRole("textbox", { name: /Why not/ })
    .fill("one way only");
  await flights.getByRole("button", { name: "Send 2 decisions" }).click();
  await flights.getByRole("alert").getByText("seats must be a number").waitFor();
  await calls.nth(0).getByRole("textbox", { name: /seats/ }).fill("3");
  await keepShot(page, "trip-calls");
  await flights.getByRole("button", { name: "Send 2 decisions" }).click();
  await expect.poll(() => flights.count()).toBe(0);

  const insurance = page.getByTestId("question-card").filter({ hasText: "Insurance?" });
  await expect.poll(() => insurance.innerText()).toContain("basic");
  await insurance.getByRole("textbox", { name: /Your answer/ }).fill("12");
  await insurance.getByText("Sent as JSON: a number.").waitFor();
  await insurance.getByRole("button", { name: "Answer" }).click();

  const sure = page.getByTestId("question-card").filter({ hasText: "Book all of this?" });
  await sure.getByRole("button", { name: "Yes" }).click();
  await page.getByText("Booked.").waitFor();
  const said = await chat.text();
  expect(said).toContain("Hotel: Casa Azul, 7 nights, double, without breakfast, late arrival.");
  expect(said).toContain("Insurance: 12.");
  expect(said).toContain('"args":{"from":"BER","to":"LIS","seats":3}');
  expect(said).toContain('{"type":"reject","message":"one way only"}');
  expect(complaints).toEqual([]);
});

test("parallel and nested questions are answered together, in one go, on a phone in the dark", async () => {
  await using directory = await temporaryDirectory();
  await using app = await openTrip(directory.path);
  await using visitor = await visit(browser, {
    name: "Ben",
    viewport: { width: 380, height: 780 },
    colorScheme: "dark",
    hasTouch: true,
  });
  const { page, complaints } = visitor;
  const chat = onPage(page);
  const commands: { method: string; params: { responses?: unknown[] } }[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/commands")) commands.push(request.postDataJSON());
  });
  await page.goto(app.url);
  await chat.ask("a weekend in Lisbon");
  await page.getByText("3 questions are open").waitFor();
  await page.getByRole("checkbox", { name: "Answer them together" }).check();

  const hotel = page.getByTestId("question-card").filter({ hasText: "Which hotel should I book?" });
  await hotel.getByRole("textbox", { name: /^name/ }).fill("Casa Azul");
  await hotel.getByRole("spinbutton", { name: /^nights/ }).fill("2");
  await hotel.getByRole("combobox", { name: /^room/ }).selectOption({ label: "single" });
  await hotel.getByRole("radio", { name: "Yes" }).check();
  await expectNoSideways(page);
  await expectAccessible(page, "a form on a phone, dark");
  await keepShot(page, "trip-phone");
  await hotel.getByRole("button", { name: "Answer", exact: true }).click();
  await page.getByRole("button", { name: "Send 1 of 3" }).waitFor();
  await page.getByRole("button", { name: "Approve all" }).click();
  await page.getByRole("button", { name: "Send 2 of 3" }).waitFor();
  // Nothing was sent so far, and nothing is lost.
  expect(commands.map(({ method }) => method)).toEqual(["run.start"]);
  await page.reload();
  await page.getByRole("button", { name: "Send 2 of 3" }).waitFor();
  const insurance = page.getByTestId("question-card").filter({ hasText: "Insurance?" });
  await insurance.getByRole("textbox", { name: /Your answer/ }).fill("none");
  await insurance.getByRole("button", { name: "Answer" }).click();
  await page.getByRole("button", { name: "Send 3 of 3" }).waitFor();
  await expectNoSideways(page);
  await expectAccessible(page, "answers held back, dark");
  await keepShot(page, "trip-together");
  await page.getByRole("button", { name: "Send 3 of 3" }).click();
  const sure = page.getByTestId("question-card").filter({ hasText: "Book all of this?" });
  await sure.getByRole("button", { name: "No" }).click();
  await page.getByText("Not booked.").waitFor();
  expect(commands[1]?.method).toBe("input.respond");
  expect(commands[1]?.params.responses).toHaveLength(3);
  const said = await chat.text();
  expect(said).toContain("Hotel: Casa Azul, 2 nights, single, with breakfast.");
  expect(said).toContain('Insurance: "none".');
  expect(complaints).toEqual([]);
});
