import { expect, test } from "vitest";
import { readDocument } from "../support/document.ts";

const document = readDocument("docs/react.md");

/** What is named in code, in the first column of any table, or anywhere. */
const named = new Set(
  [...document.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text.replace(/\(.*$/s, "")),
);

test("the CSS variables in docs/react.md are those that the stylesheet defines", () => {
  const listed = [...document.matchAll(/^\| `(--countersign-[\w-]+)`\s+\|/gm)].map(([, name = ""]) => name);
  const defined = [...readDocument("src/react/theme.css").matchAll(/^\s+(--countersign-[\w-]+):/gm)];
  expect(listed.sort()).toEqual([...new Set(defined.map(([, name = ""]) => name))].sort());
});

test("docs/react.md names every component, hook and function that the package exports", () => {
  const index = readDocument("src/react/index.ts");
  const exported = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([whole, names = ""]) =>
    whole.startsWith("export type") ? [] : names.split(",").map((name) => name.trim()),
  );
  const values = exported.filter((name) => name !== "" && !name.startsWith("type "));
  expect(values.length).toBeGreaterThan(40);
  expect(values.filter((name) => !named.has(name))).toEqual([]);
});

test("dark as the machine has it is the same as dark that was chosen, with more contrast too", () => {
  const css = readDocument("src/react/theme.css");
  const darks = [...css.matchAll(/:where\(\[data-theme="(dark|system)"\]\) \{([^}]*)\}/g)].map(
    ([, theme = "", rules = ""]) => ({ theme, rules: rules.replace(/\s+/g, " ").trim() }),
  );
  const of = (theme: string) => darks.filter((one) => one.theme === theme).map(({ rules }) => rules);
  expect(of("dark")).toHaveLength(2);
  expect(of("system")).toEqual(of("dark"));
});
