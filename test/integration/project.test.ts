import { Client } from "@langchain/langgraph-sdk";
import { expect, test } from "vitest";
import { getJson, openInterrupts, waitForStatus } from "../support/command.ts";
import { createProject } from "../support/project.ts";

const input = { messages: [{ role: "user", content: "a letter, please" }] };

const clientOf = (url: string, apiKey: string | null = null) =>
  new Client({ apiUrl: url, apiKey, callerOptions: { maxRetries: 0 } });

/** What was said last. */
function lastWord(values: unknown): string | undefined {
  return (values as { messages?: { content: string }[] }).messages?.at(-1)?.content;
}

async function askToSend(client: Client): Promise<string> {
  const { thread_id: threadId } = await client.threads.create();
  const stopped = await client.runs.wait(threadId, "letters", { input });
  expect(stopped).toMatchObject({ __interrupt__: [{ value: { question: "Send it?" } }] });
  return threadId;
}

test("`countersign dev` serves a langgraph.json to a stock client, and says what it serves and ignores", async () => {
  await using project = await createProject({ example: "langgraph-json" });
  await using app = await project.start("dev");
  expect(app.line).toMatch(/^Countersign http:\/\/127\.0\.0\.1:\d+ · dev · .*langgraph\.json$/);
  await expect.poll(app.output).toContain("Watching");
  for (const line of [
    "graph letters: ./letters.ts:graph",
    "graph greeter: ./greeter.ts:createGreeter",
    `store: SQLite, ${project.at(".countersign/countersign.db")}`,
    "ignored in langgraph.json: node_version",
  ]) {
    expect(app.output()).toContain(`\n  ${line}\n`);
  }
  expect(await getJson(`${app.url}/info`)).toMatchObject({ graphs: ["letters", "greeter"] });
  const client = clientOf(app.url);
  const threadId = await askToSend(client);
  const values = await client.runs.wait(threadId, "letters", { command: { resume: { send: true } } });
  expect(lastWord(values)).toBe("Sent, from Ana.");
});

test("a question asked before kill -9 is answered after it, by what the shell has set above the env file", async () => {
  await using project = await createProject({ example: "langgraph-json" });
  const first = await project.start("dev");
  const threadId = await askToSend(clientOf(first.url));
  await first.kill();
  await using second = await project.start("serve", { SENDER: "Ben" });
  const client = clientOf(second.url);
  expect((await client.threads.get(threadId)).status).toBe("interrupted");
  const values = await client.runs.wait(threadId, "letters", { command: { resume: { send: true } } });
  expect(lastWord(values)).toBe("Sent, from Ben.");
});

test("a factory makes its graph for every run, from the run's config", async () => {
  await using project = await createProject({ example: "langgraph-json" });
  await using app = await project.start("serve");
  const client = clientOf(app.url);
  const greet = (language: string) =>
    client.runs.wait(null, "greeter", { input, config: { configurable: { language } } });
  expect(lastWord(await greet("de"))).toBe("Hallo.");
  expect(lastWord(await greet("en"))).toBe("Hello.");
});

test("a change is taken up while a question is open; a broken file leaves the last good version served", async () => {
  await using project = await createProject({ example: "langgraph-json" });
  await using app = await project.start("dev");
  await expect.poll(app.output).toContain("Watching");
  const client = clientOf(app.url);
  const threadId = await askToSend(client);

  await project.write({ "sender.ts": "export const sender = (): string => ;" });
  await expect
    .poll(app.output, { timeout: 10_000 })
    .toMatch(/Not reloaded: \.\/letters\.ts:graph cannot be loaded: .*sender\.ts.*\nThe last good version/);
  const other = await askToSend(client);
  const old = await client.runs.wait(other, "letters", { command: { resume: { send: true } } });
  expect(lastWord(old)).toBe("Sent, from Ana.");

  await project.write({ "sender.ts": 'export const sender = (): string => "Cleo";' });
  await expect
    .poll(app.output, { timeout: 10_000 })
    .toContain("Reloaded, since sender.ts changed. Graphs: letters, greeter.");
  expect(openInterrupts(await waitForStatus(app.url, threadId, "interrupted"))).toHaveLength(1);
  const values = await client.runs.wait(threadId, "letters", { command: { resume: { send: true } } });
  expect(lastWord(values)).toBe("Sent, from Cleo.");

  await project.write({ "langgraph.json": { graphs: { post: "./letters.ts:graph" } } });
  await expect.poll(app.output, { timeout: 10_000 }).toContain("Graphs: post.");
  expect(await getJson(`${app.url}/info`)).toMatchObject({ graphs: ["post"] });
});

