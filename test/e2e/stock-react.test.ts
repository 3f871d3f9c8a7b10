import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPlanAgent } from "../../src/agent/index.ts";
import { createServer as createCountersign } from "../../src/http/index.ts";
import { createOfflineModel } from "../../src/models/index.ts";
import { createStaticFiles, toNodeHandler } from "../../src/node/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { connectServers, createSampleWorkspace } from "../../src/tools/index.ts";
import { launchBrowser, visit } from "../support/browser.ts";
import { temporaryDirectory } from "../support/serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const filesServer = join(root, "dist/tools/files-server-main.js");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Builds the front end of the documentation against one build of the SDK. */
async function buildPage(outDir: string, sdk: string): Promise<void> {
  const page = "virtual:page";
  await build({
    configFile: false,
    logLevel: "error",
    root: join(root, "examples"),
    build: {
      outDir,
      emptyOutDir: true,
      rollupOptions: { input: page, output: { entryFileNames: "assets/page.js" } },
    },
    resolve: { alias: [{ find: /^@langchain\/langgraph-sdk(?=\/|$)/, replacement: sdk }] },
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === page ? join(root, "examples", "page.jsx") : null),
        load: (id) =>
          id === join(root, "examples", "page.jsx")
            ? `import { createRoot } from "react-dom/client";
               import { Chat } from "./front-end.tsx";
               createRoot(document.getElementById("root")).render(<Chat apiUrl={location.origin} />);`
            : null,
      },
    ],
  });
}

for (const [version, sdk] of [
  ["1.15.0", "@langchain/langgraph-sdk"],
  ["1.11.0", "langgraph-sdk-1-11"],
] as const) {
  test(`useStream of @langchain/react 1.1.0 with SDK ${version}, unchanged: ask, send back, approve`, async () => {
    await using directory = await temporaryDirectory();
    const workspace = join(directory.path, "workspace");
    await createSampleWorkspace(workspace);
    await buildPage(join(directory.path, "page"), sdk);
    const bundle = readFileSync(join(directory.path, "page/assets/page.js"), "utf8");
    expect(bundle.includes("tool-call-delta"), "the page holds the SDK it is meant to").toBe(
      version === "1.15.0",
    );

    const config = { mcpServers: { files: { command: process.execPath, args: [filesServer, workspace] } } };
    const servers = await connectServers(config);
    const countersign = createCountersign({
      graphs: { agent: createPlanAgent({ model: createOfflineModel({ delayMs: 2 }), tools: servers.tools }) },
      store: sqlite(join(directory.path, "test.db")),
    });
    const app = new Hono();
    app.get("/", (c) =>
      c.html(
        '<!doctype html><title>x</title><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/assets/page.js"></script>',
      ),
    );
    app.route("/", createStaticFiles(join(directory.path, "page")));
    app.all("*", (c) => countersign.fetch(c.req.raw));
    const http = createServer(toNodeHandler({ fetch: async (request) => app.fetch(request) }));
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    try {
      await using visitor = await visit(browser);
      const { page, complaints } = visitor;
      page.on("dialog", (dialog) => void dialog.accept("write it to notes.txt instead"));
      await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
      const box = page.getByPlaceholder("Ask");
      await box.fill('write "hello" to greeting.txt');
      await box.press("Enter");
      await page.getByText("greeting.txt").last().waitFor();
      await page.getByRole("button", { name: "Request changes" }).click();
      await page.getByRole("heading", { name: /notes.txt/ }).waitFor();
      expect(existsSync(join(workspace, "notes.txt"))).toBe(false);
      await page.getByRole("button", { name: "Approve" }).click();
      await expect.poll(() => existsSync(join(workspace, "notes.txt"))).toBe(true);
      expect(readFileSync(join(workspace, "notes.txt"), "utf8")).toBe("hello");
      await page.getByText(/step was done/i).waitFor();
      await expect.poll(() => page.getByRole("button", { name: "Approve" }).count()).toBe(0);
      expect(complaints).toEqual([]);
    } finally {
      http.closeAllConnections();
      http.close();
      await countersign.close();
      await servers.close();
    }
  });
}
