import { AsyncCaller, type FailedAttemptHandler } from "@langchain/core/utils/async_caller";

interface Called {
  provider: "openai" | "anthropic" | "ollama";
  model: string;
  baseUrl: string | undefined;
}

/**
 * What LangChain asks after every failed try: throwing ends the call, returning lets it try again. What a
 * setting would cure ends at once, in words that name the setting; the rest is LangChain's own judgement (429
 * with `retry-after` and server errors are tried again, other 4xx are not).
 */
export function createFailureHandler(called: Called): FailedAttemptHandler {
  // LangChain replaces its handler by the one it is given and does not export it.
  const standard = Reflect.get(new AsyncCaller({}), "onFailedAttempt") as FailedAttemptHandler;
  return (error: unknown) => {
    const words = cureFor(error, called);
    if (words === undefined) return standard(error);
    throw Object.assign(new Error(words, { cause: error }), { status: statusOf(error) });
  };
}

function cureFor(error: unknown, { provider, model, baseUrl }: Called): string | undefined {
  const status = statusOf(error);
  const at = baseUrl === undefined ? "" : ` at ${baseUrl}`;
  const key = provider === "anthropic" ? "ANTHROPIC_API_KEY" : "OPENAI_API_KEY";
  if (status === 401 || status === 403) {
    return `The ${provider} endpoint${at} refused the key (${status}). Set ${key} to a valid one and start again.`;
  }
  if (status === 404 && provider === "ollama") {
    return `Ollama${at} does not have ${model}. Run: ollama pull ${model}`;
  }
  if (status === 404) {
    return `The ${provider} endpoint${at} does not know ${model} (404). Set COUNTERSIGN_MODEL to a model it offers.`;
  }
  if (provider === "ollama" && isRefused(error)) {
    return `Nothing answers${at}. Start Ollama (ollama serve), or set OLLAMA_HOST to where it runs.`;
  }
  return undefined;
}

function statusOf(error: unknown): number | undefined {
  const { status, status_code } = (error ?? {}) as { status?: unknown; status_code?: unknown };
  const found = status ?? status_code;
  return typeof found === "number" ? found : undefined;
}

function isRefused(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: { code?: string } };
  return cause?.code === "ECONNREFUSED";
}
