// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of an mcp.json are what is tested
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseMcpConfig, readMcpConfig } from "../../src/tools/index.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "countersign-mcp-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function fileWith(content: unknown): Promise<string> {
  const path = join(directory, "mcp.json");
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("the shape that MCP clients share is taken, with keys of theirs that mean nothing here", () => {
  const config = {
    mcpServers: {
      files: { command: "node", args: ["server.js"], env: { A: "1" }, cwd: "/tmp", autoApprove: ["x"] },
      web: { type: "http", url: "https://example.org/mcp", headers: { Authorization: "Bearer t" } },
      off: { command: "x", disabled: true },
      ours: { command: "y", countersign: { contentArguments: { write_file: ["content"] } } },
    },
    inputs: [],
  };
  expect(parseMcpConfig(config).mcpServers).toMatchObject({
    files: { command: "node", args: ["server.js"], env: { A: "1" }, cwd: "/tmp" },
    web: { url: "https://example.org/mcp", headers: { Authorization: "Bearer t" } },
    off: { disabled: true },
    ours: { countersign: { contentArguments: { write_file: ["content"] } } },
  });
});

test.each<[string, unknown, RegExp]>([
  ["nothing", null, /the file is wrong/],
  ["no mcpServers", { servers: {} }, /mcpServers is wrong/],
  ["a server that is a text", { mcpServers: { a: "node" } }, /mcpServers\.a is wrong/],
  [
    "an argument that is a number",
    { mcpServers: { a: { command: "x", args: ["y", 1] } } },
    /mcpServers\.a\.args\[1\] is/,
  ],
  [
    "a variable that is a number",
    { mcpServers: { a: { command: "x", env: { P: 1 } } } },
    /mcpServers\.a\.env\.P is/,
  ],
  ["neither command nor url", { mcpServers: { a: {} } }, /mcpServers\.a has neither a command nor a url/],
  ["both command and url", { mcpServers: { a: { command: "x", url: "http://x" } } }, /a has both/],
  ["a url of another protocol", { mcpServers: { a: { url: "ftp://x" } } }, /mcpServers\.a\.url is wrong/],
  [
    "an old transport",
    { mcpServers: { a: { url: "http://x", type: "sse" } } },
    /mcpServers\.a\.type is wrong/,
  ],
  [
    "a misspelt key of ours",
    { mcpServers: { a: { command: "x", countersign: { contentArgument: {} } } } },
    /mcpServers\.a\.countersign is wrong: .*contentArgument/,
  ],
])("%s is refused with the path of the field and what to do", (_what, value, message) => {
  expect(() => parseMcpConfig(value)).toThrow(message);
  expect(() => parseMcpConfig(value)).toThrow(/(Correct it and start again|Give it one of the two)\.$/);
  expect(() => parseMcpConfig(value)).toThrow(expect.objectContaining({ name: "McpConfigError" }));
});

describe("readMcpConfig", () => {
  test("environment variables are filled in anywhere, with a default where one is given", async () => {
    const path = await fileWith({
      mcpServers: {
        web: {
          url: "https://${HOST}/mcp",
          headers: { Authorization: "Bearer ${TOKEN}", Region: "${REGION:-eu}", Price: "$5 ${}" },
        },
      },
    });
    const config = await readMcpConfig(path, { HOST: "example.org", TOKEN: "$&secret", REGION: "" });
    expect(config.mcpServers.web).toEqual({
      url: "https://example.org/mcp",
      headers: { Authorization: "Bearer $&secret", Region: "eu", Price: "$5 ${}" },
    });
  });

  test("a variable that is not set is named with its field, unless the server is disabled", async () => {
    const server = { command: "x", env: { KEY: "${API_KEY}" } };
    const path = await fileWith({ mcpServers: { a: server } });
    await expect(readMcpConfig(path, {})).rejects.toThrow(
      `${path}: mcpServers.a.env.KEY needs the environment variable API_KEY, which is not set. Set it and start again.`,
    );
    await fileWith({ mcpServers: { a: { ...server, disabled: true } } });
    await expect(readMcpConfig(path, {})).resolves.toMatchObject({ mcpServers: { a: { disabled: true } } });
  });

  test("a missing file, bad JSON and a bad shape are told apart", async () => {
    const missing = join(directory, "nowhere.json");
    await expect(readMcpConfig(missing)).rejects.toThrow(`${missing}: there is no such file. Check the path`);
    const path = await fileWith('{ "mcpServers": { }');
    await expect(readMcpConfig(path)).rejects.toThrow(
      /mcp\.json is not JSON: .+ Correct it and start again\.$/,
    );
    await fileWith({ mcpServers: [] });
    await expect(readMcpConfig(path)).rejects.toThrow(`${path}: mcpServers is wrong`);
  });

  test("a byte-order mark before the JSON does not matter", async () => {
    const path = await fileWith('\uFEFF{"mcpServers":{}}');
    await expect(readMcpConfig(path)).resolves.toEqual({ mcpServers: {} });
  });
});
