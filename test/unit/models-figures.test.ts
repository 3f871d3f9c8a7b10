import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate, findArithmetic, formatNumber } from "../../src/models/arithmetic.ts";
import { summarize } from "../../src/models/extract.ts";
import { tellFigures } from "../../src/models/figures.ts";
import { findColumn, guessColumn, numericColumns, parseTable, toNumber } from "../../src/models/table.ts";

const sums: [text: string, value: number][] = [
  ["what is 12*7+3?", 87],
  ["2+3*4", 14],
  ["(2+3)*4", 20],
  ["2^3^2", 512],
  ["-2^2", -4],
  ["10 % 4", 2],
  ["what's 1,000 divided by 8", 125],
  ["15% of 80", 12],
  ["3 plus 4 times 2 minus 1", 10],
  ["5 squared", 25],
  ["2 x 3", 6],
  ["add 5 and 7", 12],
  [".5 * 4", 2],
];

test.each(sums)("works out %s", (text, value) => {
  expect(findArithmetic(text)?.value).toBe(value);
});

test.each(["2026-11-03", "what is a*b", "1 +", "(1", "12", "1..2+3", "read a+b.txt", "2 ** ** 3"])(
  "%s is no sum",
  (text) => {
    expect(findArithmetic(text)).toBeUndefined();
  },
);

test("sums are worked out as the language itself does", () => {
  const term = fc.letrec<{ sum: string; atom: string }>((tie) => ({
    atom: fc.integer({ min: 0, max: 99 }).map(String),
    sum: fc.oneof(
      { maxDepth: 4 },
      tie("atom"),
      fc
        .tuple(tie("sum"), fc.constantFrom("+", "-", "*", "/"), tie("sum"))
        .map(([a, sign, b]) => `(${a} ${sign} ${b})`),
    ),
  })).sum;
  fc.assert(
    fc.property(term, (expression) => {
      const expected = new Function(`return ${expression}`)() as number;
      expect(evaluate(expression)).toEqual(expected);
    }),
  );
});

test("numbers are told without the noise of floating point", () => {
  expect(formatNumber(0.1 + 0.2)).toBe("0.3");
  expect(formatNumber(1e6)).toBe("1000000");
});

test("tables are read with quotes, other delimiters, and without a header", () => {
  expect(parseTable('a,b\n"x, ""y""",2\n')).toEqual({ columns: ["a", "b"], rows: [['x, "y"', "2"]] });
  expect(parseTable("a;b\r\n1;2\r\n")).toEqual({ columns: ["a", "b"], rows: [["1", "2"]] });
  expect(parseTable("1\t2\n3\t4")).toEqual({
    columns: ["column 1", "column 2"],
    rows: [
      ["1", "2"],
      ["3", "4"],
    ],
  });
  expect(parseTable("just a text")).toBeUndefined();
  expect(parseTable("")).toBeUndefined();
});

test("cells with currency, separators and signs are numbers, dates and words are not", () => {
  expect(["$1,234.50", "12 €", "-3", "1,5", "12%", "EUR 7"].map(toNumber)).toEqual([
    1234.5, 12, -3, 1.5, 12, 7,
  ]);
  expect(["2026-01-02", "n/a", "", "1.2.3"].map(toNumber)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("columns are found by what people call them, and guessed without ids and years", () => {
  const table = parseTable("id,year,category,amount_eur\n1,2026,a,5\n2,2026,b,6\n");
  expect(table && findColumn(table, "amounts")).toBe("amount_eur");
  expect(table && findColumn(table, "categories")).toBe("category");
  expect(table && findColumn(table, "weight")).toBeUndefined();
  expect(table && guessColumn(table)).toBe("amount_eur");
  expect(table && numericColumns(table)).toEqual(["id", "year", "amount_eur"]);
});

test("a column that does not exist is pointed out, and so is a table without numbers", () => {
  const csv = "kind,amount\na,1\nb,2\n";
  expect(tellFigures("x.csv", csv, { names: ["total"], column: "weight" })).toContain(
    "There is no column “weight”; I took “amount”.",
  );
  expect(tellFigures("x.csv", csv, { names: ["total"], by: "color" })).toContain(
    "There is no column “color” to group by.",
  );
  expect(tellFigures("x.csv", "a,b\nx,y\n", { names: ["total"] })).toContain(
    "no column of numbers (its columns: a, b)",
  );
  expect(tellFigures("x.txt", "no numbers", { names: ["total"] })).toBe("There are no numbers in x.txt.");
});

test("a bill that is no table is added up by the last number of each line", () => {
  expect(tellFigures("bill.txt", "2 apples 3.50\n1 pear 0.50\n", { names: ["total"] })).toContain(
    "**4.00** (2 values)",
  );
});

test("the figures of an odd and an even number of values are right", () => {
  const csv = "n,v\na,1\nb,3\nc,10\n";
  expect(tellFigures("x.csv", csv, { names: ["median", "minimum", "maximum"] })).toContain(
    "the median is **3**, the minimum is **1**, the maximum is **10**",
  );
  expect(tellFigures("x.csv", `${csv}d,4\n`, { names: ["median"] })).toContain("**3.50**");
});

const summaries: [path: string, text: string, summary: RegExp][] = [
  ["a.md", "", /^The file is empty\.$/],
  ["a.txt", "One. Two. Three. Four is about cats and cats and cats.", /^One\. .*cats\.$/],
  [
    "a.csv",
    "day,kind,amount\n1,x,2\n2,y,3\n3,x,4\n",
    /3 rows with the columns day, kind, amount.*adds up to 9.*one of x, y/,
  ],
  ["a.json", '{"name":"x","age":3}', /JSON object with the keys name, age/],
  ["a.json", '[{"id":1},{"id":2}]', /list of 2 items\. Each has the keys id/],
  ["a.json", "{broken", /broken/],
  [
    "todo.md",
    "# Jobs\n\n- [x] one\n- [ ] two\n- [ ] three\n",
    /^Jobs: 3 items \(1 of 3 done\): one; two; three\.$/,
  ],
  ["a.ts", "export function go() {}\nexport class Cat {}\n", /3 lines of ts.*defines go, Cat/],
  [
    "a.md",
    "# Title\n\n**Bold** [link](http://x) `code`.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    /^Title: Bold link code\. It has a table with 1 rows\.$/,
  ],
];

test.each(summaries)("sums up %s", (path, text, summary) => {
  expect(summarize(path, text)).toMatch(summary);
});

test("a summary has nothing in it that the text has not", () => {
  const sentence = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 9 });
  const prose = fc.array(
    sentence.map((words) => `A${words.join(" ")}.`),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(
    fc.property(prose, fc.integer({ min: 1, max: 5 }), (sentences, most) => {
      const picked = summarize("a.txt", sentences.join(" "), { sentences: most }).split(/(?<=\.) /);
      expect(picked.length).toBeLessThanOrEqual(most);
      for (const one of picked) expect(sentences).toContain(one);
    }),
  );
});
