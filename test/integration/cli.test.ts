import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { runApp, startApp } from "../support/app.ts";
import { getJson } from "../support/command.ts";
import { temporaryDirectory } from "../support/serve.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The app must end by itself, unsuccessfully, with this one sentence and nothing else. */
async function expectRefusal(env: Record<string, string>, sentence: RegExp, directory?: string) {
  await using own = await temporaryDirectory();
  const { code, output } = await runApp({ directory: directory ?? own.path, env });
  expect(output.trim()).toMatch(sentence);
  expect(output.trim().split("\n")).toHaveLength(1);
  expect(code).toBe(1);
}

test("it prints one line with the address, the model, the data and the workspace", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, command: ["start"] });
  expect(app.output().trim().split("\n")).toHaveLength(1);
  expect(app.line).toMatch(
    /^Countersign http:\/\/127\.0\.0\.1:\d+ · model: .*offline.* · data: \S+ · workspace: \S+$/i,
  );
  expect(app.line).toContain(join(directory.path, ".countersign"));
  expect(await getJson(`${app.url}/ok`)).toEqual({ ok: true });
  const page = await (await fetch(app.url)).text();
  expect(page).toContain("<title>Countersign</title>");
});

test("a port that is taken is one sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  try {
    await expectRefusal(
      { COUNTERSIGN_PORT: String(port) },
      new RegExp(`^Port ${port} on 127.0.0.1 is taken; .*COUNTERSIGN_PORT`),
    );
  } finally {
    other.close();
  }
});

test("a port that is no port is one sentence", async () => {
  for (const port of ["http", "-1", "70000", "20.24"]) {
    await expectRefusal({ COUNTERSIGN_PORT: port }, /^COUNTERSIGN_PORT is ".*"; set it to a number/);
  }
});

test("a data directory that cannot be one is one sentence", async () => {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, "file");
  await writeFile(file, "");
  await expectRefusal(
    { COUNTERSIGN_DATA: join(file, "data") },
    /^Cannot write to the directory .*COUNTERSIGN_DATA/,
  );
  await expectRefusal(
    { COUNTERSIGN_WORKSPACE: join(file, "workspace") },
    /^Cannot make the workspace .*COUNTERSIGN_WORKSPACE/,
  );
});

test("a data directory that this user may not write to is one sentence", async () => {
  await using directory = await temporaryDirectory();
  await chmod(directory.path, 0o755);
  const data = join(directory.path, "data");
  await mkdir(data, { mode: 0o555 });
  // Root may write anywhere: the settings are read as somebody else there.
  const settings = pathToFileURL(join(root, "dist/cli/settings.js")).href;
  const script = `
    import { readSettings } from ${JSON.stringify(settings)};
    if (process.getuid() === 0) process.setuid(65534);
    try { readSettings({ COUNTERSIGN_DATA: ${JSON.stringify(data)} }, "/"); console.log("read"); }
    catch (error) { console.log(error.constructor.name + ": " + error.message); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect(stdout + stderr).toMatch(
    /^UsageError: Cannot write to the directory .* \(EACCES\); set COUNTERSIGN_DATA/,
  );
});

test("a model that nobody knows, and one without its key, are one sentence", async () => {
  await expectRefusal({ COUNTERSIGN_MODEL: "clever:one" }, /COUNTERSIGN_MODEL.*openai:.*offline/);
  await expectRefusal({ COUNTERSIGN_MODEL: "openai:gpt-5" }, /OPENAI_API_KEY/);
});

test("an mcp.json that is not there or not one is one sentence", async () => {
  await using directory = await temporaryDirectory();
  await expectRefusal({ COUNTERSIGN_MCP: "nowhere.json" }, /nowhere\.json/, directory.path);
  await writeFile(join(directory.path, "mcp.json"), "{");
  await expectRefusal({ COUNTERSIGN_MCP: "mcp.json" }, /mcp\.json/, directory.path);
});

test("it listens beyond this machine only with a token", async () => {
  await expectRefusal({ COUNTERSIGN_HOST: "0.0.0.0" }, /0\.0\.0\.0.*(?:COUNTERSIGN_TOKEN|authenticate)/);
  await using directory = await temporaryDirectory();
  await using app = await startApp({
    directory: directory.path,
    env: { COUNTERSIGN_HOST: "0.0.0.0", COUNTERSIGN_TOKEN: "a-long-enough-secret" },
  });
  const local = app.line.replace(/.*:(\d+) ·.*/, "http://127.0.0.1:$1");
  expect((await fetch(`${local}/threads/search`, { method: "POST" })).status).toBe(401);
});

test("a second process on one data directory is refused by name, and the first goes on", async () => {
  await using directory = await temporaryDirectory();
  await using app = await startApp({ directory: directory.path, command: ["start"] });
  await expectRefusal(
    {},
    /countersign\.db is in use by another Countersign process \(pid \d+\)/,
    directory.path,
  );
  expect(await getJson(`${app.url}/ok`)).toEqual({ ok: true });
});

test("an unknown command says which there are", () => {
  const cli = join(root, "dist/cli/main.js");
  const unknown = spawnSync(process.execPath, [cli, "sevre"], { encoding: "utf8" });
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/^There is no command sevre\.\n.*countersign start/s);
  const help = spawnSync(process.execPath, [cli, "--help"], { encoding: "utf8" });
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("countersign start");
});

test("a Node that is too old is one sentence, before anything is installed", () => {
  const setup = pathToFileURL(join(root, "scripts/setup.mjs")).href;
  const check = (version: string) =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { checkNode } from ${JSON.stringify(setup)}; checkNode("${version}");`,
      ],
      { encoding: "utf8" },
    );
  const old = check("18.20.4");
  expect(old.status).toBe(1);
  expect(old.stderr).toMatch(/^Countersign needs Node 20\.19 or newer, and this is 18\.20\.4; .*\n$/);
  expect(check("20.18.1").status).toBe(1);
  expect(check("20.19.0").status).toBe(0);
  expect(check("24.1.0").status).toBe(0);
});
