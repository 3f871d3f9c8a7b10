import { test } from "vitest";
import { summarize } from "../../src/models/extract.ts";
import { parseIntents } from "../../src/models/offline-intents.ts";
import { parseRule } from "../../src/models/offline-late-rules.ts";
import { parseTable } from "../../src/models/table.ts";

const n = 30000;
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
    if (ms > 100) console.log(name, text.length, Math.round(ms));
  }
  for (const [name, text] of Object.entries({
    prose: "The cat sat. ".repeat(80000),
    one: "a".repeat(1e6),
    md: "# x\n\n- a\n".repeat(1e5),
    table: "| a | b |\n".repeat(1e5),
    stars: "*a".repeat(5e5),
    ticks: "`".repeat(1e6),
    nl: "\n".repeat(1e6),
    br: "[".repeat(1e6),
    spaces: " ".repeat(1e6),
  }))
    for (const ext of ["md", "csv", "json", "ts", "txt"]) {
      const t = performance.now();
      summarize("a." + ext, text);
      const ms = performance.now() - t;
      if (ms > 400) console.log("sum", ext, name, text.length, Math.round(ms));
    }
  let t = performance.now();
  parseTable("a,b,c\n".repeat(170000));
  console.log("table", Math.round(performance.now() - t));
  t = performance.now();
  parseRule("one paragraph on each file read in s1 ".repeat(3000));
  console.log("rule", Math.round(performance.now() - t));
}, 600000);
