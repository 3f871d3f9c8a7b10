import type { Page } from "playwright-core";

/** The app's page, in the words of someone who uses it. */
export function onPage(page: Page) {
  const card = (label: "Plan" | "Plan to review" | "Plan being written") =>
    page.getByRole("region", { name: label, exact: true });
  return {
    page,
    waiting: card("Plan to review"),
    decided: card("Plan"),
    drafting: card("Plan being written"),
    steps: page.locator("[data-step]"),
    message: page.getByRole("textbox", { name: "Message" }),
    async ask(text: string): Promise<void> {
      await page.getByRole("textbox", { name: "Message" }).fill(text);
      await page.getByRole("textbox", { name: "Message" }).press("Enter");
    },
    press: (name: string) => page.getByRole("button", { name, exact: true }).click(),
    /** Waits until nothing runs. */
    idle: () => page.getByRole("button", { name: "Stop the run" }).waitFor({ state: "detached" }),
    /** The whole conversation as text, without times that differ from view to view. */
    text: async () => (await page.getByRole("main").innerText()).replace(/\d+(\.\d+)? (s|min \d+ s)\b/g, "…"),
  };
}
