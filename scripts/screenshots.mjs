// Runs the browser tests, keeps the pictures they take in test-results/screenshots (open its index.html to leaf
// through them: by test, each wide and narrow, light and dark), and copies those that the documents show into
// docs/images. `npm run screenshots -- test/e2e/inbox.test.ts`: only these tests, and no copies.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toIndex } from "./screenshots-index.mjs";
import { fail, root } from "./setup.mjs";

/** The pictures in the documents, and which of the tests' pictures they are. */
const shown = {
  "plan-waiting": "plan-risks",
  "plan-changes": "plan-changes",
  "plan-editor": "plan-editor",
  "plan-done": "plan-done",
  "plan-dark-phone": "plan-risks-narrow",
  doubt: "doubt",
  inbox: "inbox",
  graph: "graph",
  form: "trip-form",
  "embed-plan": "embed-plan",
};

const directory = join(root, "test-results", "screenshots");
const isWhole = process.argv.length === 2;
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
process.env.COUNTERSIGN_SCREENSHOTS = directory;
if (isWhole) process.argv.push("test/e2e");
process.on("exit", (code) => {
  const names = readdirSync(directory);
  const pictures = names.filter((name) => name.endsWith(".png")).sort();
  const takenBy = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ name: name.slice(0, -5), ...JSON.parse(readFileSync(join(directory, name), "utf8")) }));
  writeFileSync(join(directory, "index.html"), toIndex(takenBy, pictures));
  process.stdout.write(`${pictures.length} pictures: ${join(directory, "index.html")}\n`);
  if (code !== 0 || !isWhole) return;
  const images = join(root, "docs", "images");
  rmSync(images, { recursive: true, force: true });
  mkdirSync(images, { recursive: true });
  for (const [name, taken] of Object.entries(shown)) {
    if (!pictures.includes(`${taken}.png`))
      fail(`No test took the picture ${taken}, which the documents show.`);
    copyFileSync(join(directory, `${taken}.png`), join(images, `${name}.png`));
  }
});
await import("./test.mjs");
