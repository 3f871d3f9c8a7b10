// The app's page on loopback (interactive in under a second): how long from the address to when one can type, with nothing of it in the
// browser's cache and with all of it; and a thread of very many messages, from the address to its newest one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { figure, judge, table } from "../markdown.mjs";
import { makeDirectory, removeDirectory } from "../processes.mjs";
import { quantile } from "../statistics.mjs";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const messageCount = 2_000;

export async function measure({ pageLoads }, say) {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  if (!existsSync(executablePath))
    throw new Error(`There is no Chromium at ${executablePath}: set CHROMIUM_PATH.`);
  const directory = makeDirectory();
  const app = await startApp(directory);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const thread = await createThread(app.url);
    const samples = { cold: [], warm: [], thread: [] };
    for (let load = 0; load < pageLoads; load += 1) {
      say(`load ${load + 1}`);
      const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
      await context.addInitScript('try { localStorage.setItem("countersign.name", "Ana") } catch {}');
      const page = await context.newPage();
      samples.cold.push(await timeTo(page, app.url, "textarea:enabled"));
      samples.warm.push(await timeTo(page, app.url, "textarea:enabled"));
      const last = `[data-message="m${messageCount - 1}"]`;
      samples.thread.push(await timeTo(page, `${app.url}/#/t/${thread}`, last));
      await context.close();
    }
    return { samples };
  } finally {
    await browser.close();
    await app.stop();
    removeDirectory(directory);
  }
}

/**
 * Ms from the beginning of the navigation until this element is there and the page has time for whoever touches it:
 * a frame was drawn after it, and nothing else waits to be done.
 */
async function timeTo(page, url, selector) {
  await page.goto("about:blank");
  await page.goto(url, { waitUntil: "commit" });
  return page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (document.querySelector(wanted) === null) return requestAnimationFrame(look);
          requestAnimationFrame(() => requestIdleCallback(() => resolve(performance.now())));
        };
        look();
      }),
    selector,
  );
}

function startApp(directory) {
  const child = spawn(process.execPath, [main, "start"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH, HOME: directory, COUNTERSIGN_PORT: "0", COUNTERSIGN_MODEL: "offline" },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    const ended = new Promise((resolve) => void child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  };
  return new Promise((resolve, reject) => {
    let said = "";
    child.once("exit", (code) => reject(new Error(`The app ended with ${code}.`)));
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const url = /^Countersign (http:\/\/\S+)/m.exec(said)?.[1];
      if (url) resolve({ url, stop });
    });
  });
}

async function createThread(url) {
  const post = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const { thread_id: id } = await post("/threads", { metadata: { graph_id: "agent", title: "Long" } });
  const messages = Array.from({ length: messageCount }, (_, index) => ({
    type: index % 2 === 0 ? "human" : "ai",
    id: `m${index}`,
    content: `Message ${index}. ${"Words, and more of them. ".repeat(index % 7)}`,
  }));
  await post(`/threads/${id}/state`, { values: { messages }, as_node: "summarize" });
  return id;
}

export function describe({ samples }) {
  const names = {
    cold: "a new chat, first visit",
    warm: "a new chat, again",
    thread: `a thread of ${messageCount.toLocaleString("en-US")} messages, again`,
  };
  const rows = Object.entries(samples).map(([name, values]) => [
    names[name],
    figure(quantile(values, 0.5)),
    figure(Math.max(...values)),
    values.length,
  ]);
  const markdown = [
    "ms from the address until the page can be used: what is waited for is drawn, and the page is idle. Chromium without a window, on the machine of the server.",
    "",
    table(["", "median", "slowest", "loads"], rows),
  ].join("\n");
  return {
    markdown,
    targets: [
      judge("app", "the page can be used, first visit, median, ms", {
        value: quantile(samples.cold, 0.5),
        atMost: 1_000,
      }),
    ],
  };
}
