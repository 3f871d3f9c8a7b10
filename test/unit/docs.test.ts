import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readSettings } from "../../src/cli/settings.ts";
import { parseMcpConfig } from "../../src/tools/index.ts";
import { blocksOf, readDocument } from "../support/document.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Folders that are made, not written. */
const made = new Set([
  "node_modules",
  "dist",
  ".git",
  ".countersign",
  "workspace",
  "test-results",
  "coverage",
]);

/** Every file and folder of the repository, as paths from its root. */
function listPaths(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (made.has(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? [path, ...listPaths(path)] : [path];
  });
}

const paths = new Set(listPaths());
const documents = [...paths].filter((path) => /^([^/]+|docs\/.*)\.md$/.test(path)).sort();
const readme = readDocument("README.md");
const architecture = readDocument("ARCHITECTURE.md");
const packageJson = JSON.parse(readDocument("package.json")) as {
  version: string;
  scripts: Record<string, string>;
  exports: Record<string, { default: string }>;
};

/** Without fenced blocks: what is prose. */
const proseOf = (markdown: string) => markdown.replace(/^```[\s\S]*?^```$/gm, "");

/** The rows of the first table below a heading, cell by cell. */
function tableBelow(markdown: string, heading: string): string[][] {
  const [, section = ""] = markdown.split(`\n## ${heading}`);
  const lines = section.split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((c) => c.trim()),
  );
}

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(" ", "-");

/** Links in place, `[text](target "title")`, and definitions of links, `[text]: target "title"`. */
function linksOf(markdown: string): { target: string; title: string | undefined }[] {
  const prose = proseOf(markdown);
  const inPlace = prose.matchAll(/\]\(([^)\s]+)(?:\s+"([^"]*)")?\)/g);
  const defined = prose.matchAll(/^\[[^\]]+\]: (\S+)(?: "([^"]*)")?$/gm);
  return [...inPlace, ...defined].map(([, target = "", title]) => ({ target, title }));
}

