import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAsker } from "../support/asker.ts";
import { expectAccessible, expectNoSideways, keepShot, launchBrowser, visit } from "../support/browser.ts";
import { getJson, openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createGates } from "../support/gates.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

const planOf = (title: string, risk: string) => ({
  type: "plan_review",
  plan: {
    id: `p-${title}`,
    revision: 1,
    title,
    summary: "",
    assumptions: [],
    steps: [
      {
        id: "s1",
        title: "Look",
        why: "",
        tool: "read_file",
        args: { path: "a.txt" },
        after: [],
        risk: "read",
      },
      { id: "s2", title: "Do it", why: "", tool: "do_it", args: { what: title }, after: ["s1"], risk },
    ],
    digest: `digest of ${title}`,
  },
  allowed: ["approve", "reject"],
});
const graphs = {
  notes: createAsker([{ value: planOf("Write the notes", "write") }]),
  counts: createAsker([{ value: planOf("Count the words", "write") }]),
  bins: createAsker([{ value: planOf("Empty the bins", "destructive") }]),
  chats: createAsker([
    { value: { type: "clarification", question: "Which colour?", choices: ["red", "blue"] } },
    { value: { message: "Anything else?" } },
  ]),
};
type GraphId = keyof typeof graphs;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** The app with a thread of each of these graphs, all of them waiting; the last one is the newest. */
async function openOffice(ids: GraphId[]) {
  const directory = await temporaryDirectory();
  const site = await serveAppOver(directory.path, graphs);
  const { url } = site;
  const start = async (graphId: GraphId): Promise<string> => {
    const threadId = crypto.randomUUID();
    const input = { messages: [{ role: "user", content: "go on" }] };
    await sendCommand(url, threadId, { method: "run.start", params: { assistant_id: graphId, input } });
    await waitForStatus(url, threadId, "interrupted");
    await fetch(`${url}/threads/${threadId}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ metadata: { title: `About ${graphId}` } }),
    });
    return threadId;
  };
  const threads: Partial<Record<GraphId, string>> = {};
  for (const id of ids) threads[id] = await start(id);
  return {
    url,
    start,
    thread: (id: GraphId) => threads[id] ?? "",
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const rowsOn = (page: Page) => page.getByRole("list", { name: "Open questions" }).getByRole("listitem");
const headlines = async (page: Page) =>
  (await rowsOn(page).allInnerTexts()).map((text) => text.split("\n")[0]);

test("what waits on any thread is found, opened at its card with the keyboard, and gone once it is answered", async () => {
  await using office = await openOffice(["bins", "notes", "chats"]);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.goto(office.url);
  await page.getByRole("link", { name: /^Inbox\s*4/ }).click();
  await expect.poll(() => headlines(page)).toHaveLength(4);
  await expect
    .poll(async () => (await headlines(page)).slice(2))
    .toEqual(["Write the notes", "Empty the bins"]);
  await expect.poll(() => page.title()).toBe("(4) Inbox · Countersign");
  await expect.poll(() => rowsOn(page).last().innerText()).toContain("About bins");
  await expectAccessible(page, "the inbox");
  await keepShot(page, "inbox");

  await page.keyboard.press("/");
  await page.keyboard.type("else");
  await expect.poll(() => headlines(page)).toEqual(["Anything else?"]);
  await page.keyboard.press("Control+a");
  await page.keyboard.type("no such thing");
  await page.getByText("No question fits the search.").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page.getByRole("combobox", { name: "Kind" }).selectOption({ label: "Plan" });
  await expect.poll(() => headlines(page)).toEqual(["Write the notes", "Empty the bins"]);
  await page.getByRole("combobox", { name: "Kind" }).selectOption("");
  await page.getByRole("combobox", { name: "Graph" }).selectOption("chats");
  await expect.poll(() => headlines(page)).toHaveLength(2);
  await page.evaluate("document.activeElement.blur()");

  const second = (await headlines(page))[1] ?? "";
  for (const key of ["j", "j", "j", "k", "j"]) await page.keyboard.press(key);
  await page.locator("li:has([data-row]:focus)").filter({ hasText: second }).waitFor();
  await page.keyboard.press("Enter");
  const card = page.locator("[data-interrupt]").filter({ hasText: second });
  await card.waitFor();
  await expect.poll(() => page.url()).toContain(`/t/${office.thread("chats")}/q/`);
  await expect.poll(() => page.locator("[data-interrupt]:focus").innerText()).toContain(second);
  // A reload opens at the same card.
  await page.reload();
  await card.waitFor();
  await expect.poll(() => page.locator("[data-interrupt]:focus").innerText()).toContain(second);

  const other = page.getByRole("textbox", { name: "Your answer, as text or JSON" });
  await other.fill("no");
  await page.getByRole("button", { name: "Answer" }).last().click();
  await other.waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "red" }).check();
  await page.getByRole("button", { name: "Answer", exact: true }).click();
  await page.getByText('{"type":"answer","choice":"red"}, "no"').waitFor();
  await expect.poll(() => page.title()).toMatch(/^\(2\)/);
  await page.getByRole("link", { name: /^Inbox/ }).click();
  await expect.poll(() => headlines(page)).toEqual(["Write the notes", "Empty the bins"]);
  expect(complaints).toEqual([]);
});

test("plans of low risk are approved in one go, exactly as shown; whoever was late for one is told", async () => {
  await using office = await openOffice(["notes", "bins", "counts"]);
  await using visitor = await visit(browser, {
    name: "Ana",
    viewport: { width: 380, height: 780 },
    colorScheme: "dark",
  });
  const { page, complaints } = visitor;
  await page.goto(`${office.url}/#/inbox`);
  await expect.poll(() => headlines(page)).toHaveLength(3);
  // What destroys something is not approved unseen.
  await expect.poll(() => page.getByRole("checkbox").count()).toBe(2);
  expect(await rowsOn(page).filter({ hasText: "Empty the bins" }).getByRole("checkbox").count()).toBe(0);
  await page.getByRole("button", { name: "Select 2 of low risk" }).click();
  await expectNoSideways(page);
  await expectAccessible(page, "the inbox on a phone, dark");
  await keepShot(page, "inbox-phone");
  await page.getByRole("button", { name: "Approve 2 …" }).click();
  const dialog = page.getByRole("dialog");
  const shown = await dialog.innerText();
  for (const words of ["Write the notes", "Count the words", "read_file", "a.txt", "do_it"])
    expect(shown).toContain(words);
  expect(shown).not.toContain("Empty the bins");
  await expectAccessible(page, "what will be approved");
  await keepShot(page, "inbox-approve");

  // Ben is faster with one of them.
  const [question] = openInterrupts(await getJson(`${office.url}/threads/${office.thread("notes")}`));
  await sendCommand(office.url, office.thread("notes"), {
    method: "input.respond",
    params: { interrupt_id: question?.id, response: { type: "reject", digest: "digest of Write the notes" } },
    headers: { "x-countersign-name": "Ben" },
  });
  await dialog.getByRole("button", { name: "Approve all 2" }).click();
  await dialog.getByText("Ben was first: your answer did not count.").waitFor();
  await dialog.getByText("Approved", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await expect.poll(() => headlines(page)).toEqual(["Empty the bins"]);
  await waitForStatus(office.url, office.thread("counts"), "idle");
  const { values } = await getJson(`${office.url}/threads/${office.thread("counts")}/state`);
  expect(JSON.stringify(values)).toContain("digest of Count the words");
  expect(complaints).toEqual([]);
});

test("an empty inbox says so, one that cannot be looked up says why, and a link to what is closed says that", async () => {
  await using office = await openOffice(["chats"]);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page } = visitor;
  await page.goto(`${office.url}/#/t/${office.thread("chats")}/q/0123456789abcdef`);
  await page.getByText("The question that this link leads to is not open any more.").waitFor();
  await page.route("**/interrupts/search", (route) =>
    route.fulfill({ status: 500, json: { error: "internal", message: "Something broke (id 7)." } }),
  );
  await page.goto(`${office.url}/#/inbox`);
  await page.getByRole("alert").getByText("Something broke (id 7).").waitFor();
  // The page looks by itself as well: whatever it asks is answered once that was pressed.
  const pressed = createGates()("pressed");
  await page.route("**/interrupts/search", async (route) => {
    await pressed.wait();
    await route.fulfill({ json: { interrupts: [], next: null } });
  });
  await page.getByRole("button", { name: "Try again" }).click();
  pressed.open();
  await page.getByText("Nothing waits for you.").waitFor();
  await expect.poll(() => page.getByRole("alert").count()).toBe(0);
  await expectAccessible(page, "an empty inbox");
  await keepShot(page, "inbox-empty");
});

test("the system tells of a question only when it was asked to, and only while the page is hidden", async () => {
  await using office = await openOffice(["notes"]);
  await using visitor = await visit(browser, { name: "Ana" });
  const { page, complaints } = visitor;
  await page.addInitScript(`
    window.told = [];
    window.isHidden = false;
    Object.defineProperty(document, "visibilityState", { get: () => (window.isHidden ? "hidden" : "visible") });
    window.Notification = class {
      static permission = "default";
      static async requestPermission() { return (this.permission = "granted"); }
      constructor(title, { body }) { window.told.push(title + " | " + body); }
    };
  `);
  const told = () => page.evaluate<string[]>("window.told");
  const hide = (isHidden: boolean) =>
    page.evaluate(`window.isHidden = ${isHidden}; document.dispatchEvent(new Event("visibilitychange"))`);
  await page.goto(`${office.url}/#/inbox`);
  await expect.poll(() => headlines(page)).toHaveLength(1);
  await hide(true);
  await office.start("bins");
  await hide(true);
  await expect.poll(() => page.title()).toMatch(/^\(2\)/);
  expect(await told()).toEqual([]);
  await hide(false);
  await page.getByRole("button", { name: "Notify me", pressed: false }).click();
  await page.getByRole("button", { name: "Notify me", pressed: true }).waitFor();
  await office.start("counts");
  await hide(false);
  await expect.poll(() => page.title()).toMatch(/^\(3\)/);
  expect(await told()).toEqual([]);
  await hide(true);
  await office.start("notes");
  await hide(true);
  await expect.poll(told).toEqual([expect.stringMatching(/^Write the notes \| /)]);
  expect(complaints).toEqual([]);
});
