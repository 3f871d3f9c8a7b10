import type { JsonObject } from "../protocol/json.ts";

/**
 * Who asked for a run, as LangGraph's servers tell nodes of it: `config.configurable.langgraph_auth_user`,
 * `langgraph_auth_user_id`, `langgraph_auth_permissions`. Only the server says it, never a client or an assistant.
 */
export function toAuthKeys(user: JsonObject | null | undefined): JsonObject {
  if (user == null) return {};
  return {
    langgraph_auth_user: user,
    langgraph_auth_user_id: user.identity ?? null,
    langgraph_auth_permissions: user.permissions ?? [],
  };
}

export const isAuthKey = (key: string): boolean => key.startsWith("langgraph_auth_");

/** A config without what only the server says. */
export function withoutAuthKeys(config: JsonObject): JsonObject {
  const { configurable } = config;
  if (typeof configurable !== "object" || configurable === null) return config;
  const kept = Object.entries(configurable).filter(([key]) => !isAuthKey(key));
  return { ...config, configurable: Object.fromEntries(kept) };
}
