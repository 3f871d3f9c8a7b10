// Runs the browser tests, keeps the pictures they take in test-results/screenshots (open its index.html to leaf
// through them), and copies those that the documents show into docs/images.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, root } from "./setup.mjs";

/** The pictures in README.md, and which of the tests' pictures they are. */
const shown = { "plan-waiting": "plan-risks" };

const directory = join(root, "test-results", "screenshots");
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
process.env.COUNTERSIGN_SCREENSHOTS = directory;
process.argv.push("test/e2e");
process.on("exit", (code) => {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith(".png"))
    .sort();
  writeFileSync(join(directory, "index.html"), toPage(names));
  process.stdout.write(`${names.length} pictures: ${join(directory, "index.html")}\n`);
  if (code !== 0) return;
  const images = join(root, "docs", "images");
  mkdirSync(images, { recursive: true });
  for (const [name, taken] of Object.entries(shown)) {
    if (!names.includes(`${taken}.png`)) fail(`No test took the picture ${taken}, which the documents show.`);
    copyFileSync(join(directory, `${taken}.png`), join(images, `${name}.png`));
  }
});
await import("./test.mjs");

function toPage(names) {
  const figures = names.map(
    (name) => `<figure id="${name}"><figcaption>${name}</figcaption><img src="${name}" alt=""></figure>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>Screenshots</title>
<style>body{font:15px system-ui;margin:2rem;background:#ddd}figure{margin:0 0 3rem}img{max-width:100%;border:1px solid #999}</style>
${figures.join("\n")}\n`;
}
