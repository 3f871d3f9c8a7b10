import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import { parseFrameId, toFrameId } from "../../src/http/classic-position.ts";
import { parseJson } from "../../src/http/parse-json.ts";
import { parse } from "../../src/http/respond.ts";
import { command, inputRespond, runStart, stateGet, subscribe } from "../../src/protocol/commands.ts";
import { CountersignError } from "../../src/protocol/errors.ts";
import { toBothSpellings, toDialectOf } from "../../src/protocol/hitl.ts";
import { canonicalJson, type Json } from "../../src/protocol/json.ts";
import { parseMcpConfig } from "../../src/tools/index.ts";
import { anyText, junk, toBytes } from "../support/fuzz.ts";

/** What reads what others send: it says what is wrong, or goes on; it never falls over. */

const seed = Number(process.env.COUNTERSIGN_SEED ?? Date.now() % 1_000_000);
const name = (what: string) => `${what} (seed ${seed})`;
const check = async (property: fc.IProperty<never>) => fc.assert(property, { seed, numRuns: 400 });

/** What is thrown must be an error that is meant for the client. */
function calmly(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(CountersignError);
    return undefined;
  }
}

test(name("commands of any kind are parsed or refused"), async () => {
  const schemas = [command, runStart, inputRespond, stateGet, subscribe] as z.ZodType[];
  const property = fc.property(junk, fc.constantFrom(...schemas), (value, schema) => {
    calmly(() => parse(schema, value));
  });
  await check(property as never);
});

test(
  name("JSON from bytes is what `JSON.parse` makes of it, or refused; what is too deep is refused"),
  async () => {
    const property = fc.property(toBytes(junk), (bytes) => {
      const text = bytes.toString();
      const parsed = calmly(() => parseJson(text));
      if (parsed !== undefined) expect(parsed).toEqual(JSON.parse(text));
    });
    await check(property as never);
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    expect(() => parseJson(nested(200))).not.toThrow();
    expect(() => parseJson(nested(201))).toThrow(/200 levels/);
    // Brackets in strings are text.
    expect(parseJson(JSON.stringify({ a: `\\"${"[{".repeat(5_000)}` }))).toHaveProperty("a");
  },
);

test(name("names from prototypes are data like other names"), async () => {
  const text = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  const parsed = parseJson(text) as Json;
  calmly(() => parse(command, parsed));
  toBothSpellings(parsed);
  toDialectOf(parsed, parsed);
  expect(canonicalJson(parsed)).toContain('"__proto__"');
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test(name("questions and answers of any shape go through the bridge between dialects"), async () => {
  const member = fc.constantFrom(
    "action_requests",
    "actionRequests",
    "review_configs",
    "action_request",
    "config",
    "decisions",
    "type",
  );
  const odd = fc.oneof(
    junk,
    fc.dictionary(member, fc.oneof(junk, fc.array(fc.dictionary(member, junk), { maxLength: 2 })), {
      maxKeys: 4,
    }),
  );
  const property = fc.property(odd, odd, (question, answer) => {
    const shown = toBothSpellings(question as Json);
    expect(toBothSpellings(shown)).toEqual(shown);
    toDialectOf(question as Json, answer as Json);
  });
  await check(property as never);
});

test(name("a place in a stream is read as it was written, and nothing else is taken for one"), async () => {
  const place = fc.record({
    seq: fc.nat(),
    sent: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  });
  const back = fc.property(place, (one) => {
    expect(parseFrameId(toFrameId(one))).toEqual(one);
  });
  await check(back as never);
  const other = fc.property(anyText, (text) => {
    const read = parseFrameId(text);
    if (read !== undefined) expect(text).toMatch(/^-?\d{1,15}(~[\d:,]+)?$/);
  });
  await check(other as never);
});

test(name("an mcp.json of any content is read or refused with words"), async () => {
  const property = fc.property(
    fc.oneof(junk, fc.record({ mcpServers: fc.dictionary(anyText, junk) })),
    (value) => {
      try {
        parseMcpConfig(value);
      } catch (error) {
        expect((error as Error).message).toMatch(/mcp\.json/);
      }
    },
  );
  await check(property as never);
});
