import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { createTwoFilesPatch } from "diff";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { launchBrowser, visit } from "../support/browser.ts";
import { onPage } from "../support/chat-page.ts";
import { scriptedPlanner } from "../support/plan-agent.ts";
import { temporaryDirectory } from "../support/serve.ts";
import { serveAppOver } from "../support/serve-app.ts";

/** Texts that are read as something: formulas, code, tables, diffs, JSON; and the names and texts around them. */

const home = "https://phone-home.example";
const image = `<img src="${home}/a.png" onerror="window.pwned = 'img'">`;
const script = `<script>window.pwned = "script"</script>`;
const link = "[press](javascript:window.pwned='link')";
const all = `${image}${script}${link}`;

const formulas = [
  String.raw`\href{javascript:window.pwned='href'}{press}`,
  String.raw`\url{javascript:window.pwned='url'}`,
  String.raw`\htmlData{pwned=1, x=2}{data}`,
  String.raw`\htmlId{root}{id} \htmlClass{pwned}{class} \htmlStyle{background: url(${home}/s.png)}{style}`,
  String.raw`\includegraphics[width=9em]{${home}/g.png}`,
  String.raw`\text{${image}${script}}`,
  String.raw`\unicode{<img src=x onerror=window.pwned='unicode'>}`,
  String.raw`\color{red;background:url(${home}/c.png)}x \textcolor{"><img src=x onerror=window.pwned=1>}{y}`,
  String.raw`\rule{1000000em}{1000000em} \kern{99999em} \raisebox{99999em}{up}`,
  // Each stands for ten of the one before.
  `${"abcdefgh".split("").reduce((text, name, at, names) => `${text}\\def\\${name}{${(at === 0 ? "lol" : `\\${names[at - 1]}`).repeat(10)}}`, "")}\\h`,
  String.raw`\def\x{\x\x}\x`,
  `${"{".repeat(3_000)}x${"}".repeat(3_000)}`,
  `${"\\frac{1}{".repeat(500)}x${"}".repeat(500)}`,
  "</math><img src=x onerror=window.pwned='closed'><math>",
  String.raw`\begin{matrix}${"a & ".repeat(2_000)}b\end{matrix}`,
].map((tex) => `$$\n${tex}\n$$`);

const codes = [
  ["html", `${all}\n<style>@import "${home}/x.css"</style>`],
  ["javascript", "window.pwned = 'code'"],
  [`"><img/src=x/onerror=window.pwned='language'>`, all],
  ["svg", `<svg onload="window.pwned='svg'"/>`],
  ["__proto__", "window.pwned = 'proto'"],
  ["css", `body { background: url(${home}/b.png) } /*${"}".repeat(5_000)}*/`],
].map(([language, code]) => `\`\`\`${language}\n${code}\n\`\`\``);

const table = [
  `| ${image} | ${link} |`,
  "|---|---|",
  `| ${script} | [ok](https://example.org/page) |`,
  `| \`${all}\` | ![x](${home}/t.png) |`,
  `| $$\\href{javascript:window.pwned='cell'}{x}$$ | <b onclick="window.pwned='b'">b</b> |`,
].join("\n");

const results: Record<string, unknown> = {
  diff: createTwoFilesPatch(`${all}.txt`, `../../${all}`, `${all}\nb\n`, `${script}\nc\n`),
  json: `{"__proto__": {"pwned": true}, "constructor": ${JSON.stringify(all)}, ${JSON.stringify(all)}: [${JSON.stringify(link)}], "deep": ${"[".repeat(40)}${"]".repeat(40)}}`,
  markdown: `# Report\n\n${all}\n\n${table}\n\n**well**`,
  [all]: all,
};

const media = [
  { type: "file", mimeType: "text/html", data: btoa(all), metadata: { filename: `${all}.html` } },
  { type: "file", mimeType: "application/javascript", data: btoa("pwned=1"), filename: "../../../x.js" },
  { type: "text-plain", title: all, text: `${all}\n\n**bold** [a](https://example.org/page)` },
  { type: "image", mimeType: "image/svg+xml", data: btoa("<svg onload='window.pwned=1'/>"), name: all },
  { type: "image", mimeType: 'image/png" onerror="window.pwned=1', data: "AAAA" },
  { type: "image_url", image_url: { url: "javascript:window.pwned='image'" } },
  { type: "image_url", image_url: { url: `data:text/html,${script}` } },
  { type: "image_url", image_url: { url: `${home}/i.png` } },
  { type: "file", url: "javascript:window.pwned='file'", mimeType: "text/plain", name: "press" },
  { type: "file", url: "data:text/html;base64,AAAA", mimeType: "text/html", name: "press" },
  {
    type: "text",
    text: "Said.",
    annotations: [
      { type: "citation", url: "javascript:window.pwned='cite'", title: all, endIndex: 3 },
      { type: "citation", url: `${home}/source`, title: "A source", citedText: all },
    ],
  },
  { type: all, text: all, [all]: all },
  { type: "reasoning", reasoning: all },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** A person at this app, and what was asked of anybody but its server. */
async function open(url: string) {
  const visitor = await visit(browser, { name: "Ana" });
  const asked: string[] = [];
  visitor.page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) asked.push(request.url());
  });
  await visitor.page.goto(url);
  return {
    ...visitor,
    chat: onPage(visitor.page),
    async expectHarmless() {
      expect(await visitor.page.evaluate("window.pwned ?? ({}).pwned")).toBeUndefined();
      expect(asked).toEqual([]);
      expect(await dangers(visitor.page)).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    },
  };
}

