/** How long Ollama may take to answer at start; on the same machine it takes a few milliseconds. */
const patienceMs = 300;

/**
 * Reads `OLLAMA_HOST` as Ollama does: scheme and port may be missing, and the address to listen on
 * (`0.0.0.0`) is reached at the loopback address.
 *
 * @returns Without a slash at the end, `http://127.0.0.1:11434` by default.
 * @throws Error when it is no address.
 */
export function toOllamaUrl(host: string | undefined): string {
  if (host === undefined) return "http://127.0.0.1:11434";
  const [, scheme, rest = ""] = /^(?:(https?):\/\/)?(.*)$/i.exec(host) ?? [];
  const authority = rest.startsWith(":") ? `127.0.0.1${rest}` : rest;
  try {
    const url = new URL(`${scheme ?? "http"}://${authority}`);
    if (scheme === undefined && !/:\d+(\/|$)/.test(authority)) url.port = "11434";
    if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
    if (url.hostname === "[::]") url.hostname = "[::1]";
    return url.href.replace(/\/+$/, "");
  } catch {
    throw new Error(`OLLAMA_HOST is "${host}", which is no address. Set it to one such as 127.0.0.1:11434.`);
  }
}

/** The first model there that can chat; undefined when nobody answers in time or there is none. */
export async function findOllamaModel(
  url: string,
  fetch: typeof globalThis.fetch,
): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/api/tags`, { signal: AbortSignal.timeout(patienceMs) });
    if (!response.ok) return undefined;
    const { models } = (await response.json()) as { models?: OllamaModel[] };
    return models?.find((model) => typeof model?.name === "string" && !isEmbedding(model))?.name;
  } catch {
    // Nobody there, too slow, or no Ollama: all the same to someone who did not ask for it.
    return undefined;
  }
}

interface OllamaModel {
  name?: string;
  details?: { family?: string; families?: string[] | null };
}

function isEmbedding({ name = "", details }: OllamaModel): boolean {
  const families = [details?.family ?? "", ...(details?.families ?? [])];
  if (families.some((family) => /bert/i.test(family))) return true;
  return /embed|minilm|(^|[/-])bge-|(^|[/-])gte-|(^|[/-])e5-/i.test(name);
}