const greeting = `
  import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
  import { word } from "./word.js";
  const builder = new StateGraph(MessagesAnnotation)
    .addNode("greet", () => ({ messages: [{ role: "ai", content: word }] }))
    .addEdge(START, "greet").addEdge("greet", END);
  export default builder.compile();`;

test("modules in JavaScript are taken up too, and those they import", async () => {
  const files = {
    "package.json": { type: "module" },
    "langgraph.json": {
      graphs: { greeter: { path: "./greeter.js" } },
      countersign: { store: "sqlite:./own.db" },
    },
    "greeter.js": greeting,
    "word.js": 'export const word = "One.";',
  };
  await using project = await createProject({ files });
  await using app = await project.start("dev");
  await expect.poll(app.output).toContain("Watching");
  expect(app.output()).toContain(`store: SQLite, ${project.at("own.db")}`);
  const client = clientOf(app.url);
  expect(lastWord(await client.runs.wait(null, "greeter", { input }))).toBe("One.");
  await project.write({ "word.js": 'export const word = "Two.";' });
  await expect.poll(app.output, { timeout: 10_000 }).toContain("Reloaded, since word.js changed.");
  expect(lastWord(await client.runs.wait(null, "greeter", { input }))).toBe("Two.");
});

const graphs = { letters: "./letters.ts:graph" };

/** `countersign serve` must end by itself, unsuccessfully, with this one sentence and nothing else. */
async function expectRefusals(wrong: [config: object | string, sentence: RegExp][]): Promise<void> {
  await using project = await createProject({ example: "langgraph-json" });
  for (const [config, sentence] of wrong) {
    await project.write({ "langgraph.json": config });
    const { code, output } = await project.run("serve");
    expect.soft(output.trim()).toMatch(sentence);
    expect.soft(output.trim().split("\n"), output).toHaveLength(1);
    expect.soft(code).toBe(1);
  }
}

test("`countersign serve` refuses a langgraph.json that is wrong, with one sentence", async () => {
  await expectRefusals([
    ["{", /langgraph\.json is no JSON: .* Correct it\./],
    [{}, /langgraph\.json is not right: graphs: .* Correct it\./],
    [{ graphs: {} }, /names no graph/],
    [{ graphs, env: "none.env" }, /Cannot read .*none\.env \(ENOENT\)/],
    [{ graphs, countersign: { store: "mysql://" } }, /"countersign.store" must be "sqlite:/],
    [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as the file writes a variable
      { graphs, countersign: { store: "postgres://${NO_SUCH}@localhost" } },
      /names the variable NO_SUCH, which is not set/,
    ],
  ]);
  await using project = await createProject({ example: "langgraph-json" });
  expect((await project.run("serve", "elsewhere.json")).output).toMatch(/There is no .*elsewhere\.json\./);
  expect((await project.run("serve", "--prot", "1")).output).toMatch(/--prot.* Use: countersign serve/);
});

test("`countersign serve` refuses a project that cannot be loaded, with one sentence", async () => {
  await expectRefusals([
    [
      { graphs: { a: "./letters.ts:none" } },
      /^\.\/letters\.ts:none cannot be loaded: There is no export none; it exports graph\.$/,
    ],
    [{ graphs: { a: "./nowhere.ts:graph" } }, /^\.\/nowhere\.ts:graph cannot be loaded: .*nowhere/],
    [{ graphs: { a: "./sender.ts:sender" } }, /What the export sender returned is no graph/i],
    [{ graphs, auth: { path: "./letters.ts:graph" } }, /letters\.ts:graph cannot be loaded: .* no Auth/],
    [{ graphs, http: { app: "./letters.ts:graph" } }, /letters\.ts:graph cannot be loaded: .* no Hono app/],
  ]);
});
