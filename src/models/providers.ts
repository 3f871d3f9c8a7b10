import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { keepRefusals } from "./openai-refusals.ts";
import { createFailureHandler } from "./provider-failures.ts";

interface Endpoint {
  model: string;
  baseUrl: string | undefined;
  fetch: typeof globalThis.fetch | undefined;
}

/** Together with the first try three; each waits longer, and at least as long as `retry-after` says. */
const maxRetries = 2;

/*
 * No temperature for OpenAI and Anthropic: their reasoning models refuse the parameter. Ollama takes it for
 * every model, and plans get steadier with 0.
 */

export async function openOpenAi({
  model,
  baseUrl,
  fetch,
  apiKey,
}: Endpoint & { apiKey: string }): Promise<BaseChatModel> {
  const { ChatOpenAI, ChatOpenAICompletions } = await load(
    "@langchain/openai",
    () => import("@langchain/openai"),
  );
  const fields = {
    model,
    apiKey,
    maxRetries,
    onFailedAttempt: createFailureHandler({ provider: "openai", model, baseUrl }),
    // Compatible endpoints have chat completions, seldom the Responses API.
    ...(baseUrl === undefined ? {} : { useResponsesApi: false }),
    configuration: { ...(baseUrl === undefined ? {} : { baseURL: baseUrl }), ...(fetch ? { fetch } : {}) },
  };
  return new ChatOpenAI({ ...fields, completions: keepRefusals(new ChatOpenAICompletions(fields)) });
}

export async function openAnthropic({
  model,
  baseUrl,
  fetch,
  apiKey,
}: Endpoint & { apiKey: string }): Promise<BaseChatModel> {
  const { ChatAnthropic } = await load("@langchain/anthropic", () => import("@langchain/anthropic"));
  return new ChatAnthropic({
    model,
    apiKey,
    maxRetries,
    onFailedAttempt: createFailureHandler({ provider: "anthropic", model, baseUrl }),
    ...(baseUrl === undefined ? {} : { anthropicApiUrl: baseUrl }),
    clientOptions: fetch ? { fetch } : {},
  });
}

export async function openOllama({
  model,
  baseUrl,
  fetch,
}: Endpoint & { baseUrl: string }): Promise<BaseChatModel> {
  const { ChatOllama } = await load("@langchain/ollama", () => import("@langchain/ollama"));
  return new ChatOllama({
    model,
    baseUrl,
    temperature: 0,
    maxRetries,
    onFailedAttempt: createFailureHandler({ provider: "ollama", model, baseUrl }),
    ...(fetch ? { fetch } : {}),
  });
}

async function load<T>(name: string, importIt: () => Promise<T>): Promise<T> {
  try {
    return await importIt();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new Error(`The package ${name} is not installed. Run: npm install ${name}`, { cause: error });
  }
}
