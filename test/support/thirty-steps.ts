import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ScriptedReply } from "../../src/testing/index.ts";
import { startApp } from "./app.ts";
import { type Reply, startOpenAiServer } from "./openai-server.ts";
import { temporaryDirectory } from "./serve.ts";

/** A plan of 30 steps for tests over HTTP, in the browser and in the terminal: its tool, and what a model says. */

const server = fileURLToPath(new URL("packing-server.mjs", import.meta.url));

/** Three branches of nine steps after a first one; what all come to; and a last one. Step `c5` fails. */
export function thirtySteps() {
  const step = (id: string, after: string[], item = id) => ({
    id,
    title: `Pack ${item}`,
    why: "It is on the list.",
    tool: "pack",
    args: { item },
    after,
  });
  const branch = (name: string) =>
    Array.from({ length: 9 }, (_, index) =>
      step(`${name}${index + 1}`, [index === 0 ? "start" : `${name}${index}`]),
    );
  return [
    step("start", []),
    ...["a", "b", "c"].flatMap(branch),
    step("gather", ["a9", "b9", "c9"]),
    step("seal", ["gather"]),
  ];
}

/** The step that fails, as the first plan has it: packing this is refused. */
const broken = "c5";

/** The plan made anew: what fails is packed by another name. */
function thirtyStepsAnew() {
  return thirtySteps().map((step) =>
    step.id === broken ? { ...step, title: "Pack c5, wrapped", args: { item: "c5-wrapped" } } : step,
  );
}

/** What a model says: the plan, which is another when the first was sent back (`isAnew`), and in the end how it went. */
export function thirtyStepsReply({ tools, isAnew }: { tools: string[]; isAnew: boolean }): ScriptedReply {
  if (!tools.includes("propose_plan")) return { text: "Everything is packed." };
  const steps = isAnew ? thirtyStepsAnew() : thirtySteps();
  const args = { title: "Pack for the journey", summary: "Packs thirty things, three at a time.", steps };
  return { calls: [{ name: "propose_plan", args }] };
}

/** An entry of `mcp.json` for the server below; what is packed goes into the file, a line each. */
export function packingServer(file: string) {
  return { command: process.execPath, args: [server, file, broken] };
}

/** What was packed, in order. */
export function packed(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

/** The app with the tool and the model of this plan, and where what was packed is written. */
export async function startPackingApp() {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "packed.txt");
  const openai = await startOpenAiServer({
    script: ({ tools = [], messages }) =>
      thirtyStepsReply({
        tools: tools.map((tool) => tool.function.name),
        isAnew: messages.some(({ role, content }) => role === "tool" && String(content).includes('"replan"')),
      }) as Reply,
  });
  const mcp = join(directory.path, "mcp.json");
  writeFileSync(mcp, JSON.stringify({ mcpServers: { packing: packingServer(file) } }));
  const app = await startApp({
    directory: directory.path,
    env: {
      COUNTERSIGN_MODEL: "openai:test-model",
      OPENAI_BASE_URL: openai.url,
      OPENAI_API_KEY: "sk-test",
      COUNTERSIGN_MCP: mcp,
    },
  });
  return {
    url: app.url,
    directory: directory.path,
    packed: () => packed(file),
    async [Symbol.asyncDispose]() {
      await app.stop();
      await openai.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}
