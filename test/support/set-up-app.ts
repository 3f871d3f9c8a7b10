import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { ServerOptions } from "../../src/http/index.ts";
import { launchBrowser } from "./browser.ts";
import { temporaryDirectory } from "./serve.ts";
import { serveAppOver } from "./serve-app.ts";

/** For a file of tests: a browser, and the app over these graphs. */
export function setUpApp(graphs: ServerOptions["graphs"]) {
  let browser: Browser;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let site: Awaited<ReturnType<typeof serveAppOver>>;
  beforeAll(async () => {
    browser = await launchBrowser();
    directory = await temporaryDirectory();
    site = await serveAppOver(directory.path, graphs);
  });
  afterAll(async () => {
    await site?.[Symbol.asyncDispose]();
    await directory?.[Symbol.asyncDispose]();
    await browser?.close();
  });
  return {
    get browser(): Browser {
      return browser;
    },
    get url(): string {
      return site.url;
    },
  };
}
