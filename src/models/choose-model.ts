import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { createOfflineModel } from "./offline-model.ts";
import { findOllamaModel, toOllamaUrl } from "./ollama.ts";
import { openAnthropic, openOllama, openOpenAi } from "./providers.ts";

export interface ChooseModelOptions {
  /** Usually `process.env`. */
  env: Readonly<Record<string, string | undefined>>;
  /** What asks Ollama, and what the providers' clients call with; the global `fetch` by default. */
  fetch?: typeof globalThis.fetch;
}

export interface ChosenModel {
  model: BaseChatModel;
  /** For people, such as `openai:gpt-4.1` or `offline rehearsal model`. */
  label: string;
  provider: "openai" | "anthropic" | "ollama" | "offline";
  isOffline: boolean;
  /** Why this one, when nobody named it; a sentence for people. */
  note?: string;
}

/** Good at calling tools, and they stream at once: no long thinking before the first word. */
const defaults = { openai: "gpt-4.1", anthropic: "claude-sonnet-4-5" };

const forms = "openai:<model>, anthropic:<model>, ollama:<model> or offline";

/**
 * Finds the model to work with. `COUNTERSIGN_MODEL` names it; without it, a key in the environment decides
 * (`OPENAI_API_KEY`, then `ANTHROPIC_API_KEY`), then Ollama on this machine if it answers within 300 ms, then
 * the offline rehearsal model. A provider's SDK is loaded only when its model is chosen.
 *
 * Also read: `OPENAI_BASE_URL` (any OpenAI-compatible endpoint; the key may then be missing),
 * `ANTHROPIC_BASE_URL`, `OLLAMA_HOST`, `COUNTERSIGN_OFFLINE_DELAY_MS`.
 *
 * @throws Error when `COUNTERSIGN_MODEL` is malformed or names an unknown provider, when the provider's key is
 * missing, or when its package is not installed; the message says what to set.
 */
export async function chooseModel(options: ChooseModelOptions): Promise<ChosenModel> {
  const named = settingOf(options, "COUNTERSIGN_MODEL");
  return named === undefined ? chooseUnnamed(options) : openNamed(named, options);
}

async function openNamed(named: string, options: ChooseModelOptions): Promise<ChosenModel> {
  const { provider, name } = parseName(named);
  switch (provider) {
    case "offline":
      return offline(options);
    case "openai":
      return openai(name, options);
    case "anthropic":
      return anthropic(name, options);
    case "ollama":
      return ollama(name, options);
    default:
      throw new Error(
        `COUNTERSIGN_MODEL names the provider "${provider}", which is not known. Set it to ${forms}. ` +
          "For an OpenAI-compatible endpoint set OPENAI_BASE_URL and use openai:<model>.",
      );
  }
}

function parseName(named: string): { provider: string; name: string } {
  if (named.toLowerCase() === "offline") return { provider: "offline", name: "" };
  const [, provider, name] = /^([A-Za-z_-]+):(\S+)$/.exec(named) ?? [];
  if (provider === undefined || name === undefined) {
    throw new Error(`COUNTERSIGN_MODEL is "${named}", which is not a model's name. Set it to ${forms}.`);
  }
  return { provider: provider.toLowerCase(), name };
}

async function chooseUnnamed(options: ChooseModelOptions): Promise<ChosenModel> {
  if (settingOf(options, "OPENAI_API_KEY") !== undefined) {
    const note = "Chosen because OPENAI_API_KEY is set; COUNTERSIGN_MODEL chooses another.";
    return { ...(await openai(defaults.openai, options)), note };
  }
  if (settingOf(options, "ANTHROPIC_API_KEY") !== undefined) {
    const note = "Chosen because ANTHROPIC_API_KEY is set; COUNTERSIGN_MODEL chooses another.";
    return { ...(await anthropic(defaults.anthropic, options)), note };
  }
  const url = toOllamaUrl(settingOf(options, "OLLAMA_HOST"));
  const found = await findOllamaModel(url, options.fetch ?? globalThis.fetch);
  if (found !== undefined) {
    const note = `Chosen because Ollama answers at ${url}; COUNTERSIGN_MODEL chooses another.`;
    return { ...(await ollama(found, options)), note };
  }
  const hint =
    settingOf(options, "OPENAI_BASE_URL") === undefined
      ? `Set COUNTERSIGN_MODEL to ${forms} for a real one.`
      : "OPENAI_BASE_URL is set, but not which model: set COUNTERSIGN_MODEL=openai:<model>.";
  return { ...offline(options), note: `No model is configured, and no Ollama answers at ${url}. ${hint}` };
}

async function openai(model: string, options: ChooseModelOptions): Promise<ChosenModel> {
  const baseUrl = settingOf(options, "OPENAI_BASE_URL");
  const key = settingOf(options, "OPENAI_API_KEY");
  if (key === undefined && baseUrl === undefined) throw missingKey("openai", model, "OPENAI_API_KEY");
  const opened = await openOpenAi({ model, baseUrl, fetch: options.fetch, apiKey: key ?? "not-needed" });
  return { model: opened, label: `openai:${model}`, provider: "openai", isOffline: false };
}

async function anthropic(model: string, options: ChooseModelOptions): Promise<ChosenModel> {
  const apiKey = settingOf(options, "ANTHROPIC_API_KEY");
  if (apiKey === undefined) throw missingKey("anthropic", model, "ANTHROPIC_API_KEY");
  const baseUrl = settingOf(options, "ANTHROPIC_BASE_URL");
  const opened = await openAnthropic({ model, baseUrl, fetch: options.fetch, apiKey });
  return { model: opened, label: `anthropic:${model}`, provider: "anthropic", isOffline: false };
}

async function ollama(model: string, options: ChooseModelOptions): Promise<ChosenModel> {
  const baseUrl = toOllamaUrl(settingOf(options, "OLLAMA_HOST"));
  const opened = await openOllama({ model, baseUrl, fetch: options.fetch });
  return { model: opened, label: `ollama:${model}`, provider: "ollama", isOffline: false };
}

function offline(options: ChooseModelOptions): ChosenModel {
  const delay = settingOf(options, "COUNTERSIGN_OFFLINE_DELAY_MS");
  const delayMs = delay === undefined ? undefined : Number(delay);
  if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= 60_000)) {
    throw new Error(
      `COUNTERSIGN_OFFLINE_DELAY_MS is "${delay}". Set it to milliseconds per token, from 0 to 60000.`,
    );
  }
  const model = createOfflineModel(delayMs === undefined ? {} : { delayMs });
  return { model, label: "offline rehearsal model", provider: "offline", isOffline: true };
}

function missingKey(provider: string, model: string, variable: string): Error {
  const other = provider === "openai" ? ", or OPENAI_BASE_URL for an endpoint that needs none" : "";
  return new Error(
    `COUNTERSIGN_MODEL is ${provider}:${model}, but there is no key for it. Set ${variable}${other}.`,
  );
}

/** A set but empty variable counts as not set. */
function settingOf({ env }: ChooseModelOptions, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}
