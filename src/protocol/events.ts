/**
 * Events of the thread protocol: immutable facts in a thread's log. On the wire each is
 * `{type: "event", event_id, seq, method, params: {namespace, timestamp (ms since the epoch), node?, data}}`
 * (`@langchain/protocol`; reference/protocol.md 3.2).
 */
export type EventMethod =
  | "lifecycle"
  | "values"
  | "checkpoints"
  | "updates"
  | "messages"
  | "tools"
  | "tasks"
  | "custom"
  | "input.requested"
  | "input.answered";

export type LifecycleStatus = "running" | "started" | "completed" | "failed" | "interrupted";

/** What an open stream asked for (`SubscribeParams` of the protocol). */
export interface Subscription {
  channels: readonly string[];
  namespaces?: readonly (readonly string[])[];
  depth?: number;
}

const baseChannels = new Set([
  "values",
  "updates",
  "messages",
  "tools",
  "lifecycle",
  "input",
  "checkpoints",
  "tasks",
  "custom",
]);

/** True for a channel a client may subscribe to: a base channel, or `custom:<name>`. */
export function isChannel(name: string): boolean {
  return baseChannels.has(name) || name.startsWith("custom:");
}

/** The channel an event is delivered on. `customName` is `data.name` of a `custom` event. */
export function channelOf(method: EventMethod, customName?: string): string {
  if (method === "input.requested" || method === "input.answered") return "input";
  if (method === "custom" && customName !== undefined) return `custom:${customName}`;
  return method;
}

/**
 * Compiles a subscription into a predicate. Semantics are those of the stock clients' own filter
 * (`matchesSubscription` in `@langchain/langgraph/stream`): `custom` also takes every `custom:<name>`;
 * a prefix segment without `:` matches the part of the event's segment before its `:`.
 */
export function toFilter(
  subscription: Subscription,
): (channel: string, namespace: readonly string[]) => boolean {
  const channels = new Set(subscription.channels);
  const takesAllCustom = channels.has("custom");
  const { namespaces, depth } = subscription;
  return (channel, namespace) => {
    if (!channels.has(channel) && !(takesAllCustom && channel.startsWith("custom:"))) return false;
    if (namespaces === undefined || namespaces.length === 0) return true;
    return namespaces.some(
      (prefix) =>
        hasPrefix(namespace, prefix) && (depth === undefined || namespace.length - prefix.length <= depth),
    );
  };
}

function hasPrefix(namespace: readonly string[], prefix: readonly string[]): boolean {
  if (prefix.length > namespace.length) return false;
  return prefix.every((segment, index) => {
    const candidate = namespace[index] ?? "";
    if (candidate === segment) return true;
    if (segment.includes(":")) return false;
    const colon = candidate.indexOf(":");
    return colon !== -1 && candidate.slice(0, colon) === segment;
  });
}
