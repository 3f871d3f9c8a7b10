import { test } from "vitest";
import { summarize } from "../../src/models/extract.ts";
import { parseIntents } from "../../src/models/offline-intents.ts";
import { parseRule } from "../../src/models/offline-late-rules.ts";
import { parseTable } from "../../src/models/table.ts";

const n = Number(process.env.N ?? 2000);
test("t", () => {
  for (const [name, text] of Object.entries({
    words: "word ".repeat(n),
    verbs: "read and ".repeat(n / 3),
    write: "write a note to a.txt: " + "x y. ".repeat(n),
    quotes: "'a' \"b\" ".repeat(n / 4),
    commas: "delete a.txt, ".repeat(n / 6),
    lines: "delete a.txt\n".repeat(2000),
    to: "copy " + "a to ".repeat(n / 3),
    list: "find " + "files that ".repeat(n / 5),
    spaces: "read" + " ".repeat(n) + "x",
    oneword: "a".repeat(n),
    dots: "a.b".repeat(n),
    change: "replace " + "a with b in ".repeat(n / 6),
    sums: "1+".repeat(50),
    backup: "backup " + "to in ".repeat(n / 5),
    create: "create " + "a.txt, ".repeat(n / 6),
    quote1: "'".repeat(n),
    search: "search for " + "in ".repeat(n / 3),
    pol: "please ".repeat(n / 6),
  })) {
    const t = performance.now();
    parseIntents(text);
    const ms = performance.now() - t;
    if (ms > 20) console.log(name, text.length, Math.round(ms));
  }
  for (const [name, text] of Object.entries({
    prose: "The cat sat. ".repeat(n * 1.6),
    one: "a".repeat(n * 20),
    md: "# x\n\n- a\n".repeat(n * 2),
    table: "| a | b |\n".repeat(n * 2),
    stars: "*a".repeat(n * 10),
    ticks: "`".repeat(n * 20),
    nl: "\n".repeat(n * 20),
    br: "[".repeat(n * 20),
    spaces: " ".repeat(n * 20),
  }))
    for (const ext of ["md", "csv", "json", "ts", "txt"]) {
      const t = performance.now();
      summarize("a." + ext, text);
      const ms = performance.now() - t;
      if (ms > 50) console.log("sum", ext, name, text.length, Math.round(ms));
    }
  let t = performance.now();
  parseTable("a,b,c\n".repeat(n * 3));
  console.log("table", Math.round(performance.now() - t));
  t = performance.now();
  parseRule("one paragraph on each file read in s1 ".repeat(3000));
  console.log("rule", Math.round(performance.now() - t));
}, 600000);
