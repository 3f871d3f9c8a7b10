import { expect, test } from "vitest";
import { openPty } from "../support/pty.ts";
import { startPackingApp } from "../support/thirty-steps.ts";

test("thirty steps in three branches, one of which fails and is planned anew, in the terminal", async () => {
  await using app = await startPackingApp();
  await using pty = openPty({
    args: ["chat", "--as", "ana", "Pack for the journey"],
    cwd: app.directory,
    rows: 50,
    env: { COUNTERSIGN_URL: app.url },
  });
  await pty.shows(/30\. [\s\S]*a approve/);
  expect(app.packed()).toEqual([]);
  pty.press("a");
  await pty.shows(/c5[\s\S]*p plan anew from here/);
  const before = app.packed();
  expect(before).toHaveLength(24);
  pty.press("p");
  await pty.shows(/What should be different\?/);
  pty.press("Wrap it first.\r");
  await pty.shows(/revision 2[\s\S]*a approve/);
  pty.press("a");
  await pty.shows(/Everything is packed\.[\s\S]*›$/);
  expect(app.packed().slice(before.length)).toEqual(["c5-wrapped", "c6", "c7", "c8", "c9", "gather", "seal"]);
});
