import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askInApp } from "../support/asked-app.ts";
import { expectAccessible, keepShot, launchBrowser } from "../support/browser.ts";

/** Answers of which the question says what they must look like: forms made from any JSON Schema. */

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const answer = (card: Locator) => card.getByRole("button", { name: "Answer", exact: true });

const whole = {
  type: "object",
  required: ["name", "seats", "day", "from", "pay", "agreed"],
  properties: {
    name: { type: "string", minLength: 1, title: "Who" },
    note: { type: "string", description: "Anything else." },
    seats: { type: "integer", minimum: 1, maximum: 9 },
    price: { type: "number" },
    agreed: { type: "boolean" },
    refundable: { type: "boolean" },
    insured: { type: "boolean", default: true },
    class: { type: "string", enum: ["economy", "business"], default: "economy" },
    stars: { enum: [1, 2, 3] },
    day: { type: "string", format: "date" },
    at: { type: "string", format: "date-time" },
    nothing: { type: "null" },
    from: {
      type: "object",
      required: ["city"],
      properties: {
        city: { type: "string" },
        place: { type: "object", properties: { street: { type: "string" }, number: { type: "integer" } } },
      },
    },
    legs: {
      type: "array",
      items: { type: "object", required: ["km"], properties: { km: { type: "number" } } },
    },
    tags: { type: "array", items: { type: "string" }, default: ["quick"] },
    extras: { type: "array", uniqueItems: true, items: { enum: ["bike", "pet"] } },
    pay: {
      oneOf: [
        {
          title: "By card",
          type: "object",
          required: ["card"],
          properties: { kind: { const: "card" }, card: { type: "string" } },
        },
        {
          title: "In cash",
          type: "object",
          required: ["amount"],
          properties: { kind: { const: "cash" }, amount: { type: "number" } },
        },
      ],
    },
    limit: { anyOf: [{ type: "integer" }, { type: "null" }] },
  },
};

test("every kind of field gives a value of its own type; what is optional and empty is left out, what is preset is there", async () => {
  await using at = await askInApp(browser, [{ value: "Where to?", responseSchema: whole }], {
    timezoneId: "Asia/Tokyo",
    viewport: { width: 1000, height: 2600 },
  });
  const { page, complaints } = at;
  const card = at.card("Question");
  await answer(card).waitFor();
  await expectAccessible(page, "a form of every kind of field");
  await answer(card).click();
  await card.getByText("This is needed.").first().waitFor();
  // The fields that are needed and empty, and no others.
  await expect.poll(() => card.getByText("This is needed.").count()).toBe(6);
  await expectAccessible(page, "a form with something missing");
  await card.getByRole("textbox", { name: "Who" }).fill("Ana");
  await card.getByRole("spinbutton", { name: "seats" }).fill("2");
  await card.getByRole("spinbutton", { name: "price" }).fill("12.50");
  await card.getByRole("group", { name: "agreed" }).getByRole("radio", { name: "No" }).check();
  await card.getByRole("combobox", { name: "stars" }).selectOption("3");
  await card.getByLabel("day").fill("2026-05-01");
  await card.getByLabel("at", { exact: true }).fill("2026-05-01T09:30");
  await card.getByRole("textbox", { name: "city" }).fill("Bergen");
  await card.getByRole("spinbutton", { name: "number" }).fill("7");
  const legs = card.getByRole("group", { name: "legs" });
  await legs.getByRole("button", { name: "Add" }).click();
  await legs.getByRole("button", { name: "Add" }).click();
  await legs.getByRole("spinbutton", { name: "km" }).nth(0).fill("0.5");
  await legs.getByRole("spinbutton", { name: "km" }).nth(1).fill("300");
  await legs.getByRole("button", { name: "Move up" }).nth(1).click();
  await card.getByRole("checkbox", { name: "pet" }).check();
  await card.getByRole("combobox", { name: "pay" }).selectOption({ label: "In cash" });
  await card.getByRole("spinbutton", { name: "amount" }).fill("20");
  await keepShot(page, "form");
  await page.reload();
  await expect.poll(() => card.getByRole("textbox", { name: "Who" }).inputValue()).toBe("Ana");
  await answer(card).click();
  expect(JSON.parse(await at.told())).toEqual({
    name: "Ana",
    seats: 2,
    price: 12.5,
    agreed: false,
    insured: true,
    class: "economy",
    stars: 3,
    day: "2026-05-01",
    at: "2026-05-01T00:30:00.000Z",
    nothing: null,
    from: { city: "Bergen", place: { number: 7 } },
    legs: [{ km: 300 }, { km: 0.5 }],
    tags: ["quick"],
    extras: ["pet"],
    pay: { kind: "cash", amount: 20 },
  });
  expect(complaints).toEqual([]);
});

