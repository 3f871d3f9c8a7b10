// RESULTS.json keeps the figures of each measurement's last run; RESULTS.md is written from it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure, table } from "./markdown.mjs";
import { names } from "./options.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const titles = {
  tokens: "Tokens",
  latency: "Latency",
  growth: "Growth",
  paused: "Paused threads",
  fanout: "Fan-out",
  replay: "Replay",
  recovery: "Recovery",
  page: "Page",
};

/** Files the measurement's figures and writes the report anew. Quick runs have a file of their own. */
export async function writeResults(name, { data, load, seconds, counts, isQuick, out }) {
  const directory = out ?? here;
  const stem = join(directory, isQuick ? "RESULTS.quick" : "RESULTS");
  const all = existsSync(`${stem}.json`) ? JSON.parse(readFileSync(`${stem}.json`, "utf8")) : {};
  all[name] = {
    at: new Date().toISOString(),
    seconds: Math.round(seconds),
    load,
    ...describeRun(),
    counts,
    data,
  };
  if (counts.postgres) all[name].counts = { ...counts, postgres: "given" };
  writeFileSync(`${stem}.json`, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(`${stem}.md`, await toMarkdown(all, isQuick));
}

function describeRun() {
  const version = (path) => JSON.parse(readFileSync(join(here, path, "package.json"), "utf8")).version;
  const git = (...args) => execFileSync("git", args, { cwd: here, encoding: "utf8" }).trim();
  const processors = cpus();
  return {
    machine: `${processors.length} x ${processors[0]?.model.trim()}, ${figure(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    commit: attempt(
      () => git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "../src") ? "+" : ""),
    ),
    versions: {
      node: process.versions.node,
      countersign: version(".."),
      "@langchain/langgraph": version("../node_modules/@langchain/langgraph"),
      "@langchain/core": version("../node_modules/@langchain/core"),
      "@langchain/langgraph-api": version("node_modules/@langchain/langgraph-api"),
      "better-sqlite3": version("../node_modules/better-sqlite3"),
    },
  };
}

function attempt(fn) {
  try {
    return fn();
  } catch {
    return "unknown";
  }
}

/** @param all - The figures of each measurement's last run, as in the JSON file. */
async function toMarkdown(all, isQuick) {
  const sections = [];
  const targets = [];
  for (const name of names.filter((one) => one in all)) {
    const { describe } = await import(`./measurements/${name}.mjs`);
    const described = describe(all[name].data);
    targets.push(...described.targets);
    const { at, seconds, commit, load, machine } = all[name];
    const run = `Run of ${at.slice(0, 16).replace("T", " ")} UTC at ${commit}, ${seconds} s, on ${machine}; load of the machine before it: ${load}.`;
    sections.push(`## ${titles[name]}\n\n${run}\n\n${described.markdown}`);
  }
  targets.sort((a, b) => String(a.number).localeCompare(String(b.number)));
  const [{ versions }] = Object.values(all).sort((a, b) => (a.at < b.at ? 1 : -1));
  const head = [
    "# Results of `npm run bench`",
    "",
    isQuick
      ? "A quick run: small counts, one round. Good for seeing that everything runs, not for figures."
      : "Only ratios of one run count: absolute figures drift with the machine. `bench/RESULTS.json` has all of them.",
    "",
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    "",
    "Every contestant runs the graph of `bench/workload.mjs` on the same copy of the engine, each server in a process of its own and the clients in another, over loopback.",
    "",
    "## Targets",
    "",
    table(
      ["", "what", "measured", "target", ""],
      targets.map(({ number, what, value, target, verdict }) => [
        number,
        what,
        figure(value),
        target ?? "-",
        verdict,
      ]),
    ),
  ];
  return `${[...head, "", sections.join("\n\n")].join("\n")}\n`;
}