/** Whatever on the page could run, load or lead astray. */
function dangers(page: Page): Promise<string[]> {
  return page.evaluate(`
    [...document.querySelectorAll("main *, dialog *, [popover] *")].flatMap((one) => {
      const found = [];
      if (one.matches("script, iframe, object, embed, style, link, base, meta, form[action], video, audio")) found.push(one.localName);
      for (const { name, value } of one.attributes) {
        if (/^on/i.test(name) || /^data-pwned$/.test(name)) found.push(name);
        if (/javascript:|vbscript:/i.test(value) && /href|src|action|xlink/i.test(name)) found.push(value);
        if (name === "src" && !/^data:image\\/(png|jpeg|gif|webp)|^\\/icon\\.svg$/.test(value)) found.push(value);
        if (name === "href" && /^data:/i.test(value) && !one.hasAttribute("download")) found.push(value);
        if (name === "style" && /url\\(/i.test(value)) found.push(value);
        if (name === "download" && /[\\/\\\\]/.test(value)) found.push(value);
      }
      if (one.localName === "math" && one.getBoundingClientRect().height > 5000) found.push("huge");
      return found;
    })
  `);
}

test("formulas, code and tables that mean harm are drawn, or stand there as they were written, and nothing else comes of them", async () => {
  await using directory = await temporaryDirectory();
  const texts: Record<string, string> = { formulas: formulas.join("\n\n"), codes: codes.join("\n\n"), table };
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", ({ messages }) => ({
      messages: [new AIMessage(`${texts[messages.at(-1)?.text ?? ""]}\n\nThe end.`)],
    }))
    .addEdge(START, "talk");
  await using site = await serveAppOver(directory.path, { agent: graph });
  await using at = await open(site.url);
  const { page, chat, expectHarmless } = at;
  const main = page.getByRole("main");
  for (const [at, name] of Object.keys(texts).entries()) {
    await chat.ask(name);
    await expect.poll(() => main.getByText("The end.").count(), { timeout: 20_000 }).toBe(at + 1);
    await chat.idle();
  }
  await main.locator("math").first().waitFor();
  await main.locator("[class^=hljs]").first().waitFor();
  await expectHarmless();
  for (const one of await main.getByText("press", { exact: true }).all()) await one.click();
  await expectHarmless();
});

test("outputs of tools, files, sources and names that mean harm are shown as what they are, also when they are opened", async () => {
  await using directory = await temporaryDirectory();
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("talk", () => {
      const calls = Object.keys(results).map((name, at) => ({
        id: `c${at}`,
        name,
        args: { [all]: all, at },
      }));
      return {
        messages: [
          new AIMessage({ content: "", tool_calls: calls }),
          ...calls.map(
            ({ id, name }) => new ToolMessage({ tool_call_id: id, name, content: results[name] as string }),
          ),
          new AIMessage({ name: all, content: media as never }),
          new AIMessage("The end."),
        ],
      };
    })
    .addEdge(START, "talk");
  await using site = await serveAppOver(directory.path, { [`agent ${image}`]: graph });
  await using at = await open(site.url);
  const { page, chat, expectHarmless } = at;
  await chat.ask(all);
  const main = page.getByRole("main");
  await main.getByText("The end.").waitFor();
  await chat.idle();
  await expectHarmless();
  // Whatever is folded is unfolded, and what comes of that as well.
  const folded = main.locator("button[aria-expanded=false]:not([popovertarget]), summary:not([open] > *)");
  const unfold = async () => {
    for (let rounds = 0; rounds < 60 && (await folded.count()) > 0; rounds += 1) await folded.first().click();
  };
  // Their code is fetched when they are first shown, and so is that of what is in them.
  await main
    .locator("[data-call]")
    .nth(Object.keys(results).length - 1)
    .waitFor();
  await main.getByRole("link", { name: /\.html/ }).waitFor();
  await unfold();
  await main.locator("[data-kind=added]").first().waitFor();
  await main.getByRole("heading", { name: "Report" }).waitFor();
  await main.getByText("__proto__", { exact: true }).waitFor();
  await unfold();
  await expectHarmless();
  const download = page.waitForEvent("download");
  await main.getByRole("link", { name: /\.html/ }).click();
  expect((await download).suggestedFilename()).not.toMatch(/[/\\<>]/);
  await expectHarmless();
});

test("what a tool says of itself and of its arguments is text wherever it shows: on the plan, and in the form that edits it", async () => {
  await using directory = await temporaryDirectory();
  const schema = {
    type: "object",
    title: all,
    description: all,
    properties: {
      text: { type: "string", title: all, description: all, default: all, examples: [all] },
      choice: { enum: [all, link], description: link },
      [all]: { type: "boolean", title: all, description: all },
      kinds: {
        oneOf: [
          { title: all, type: "string" },
          { title: link, type: "number" },
        ],
      },
      list: { type: "array", title: all, items: { type: "string", title: all, description: all } },
    },
  } as const;
  const hostile = tool(async () => all, { name: "harm", description: all, schema: schema as never });
  const steps = [{ id: "s", title: all, why: all, tool: "harm", args: { text: all, list: [all] } }];
  const agent = createPlanAgent({ model: scriptedPlanner([steps]), tools: [hostile as never] });
  await using site = await serveAppOver(directory.path, { agent });
  await using at = await open(site.url);
  const { page, chat, expectHarmless } = at;
  await chat.ask("Do it");
  await chat.waiting.waitFor();
  await chat.waiting.getByRole("button", { name: "harm" }).focus();
  await page.getByRole("tooltip").waitFor();
  await expectHarmless();
  await chat.press("Approve with edits");
  const editor = page.getByRole("form", { name: "Edit the plan" });
  await editor
    .getByRole("textbox", { name: /onerror/ })
    .first()
    .waitFor();
  await expectHarmless();
  await chat.press("Discard edits");
  await chat.press("Approve");
  await page.getByText("That is all.").waitFor();
  await expectHarmless();
});
