import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { readDocument } from "../support/document.ts";

/** What is listed in the documents row by row has a test of its name. */

const folder = "test/integration";

/** The names of the tests in the files that begin with `prefix`, as they are written. */
function testNamesIn(prefix: string): string[] {
  const files = readdirSync(new URL(`../../${folder}`, import.meta.url)).filter(
    (file) => file.startsWith(prefix) && file.endsWith(".test.ts"),
  );
  return files.flatMap((file) =>
    [...readDocument(`${folder}/${file}`).matchAll(/^test(?:\.each\(.*\))?\(\s*["`]([^"`]+)/gm)].map(
      ([, name = ""]) => name,
    ),
  );
}

/** The row that a test is named after: `3.4 run.start` of `3.4 run.start: creates the thread`. */
const rowOf = (name: string) => name.split(": ")[0] ?? "";

const protocol = readDocument("docs/protocol.md");

/** The rows of the list in docs/protocol.md. */
function listedRows(): { there: string[]; notThere: string[] } {
  const [, section = ""] = protocol.split("\n## Row by row\n");
  const [list = ""] = section.split("\n## ");
  const there: string[] = [];
  const notThere: string[] = [];
  for (const [, number = "", rows = ""] of list.matchAll(
    /^- (\d\.\d) [^:]*: ((?:.+\n?)+?)(?=^- |$(?![\s\S]))/gm,
  )) {
    for (const [, crossed, row = ""] of rows.matchAll(/(~~)?`([^`]+)`/g))
      (crossed === undefined ? there : notThere).push(`${number} ${row}`);
  }
  return { there, notThere };
}

test("every row of the protocols has a test of its name, or a reason why it is not there", () => {
  const { there, notThere } = listedRows();
  expect(there.length).toBeGreaterThan(75);
  const tested = testNamesIn("protocol-rows-")
    .filter((name) => name.includes(": "))
    .map(rowOf);
  expect([...there].sort()).toEqual([...new Set(tested)].sort());
  expect(there).toHaveLength(new Set(there).size);
  const [, differences = ""] = protocol.split("\n## Deliberately different\n");
  for (const row of notThere) {
    const [, name = ""] = /^\S+ (.*)$/.exec(row) ?? [];
    expect(differences, row).toContain(`\`${name}\``);
  }
});

test("every weakness that was seen in other servers has one test that shows it is not here", () => {
  const listed = [...readDocument("docs/reference-servers.md").matchAll(/^\| ([DE]\d+) /gm)].map(
    ([, id = ""]) => id,
  );
  const numbered = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
  expect(listed).toEqual([...numbered("D", 27), ...numbered("E", 13)]);
  expect(testNamesIn("weaknesses-").map(rowOf).sort()).toEqual([...listed].sort());
});