/** Answers a question of this schema, once the form has been filled in. */
async function fillIn(
  schema: Record<string, unknown>,
  fill: (card: Locator, page: Page) => Promise<void>,
  value: unknown = "What is it?",
): Promise<unknown> {
  await using at = await askInApp(browser, [{ value, responseSchema: schema }]);
  const { page, complaints } = at;
  const card = at.card("Question");
  await answer(card).waitFor();
  await fill(card, page);
  await expectAccessible(page, "a form");
  await answer(card).click();
  const told = await at.told();
  expect(complaints).toEqual([]);
  return JSON.parse(told);
}

test("null can be chosen and is not the same as nothing; types that are several, of which nothing is said, and dictionaries can be filled in", async () => {
  const schema = {
    type: "object",
    required: ["limit", "least", "either", "any"],
    properties: {
      limit: { anyOf: [{ type: "integer" }, { type: "null" }] },
      least: { anyOf: [{ type: "integer" }, { type: "null" }] },
      either: { type: ["string", "null"] },
      any: {},
      data: { description: "Whatever there is." },
      list: { type: "array" },
      labels: { type: "object", additionalProperties: { type: "integer" } },
      pair: { type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false },
    },
  };
  const told = await fillIn(schema, async (card, page) => {
    await answer(card).click();
    await card.getByText("This is needed.").first().waitFor();
    await card.getByRole("combobox", { name: "Kind of least" }).selectOption({ label: "a whole number" });
    await card.getByRole("spinbutton", { name: "least" }).fill("3");
    await card.getByRole("textbox", { name: "any" }).fill('{"deep": [1, "2"]}');
    await card.getByRole("textbox", { name: "data" }).fill("just words");
    const list = card.getByRole("group", { name: "list" });
    await list.getByRole("button", { name: "Add" }).click();
    await list.getByRole("textbox").fill("true");
    const labels = card.getByRole("group", { name: "labels" });
    await labels.getByRole("button", { name: "Add" }).click();
    await labels.getByRole("textbox").fill("red");
    await labels.getByRole("spinbutton").fill("4");
    const pair = card.getByRole("group", { name: "pair" });
    await pair.getByRole("textbox").fill("left");
    await pair.getByRole("spinbutton").fill("1.5");
    await keepShot(page, "form-anything");
  });
  expect(told).toEqual({
    limit: null,
    least: 3,
    either: null,
    any: { deep: [1, "2"] },
    data: "just words",
    list: [true],
    labels: { red: 4 },
    pair: ["left", 1.5],
  });
});

