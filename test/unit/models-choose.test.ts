import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chooseModel } from "../../src/models/index.ts";
import { toOllamaUrl } from "../../src/models/ollama.ts";

const nobody: typeof fetch = () => Promise.reject(new TypeError("fetch failed"));

function ollamaWith(...models: unknown[]): { fetch: typeof fetch; asked: string[] } {
  const asked: string[] = [];
  const answer: typeof fetch = (input) => {
    asked.push(String(input));
    return Promise.resolve(Response.json({ models }));
  };
  return { fetch: answer, asked };
}

test("with nothing configured and no Ollama it is the offline model, which says so", async () => {
  const chosen = await chooseModel({ env: {}, fetch: nobody });
  expect(chosen).toMatchObject({ provider: "offline", isOffline: true, label: "offline rehearsal model" });
  expect(chosen.note).toContain("Set COUNTERSIGN_MODEL");
  expect(chosen.model._llmType()).toBe("offline-rehearsal");
});

test("COUNTERSIGN_MODEL=offline asks nobody", async () => {
  const { fetch, asked } = ollamaWith({ name: "llama3" });
  const chosen = await chooseModel({ env: { COUNTERSIGN_MODEL: "offline" }, fetch });
  expect(chosen.provider).toBe("offline");
  expect(chosen.note).toBeUndefined();
  expect(asked).toEqual([]);
});

test("a key in the environment counts as configured: OpenAI's before Anthropic's, both before Ollama", async () => {
  const { fetch, asked } = ollamaWith({ name: "llama3" });
  const both = await chooseModel({ env: { OPENAI_API_KEY: "sk-1", ANTHROPIC_API_KEY: "sk-2" }, fetch });
  expect(both).toMatchObject({ provider: "openai", label: "openai:gpt-4.1", isOffline: false });
  const one = await chooseModel({ env: { ANTHROPIC_API_KEY: "sk-2", OPENAI_API_KEY: " " }, fetch });
  expect(one).toMatchObject({
    provider: "anthropic",
    label: "anthropic:claude-sonnet-4-5",
    isOffline: false,
  });
  expect(one.note).toContain("ANTHROPIC_API_KEY");
  expect(asked).toEqual([]);
});

test("Ollama on this machine is found, and its first model that can chat is taken", async () => {
  const { fetch, asked } = ollamaWith(
    { name: "nomic-embed-text:latest", details: { family: "nomic-bert" } },
    { name: "all-minilm:22m" },
    { name: "llama3.2:3b", details: { family: "llama" } },
  );
  const chosen = await chooseModel({ env: {}, fetch });
  expect(chosen).toMatchObject({ provider: "ollama", label: "ollama:llama3.2:3b", isOffline: false });
  expect(asked).toEqual(["http://127.0.0.1:11434/api/tags"]);
});

test("an Ollama without a model that can chat, or with another answer, is passed over", async () => {
  const { fetch } = ollamaWith({ name: "mxbai-embed-large" });
  expect((await chooseModel({ env: {}, fetch })).provider).toBe("offline");
  const odd: typeof globalThis.fetch = () => Promise.resolve(new Response("<html>", { status: 200 }));
  expect((await chooseModel({ env: {}, fetch: odd })).provider).toBe("offline");
});

test("an Ollama that is too slow is not waited for", async () => {
  const silent: typeof fetch = (_, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
    });
  expect((await chooseModel({ env: {}, fetch: silent })).provider).toBe("offline");
});

test("the named model is opened, whatever else is configured", async () => {
  const env = { OPENAI_API_KEY: "sk-1", ANTHROPIC_API_KEY: "sk-2" };
  expect(
    await chooseModel({ env: { ...env, COUNTERSIGN_MODEL: "anthropic:claude-opus-4-1" } }),
  ).toMatchObject({
    label: "anthropic:claude-opus-4-1",
    provider: "anthropic",
  });
  expect(await chooseModel({ env: { ...env, COUNTERSIGN_MODEL: "Ollama:qwen3:8b" } })).toMatchObject({
    label: "ollama:qwen3:8b",
    provider: "ollama",
  });
  const chosen = await chooseModel({ env: { ...env, COUNTERSIGN_MODEL: "openai:gpt-5-mini" } });
  expect(chosen).toMatchObject({ label: "openai:gpt-5-mini" });
  expect(chosen.note).toBeUndefined();
});

const errors: [env: Record<string, string>, message: RegExp][] = [
  [{ COUNTERSIGN_MODEL: "gpt-4.1" }, /"gpt-4\.1", which is not a model's name\. Set it to openai:<model>/],
  [{ COUNTERSIGN_MODEL: "openai:" }, /not a model's name/],
  [{ COUNTERSIGN_MODEL: "mistral:large" }, /provider "mistral", which is not known\. .* OPENAI_BASE_URL/],
  [{ COUNTERSIGN_MODEL: "openai:gpt-4.1" }, /no key for it\. Set OPENAI_API_KEY, or OPENAI_BASE_URL/],
  [{ COUNTERSIGN_MODEL: "anthropic:claude-x" }, /no key for it\. Set ANTHROPIC_API_KEY\./],
  [
    { COUNTERSIGN_MODEL: "offline", COUNTERSIGN_OFFLINE_DELAY_MS: "fast" },
    /is "fast"\. Set it to milliseconds/,
  ],
  [
    { COUNTERSIGN_MODEL: "ollama:llama3", OLLAMA_HOST: "http://:::" },
    /OLLAMA_HOST is .* Set it to one such as/,
  ],
];

test.each(errors)("a setting that cannot work is refused with what to set: %o", async (env, message) => {
  await expect(chooseModel({ env, fetch: nobody })).rejects.toThrow(message);
});

test("an OpenAI-compatible endpoint needs no key", async () => {
  const env = { COUNTERSIGN_MODEL: "openai:local", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" };
  expect(await chooseModel({ env })).toMatchObject({ provider: "openai", label: "openai:local" });
});

test("an endpoint without a model's name is pointed out", async () => {
  const chosen = await chooseModel({ env: { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" }, fetch: nobody });
  expect(chosen.note).toContain("set COUNTERSIGN_MODEL=openai:<model>");
});

test("OLLAMA_HOST is read as Ollama reads it", () => {
  expect(toOllamaUrl(undefined)).toBe("http://127.0.0.1:11434");
  expect(toOllamaUrl("0.0.0.0")).toBe("http://127.0.0.1:11434");
  expect(toOllamaUrl("0.0.0.0:8080")).toBe("http://127.0.0.1:8080");
  expect(toOllamaUrl(":5000")).toBe("http://127.0.0.1:5000");
  expect(toOllamaUrl("gpu-box")).toBe("http://gpu-box:11434");
  expect(toOllamaUrl("https://ollama.example/")).toBe("https://ollama.example");
  expect(toOllamaUrl("[::]:1234")).toBe("http://[::1]:1234");
});

test("no provider's SDK is loaded before its model is chosen", () => {
  const folder = new URL("../../src/models/", import.meta.url);
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), "utf8");
    expect(text, file).not.toMatch(/from "(?:langchain|@langchain\/(?:openai|anthropic|ollama))/);
  }
});
