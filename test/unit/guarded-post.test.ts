import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { type GuardedPost, postGuarded, RefusedAddressError } from "../../src/core/guarded-post.ts";
import { openHookServer } from "../support/hook-server.ts";

/** On the open net by the registries, and given to nobody. */
const nowhere: LookupAddress = { address: "2e00::1", family: 6 };
const here: LookupAddress = { address: "127.0.0.1", family: 4 };

/** A name server that says something else each time, as for a rebinding attack. */
function createResolver(...answers: LookupAddress[][]) {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    asked.push(host);
    return answers[Math.min(asked.length, answers.length) - 1] ?? [];
  };
  return { asked, resolve };
}

const post = (url: string, more: Partial<GuardedPost>) =>
  postGuarded(url, {
    body: "{}",
    headers: { "content-type": "application/json" },
    allowHosts: new Set(),
    signal: AbortSignal.timeout(1_000),
    ...more,
  });

test("a name is resolved once for a connection: one that changes its mind leads nowhere", async () => {
  await using inside = await openHookServer();
  const { asked, resolve } = createResolver([nowhere], [here]);
  const url = `http://rebinding.example:${inside.port}/hook`;
  await expect(post(url, { resolve })).rejects.not.toThrow(RefusedAddressError);
  expect(asked).toEqual(["rebinding.example"]);
  // The next try resolves it anew, and judges anew.
  await expect(post(url, { resolve })).rejects.toThrow(/rebinding\.example is 127\.0\.0\.1/);
  expect(asked.length).toBe(2);
  expect(inside.calls).toEqual([]);
});

test("one address that is not on the open net is one too many", async () => {
  await using inside = await openHookServer();
  const url = `http://both.example:${inside.port}/hook`;
  for (const addresses of [
    [nowhere, here],
    [here, nowhere],
    [{ address: "::ffff:127.0.0.1", family: 6 }],
    [{ address: "169.254.169.254", family: 4 }],
    [{ address: "fe80::1%lo", family: 6 }],
  ]) {
    const { resolve } = createResolver(addresses);
    await expect(post(url, { resolve })).rejects.toThrow(RefusedAddressError);
  }
  expect(inside.calls).toEqual([]);
});

test("a redirect is resolved and judged like the first address", async () => {
  await using inside = await openHookServer();
  await using outside = await openHookServer(() => ({
    redirect: `http://rebinding.example:${inside.port}/secret`,
  }));
  const { asked, resolve } = createResolver([here]);
  const url = `http://outside.example:${outside.port}/hook`;
  const allowHosts = new Set(["127.0.0.1"]);
  await expect(post(outside.url, { resolve, allowHosts })).rejects.toThrow(RefusedAddressError);
  expect(asked).toEqual(["rebinding.example"]);
  await expect(post(url, { resolve, allowHosts })).rejects.toThrow(/outside\.example is 127\.0\.0\.1/);
  expect([outside.calls.length, inside.calls.length]).toEqual([1, 0]);
});

test.each([
  ["http://10.0.0.1/", /10\.0\.0\.1/],
  ["http://[::1]/", /::1/],
  ["ftp://example.com/", /ftp:/],
  ["/relative", /127\.0\.0\.1|redirects/],
])("a redirect to %s is not followed", async (redirect, why) => {
  await using outside = await openHookServer(() => ({ redirect }));
  await expect(post(outside.url, { allowHosts: new Set(["127.0.0.1"]) })).rejects.toThrow(why);
});