test.each(documents)("every path, link and command that %s names exists", (document) => {
  const markdown = readDocument(document);
  const prose = proseOf(markdown);
  const named = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
  const isPath =
    /^(?:(?:\.ci|docs|examples|scripts|src|test|web)\/[\w./@-]*|[\w.-]+\.(?:ts|tsx|mjs)|biome\.json)$/;
  for (const path of named.filter((text) => isPath.test(text))) {
    expect(paths, `\`${path}\``).toContain(path.replace(/\/$/, ""));
  }
  for (const { target } of linksOf(markdown).filter((link) => !/^https?:/.test(link.target))) {
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? document : normalize(join(dirname(document), file));
    expect(paths, target).toContain(path);
    if (anchor === undefined) continue;
    const headings = [...proseOf(readDocument(path)).matchAll(/^#+ (.*)$/gm)].map(
      ([, heading = ""]) => heading,
    );
    expect(headings.map(anchorOf), target).toContain(anchor);
  }
  for (const [, run, name = ""] of markdown.matchAll(/\bnpm (run )?([a-z][\w:]*)/g)) {
    if (run === undefined && !["start", "test"].includes(name)) continue;
    expect(Object.keys(packageJson.scripts), `npm run ${name}`).toContain(name);
  }
});

test.each(documents)("every test that %s relies on is there, by its name", (document) => {
  for (const { target, title } of linksOf(readDocument(document))) {
    if (!/\.test\.ts$/.test(target)) continue;
    expect(title, `${target} names no test`).toBeDefined();
    expect(readFileSync(join(root, dirname(document), target), "utf8"), target).toContain(title);
  }
});

test("no document is longer than a reader's patience", () => {
  const limits: [RegExp, number][] = [
    [/^ARCHITECTURE\.md$/, 200],
    [/^docs\/decisions\//, 40],
    [/^CONTRIBUTING\.md$/, 120],
    [/./, 400],
  ];
  for (const document of documents) {
    const [, limit = 0] = limits.find(([pattern]) => pattern.test(document)) ?? [];
    expect(readDocument(document).split("\n").length, document).toBeLessThanOrEqual(limit);
  }
});

test("the programs in the documents are the files that tests run, and take 20 lines at most", () => {
  const programs: [document: string, language: string, file: string][] = [
    ["README.md", "js", "examples/server.mjs"],
    ["docs/interrupts-and-streaming.md", "tsx", "examples/front-end.tsx"],
  ];
  for (const [document, language, file] of programs) {
    const program = readDocument(file);
    const [shown] = blocksOf(readDocument(document)).filter((block) => block.language === language);
    expect(shown?.text, file).toBe(program);
    expect(program.trimEnd().split("\n").length, file).toBeLessThanOrEqual(20);
  }
});

test("the settings in the README are those the code reads, with their defaults", () => {
  const sources = [...paths]
    .filter((path) => /^src\/.*\.ts$/.test(path))
    .map(readDocument)
    .join("\n");
  const read = [...sources.matchAll(/(?:\benv\.|settingOf\(options, ")([A-Z][A-Z0-9_]+)\b/g)].map(
    ([, name = ""]) => name,
  );
  const ours = read.filter((name) => name.startsWith("COUNTERSIGN_"));
  const rows = tableBelow(readme, "Settings of the app");
  const listed = rows.map(([name = ""]) => name.replaceAll("`", ""));
  expect(listed.sort()).toEqual([...new Set(ours)].sort());
  for (const name of read.filter((one) => /^(OPENAI|ANTHROPIC|OLLAMA)_/.test(one))) {
    expect(readme).toContain(`\`${name}\``);
  }

  const directory = mkdtempSync(join(tmpdir(), "countersign-test-"));
  const { port, host, dataDirectory, workspace } = readSettings({}, directory);
  rmSync(directory, { recursive: true });
  const [, delay] = /delayMs = (\d+) \}: OfflineModelOptions/.exec(sources) ?? [];
  const defaults = {
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_HOST: host,
    COUNTERSIGN_DATA: dataDirectory.replace(directory, "."),
    COUNTERSIGN_WORKSPACE: workspace.replace(directory, "."),
    COUNTERSIGN_OFFLINE_DELAY_MS: delay,
  };
  const shown = rows.flatMap(([name = "", value = ""]) =>
    value === "" ? [] : [[name.replaceAll("`", ""), value.replaceAll("`", "")]],
  );
  expect(Object.fromEntries(shown)).toEqual(defaults);
});

test("the models and the mcp.json in the README are as the code has them", () => {
  const [, openai = "?", anthropic = "?"] =
    /defaults = \{ openai: "([^"]+)", anthropic: "([^"]+)" \}/.exec(
      readDocument("src/models/choose-model.ts"),
    ) ?? [];
  expect(readme).toContain(`\`${openai}\``);
  expect(readme).toContain(`\`${anthropic}\``);
  const [example] = blocksOf(readme).filter(({ language }) => language === "json");
  const { mcpServers } = parseMcpConfig(JSON.parse(example?.text ?? ""));
  expect(Object.keys(mcpServers)).toEqual(["files", "search"]);
  const [main = ""] = (mcpServers.files as { args: string[] }).args;
  expect(paths).toContain(main.replace(/^dist/, "src").replace(/\.js$/, ".ts"));
});

test("every promise of the README and every invariant links a test", () => {
  const promises = tableBelow(readme, "What happens when");
  expect(promises.length).toBeGreaterThan(15);
  for (const [when = "", , shown = ""] of promises) {
    const names = [...shown.matchAll(/\[([^\]]+)\]/g)].map(([, name = ""]) => name);
    expect(names.length, when).toBeGreaterThan(0);
    for (const name of names) expect(readme, when).toMatch(new RegExp(`^\\[${name}\\]: test/.* ".*"$`, "m"));
  }
  const [, invariants = ""] = architecture.split("\n## Invariants");
  const items =
    invariants
      .split("\n## ")[0]
      ?.split(/^\d+\. /m)
      .slice(1) ?? [];
  expect(items).toHaveLength(10);
  for (const item of items) expect(linksOf(item).length, item).toBeGreaterThan(0);
});

test("the layers in ARCHITECTURE.md are those of the lint rules, of the code and of the package", () => {
  const rows = tableBelow(architecture, "Folders and what they may import");
  const plain = (cell = "") => cell.replaceAll("`", "");
  const layers = new Map(
    rows.map(([folder, subpath, , may]) => [plain(folder), { subpath, may: plain(may) }]),
  );
  for (const folder of layers.keys()) expect(paths).toContain(folder);
  for (const path of paths) {
    if (/^src\/[\w-]+\/index\.ts$/.test(path)) expect([...layers.keys()]).toContain(dirname(path));
  }

  const rules = readDocument("biome.json").matchAll(/"(src\/[\w-]+) may import ([^"]+) \(ARCHITECTURE\.md/g);
  const ruled = new Map([...rules].map(([, folder = "", may = ""]) => [folder, may]));
  for (const [folder, { may }] of layers) {
    if (may !== "anything") expect(ruled.get(folder), folder).toBe(may);
  }

  for (const path of paths) {
    const [, folder = ""] = /^(src\/[\w-]+)\/.*\.ts$/.exec(path) ?? [];
    const may = layers.get(folder)?.may ?? "anything";
    if (may === "anything") continue;
    const allowed = may === "nothing of ours" ? [] : may.split(", ");
    for (const [, layer = "", file = ""] of readDocument(path).matchAll(
      /from "\.\.\/([\w-]+)\/([\w-]+)\.ts"/g,
    )) {
      expect(
        allowed.includes(layer) || allowed.includes(`${layer}/${file}`),
        `${path} imports ${layer}/${file}`,
      ).toBe(true);
    }
  }

  const subpaths = [...layers].flatMap(([folder, { subpath }]) =>
    subpath === "–" ? [] : [[plain(subpath), `./${folder.replace("src", "dist")}/index.js`]],
  );
  const exported = Object.entries(packageJson.exports).flatMap(([subpath, target]) =>
    typeof target === "string" ? [] : [[subpath, target.default]],
  );
  expect(subpaths.sort()).toEqual(exported.sort());
});

test("the changelog has an entry for the version of the package", () => {
  expect(readDocument("CHANGELOG.md")).toContain(`\n## [${packageJson.version}]`);
});