test("a schema of another dialect is a form as well, with its definitions, and so is one that is no object", async () => {
  const old = {
    $schema: "http://json-schema.org/draft-04/schema#",
    definitions: { place: { type: "object", required: ["city"], properties: { city: { type: "string" } } } },
    type: "object",
    required: ["from"],
    properties: {
      from: { $ref: "#/definitions/place" },
      price: { type: "number", minimum: 5, exclusiveMinimum: true },
      pair: { type: "array", items: [{ type: "string" }, { type: "integer" }], additionalItems: false },
    },
  };
  const told = await fillIn(old, async (card) => {
    await card.getByRole("textbox", { name: "city" }).fill("Oslo");
    const price = card.getByRole("spinbutton", { name: "price" });
    await price.fill("5");
    await card.getByRole("spinbutton", { name: "pair-2" }).fill("2");
    await card.getByRole("textbox", { name: "pair-1" }).fill("two");
    await answer(card).click();
    await card.getByText("5 is less than", { exact: false }).waitFor();
    await price.fill("5.5");
  });
  expect(told).toEqual({ from: { city: "Oslo" }, price: 5.5, pair: ["two", 2] });

  const node = { type: "object", properties: { name: { type: "string" }, below: { $ref: "#/$defs/list" } } };
  const tree = {
    $defs: { node, list: { type: "array", items: { $ref: "#/$defs/node" } } },
    $ref: "#/$defs/node",
  };
  const grown = await fillIn(tree, async (card) => {
    await card.getByRole("textbox", { name: "name" }).fill("root");
    await card.getByRole("button", { name: "Add" }).click();
    await card.getByRole("textbox", { name: "name" }).nth(1).fill("leaf");
  });
  expect(grown).toEqual({ name: "root", below: [{ name: "leaf" }] });

  const list = { type: "array", items: { type: "string", format: "date" }, minItems: 1 };
  expect(await fillIn(list, (card) => card.locator("input[type=date]").fill("2026-02-03"))).toEqual([
    "2026-02-03",
  ]);
  expect(await fillIn({ type: "integer" }, (card) => card.getByRole("spinbutton").fill("12"))).toBe(12);
  const kinds = {
    oneOf: [
      { type: "object", required: ["kind"], properties: { kind: { const: "yes" } } },
      {
        type: "object",
        required: ["kind", "why"],
        properties: { kind: { const: "no" }, why: { type: "string" } },
      },
    ],
  };
  const no = await fillIn(kinds, async (card) => {
    await card.getByRole("combobox").selectOption({ label: "no" });
    await card.getByRole("textbox", { name: "why" }).fill("Too far.");
  });
  expect(no).toEqual({ kind: "no", why: "Too far." });
});

test("of a schema that is broken, leads elsewhere or never ends there is no form, and any answer can be given", async () => {
  const deep = (levels: number): Record<string, unknown> =>
    levels === 0 ? { type: "string" } : { type: "object", properties: { in: deep(levels - 1) } };
  const broken = [
    { type: "object", properties: { a: { $ref: "#/$defs/missing" } } },
    { type: "object", properties: { a: { $ref: "https://elsewhere.example/schema.json" } } },
    { $ref: "#" },
    { type: "thing" },
    { type: "object", properties: { a: { type: "string", pattern: "(" } } },
    { type: "object", properties: { a: null } },
    { type: "object", properties: "none" },
    { enum: { a: 1 } },
    { description: "Whatever." },
    deep(120),
  ];
  await using at = await askInApp(
    browser,
    broken.map((responseSchema, index) => ({ value: `Question ${index}.`, responseSchema })),
  );
  const { page, complaints } = at;
  const asked: string[] = [];
  page.on("request", (request) => void asked.push(new URL(request.url()).host));
  const cards = at.card("Question");
  await expect
    .poll(() => cards.getByRole("textbox", { name: "Your answer, as text or JSON" }).count())
    .toBe(10);
  for (const [index, schema] of broken.entries()) {
    const card = cards.filter({ hasText: `Question ${index}.` });
    const value = schema.type === "thing" ? "thing" : { in: {} };
    await card.getByRole("textbox").fill(JSON.stringify(value));
    await answer(card).click();
    if (schema.type === "thing") break;
    await card.waitFor({ state: "detached" });
  }
  expect(asked.filter((host) => host.includes("elsewhere"))).toEqual([]);
  expect(complaints).toEqual([]);
});

test("what is asked about may be very large or very deep, and a form of hundreds of fields is still one", async () => {
  let deep: unknown = "the bottom";
  for (let level = 0; level < 300; level += 1) deep = { in: deep };
  const value = {
    question: "All of this?",
    deep,
    many: Array.from({ length: 20_000 }, (_, index) => ({ number: index })),
    long: "word ".repeat(100_000),
  };
  const names = Array.from({ length: 300 }, (_, index) => `field${index}`);
  const schema = {
    type: "object",
    required: ["field299"],
    properties: {
      ...Object.fromEntries(names.map((name) => [name, { type: "string", maxLength: 20 }])),
      choice: { enum: Array.from({ length: 2_000 }, (_, index) => `choice ${index}`) },
    },
  };
  const told = await fillIn(
    schema,
    async (card) => {
      expect(await card.locator("li").count(), "what is folded is not there").toBeLessThan(200);
      await card.getByRole("textbox", { name: "field299" }).fill("the last");
      await card.getByRole("combobox", { name: "choice" }).selectOption("choice 1999");
    },
    value,
  );
  expect(told).toEqual({ field299: "the last", choice: "choice 1999" });
});
