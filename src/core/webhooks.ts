import { createHmac } from "node:crypto";
import { CountersignError } from "../protocol/errors.ts";
import type { Bridge } from "./bridge.ts";
import { postGuarded, RefusedAddressError, refuseUrl } from "./guarded-post.ts";
import type { Delivery, Store } from "./ports.ts";
import type { Redact } from "./redaction.ts";
import type { States } from "./states.ts";
import { toWebhookBody } from "./webhook-body.ts";

export interface WebhookSettings {
  /**
   * Signs every call, as in the Standard Webhooks specification: `webhook-signature` is `v1,` and the base64 of
   * the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`. A secret that begins with `whsec_` is base64.
   */
  secret?: string;
  /** Webhooks are called for every question that is opened, too, not only where a run asks for that. */
  onInterrupt?: boolean;
  /** Hosts, without a port, that may be called although they are not on the open net. */
  allowHosts?: readonly string[];
  /** Runs that name a webhook are refused. */
  disable?: boolean;
}

export interface Webhooks {
  /** A webhook as a run carries it. @throws `invalid_argument` for a URL that will not be called */
  of(url: string, onInterrupt: boolean): { url: string; onInterrupt: boolean };
  /** Makes the calls that are due. */
  look(): Promise<void>;
  /** Breaks off the calls that are on: they are made again after the next start. */
  stop(): void;
}

/** A call is given up after this many tries, the last about a day after the first. */
const maxAttempts = 10;

const [firstPauseMs, longestPauseMs] = [5_000, 6 * 3_600_000];

const timeoutMs = 10_000;

/** Longer than a try takes: whoever holds it that long is dead. */
const holdMs = 60_000;

const atOnce = 20;

export interface WebhookDeps {
  store: Store;
  states: States;
  bridge: Bridge;
  now: () => number;
  report: (error: unknown, context: Record<string, unknown>) => void;
  redact: Redact | undefined;
}

/**
 * Calls webhooks until they answer with a 2xx. A call may come twice, when the answer to it is lost: `webhook-id`
 * says which ones are the same.
 */
export function createWebhooks(deps: WebhookDeps, settings: WebhookSettings = {}): Webhooks {
  const { store, now, report } = deps;
  const allowHosts = new Set(settings.allowHosts);
  const stopped = new AbortController();

  async function deliver(delivery: Delivery): Promise<void> {
    const { number, threadId, runId, url, attempt } = delivery;
    try {
      const body = await toText(delivery);
      if (body === undefined) return await store.webhooks.remove(number);
      const headers = toHeaders(`${runId}.${number}`, body, Math.floor(now() / 1_000));
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timeoutMs)]);
      const status = await postGuarded(url, { body, headers, allowHosts, signal });
      if (status >= 200 && status < 300) return await store.webhooks.remove(number);
      throw new Error(`The webhook answered with ${status}.`);
    } catch (error) {
      if (stopped.signal.aborted) return await store.webhooks.retry(delivery, now());
      if (error instanceof RefusedAddressError || attempt >= maxAttempts) {
        report(error, { during: "webhook", threadId, runId, url, attempt });
        return await store.webhooks.remove(number);
      }
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 4 ** (attempt - 1));
      await store.webhooks.retry(delivery, now() + pauseMs);
    }
  }

  /** The same at every try; undefined when the run is gone. */
  async function toText(delivery: Delivery): Promise<string | undefined> {
    if (delivery.body !== null) return delivery.body;
    const body = await toWebhookBody(deps, delivery);
    if (body === null) return undefined;
    const text = JSON.stringify(body);
    const shown = deps.redact ? deps.redact(text) : text;
    await store.webhooks.keepBody(delivery.number, shown);
    return shown;
  }

  function toHeaders(id: string, body: string, timestamp: number): Record<string, string> {
    const { secret } = settings;
    const signature = secret === undefined ? undefined : sign(secret, `${id}.${timestamp}.${body}`);
    return {
      "content-type": "application/json",
      "user-agent": "countersign",
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      ...(signature === undefined ? {} : { "webhook-signature": `v1,${signature}` }),
    };
  }

  return {
    of(url, onInterrupt) {
      if (settings.disable) throw new CountersignError("invalid_argument", "webhook: none are called here.");
      try {
        const parsed = new URL(url);
        refuseUrl(parsed, allowHosts);
        return { url: parsed.href, onInterrupt: onInterrupt || settings.onInterrupt === true };
      } catch (error) {
        const why = error instanceof RefusedAddressError ? error.message : "It is no URL.";
        throw new CountersignError("invalid_argument", `webhook cannot be called. ${why}`);
      }
    },

    async look() {
      while (!stopped.signal.aborted) {
        const due = await store.webhooks.claim(now(), { holdMs, limit: atOnce });
        await Promise.all(due.map(deliver));
        if (due.length < atOnce) return;
      }
    },

    stop: () => stopped.abort(),
  };
}

function sign(secret: string, text: string): string {
  const isEncoded = secret.startsWith("whsec_");
  const key = isEncoded ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
  return createHmac("sha256", key).update(text).digest("base64");
}
