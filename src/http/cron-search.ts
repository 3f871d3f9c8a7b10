import type { Context } from "hono";
import type { Core } from "../core/core.ts";
import type { CronFilter, CronRecord, CronSearch } from "../core/ports.ts";
import { isCountersignError } from "../protocol/errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import { maySeeCron, narrow } from "./access.ts";
import type { Env } from "./env.ts";

interface Asked {
  assistant_id?: string | null | undefined;
  thread_id?: string | null | undefined;
  enabled?: boolean | null | undefined;
  metadata?: JsonObject | null | undefined;
}

export interface CronQuery {
  filter: CronFilter;
  /** Nothing but `filter` says what is found. */
  isPlain: boolean;
  isFound: (cron: CronRecord) => Promise<boolean>;
}

/** Undefined when what is asked for lies outside of what the caller may find. */
export async function toCronQuery(
  core: Core,
  c: Context<Env>,
  { assistant_id: assistant, thread_id: threadId, enabled, metadata }: Asked,
): Promise<CronQuery | undefined> {
  const caller = c.get("caller");
  const scope = await caller.scope({ metadata: metadata ?? {} }, "crons");
  const narrowed = narrow(metadata, scope);
  if (narrowed === undefined) return undefined;
  return {
    filter: {
      metadata: narrowed,
      ...(assistant == null ? {} : { assistantId: await toAssistantId(core, assistant, caller.owner) }),
      ...(threadId == null ? {} : { threadId }),
      ...(enabled == null ? {} : { enabled }),
      ...(caller.owner === null ? {} : { owner: caller.owner }),
    },
    isPlain: caller.mayAll && scope?.matches === undefined,
    isFound: async (cron) => (scope?.matches?.(cron.metadata) === false ? false : maySeeCron(caller, cron)),
  };
}

/** A graph's name means its own assistant; what is no assistant any more may still have crons. */
async function toAssistantId(core: Core, id: string, owner: string | null): Promise<string> {
  try {
    return (await core.assistants.resolve(id, owner)).assistantId;
  } catch (error) {
    if (isCountersignError(error, "no_such_graph")) return id;
    throw error;
  }
}

type Page = Pick<CronSearch, "sortBy" | "sortOrder" | "limit" | "offset">;

export async function findCrons(
  { store }: Core,
  { filter, isPlain, isFound }: CronQuery,
  { limit, offset, ...sort }: Page,
): Promise<{ crons: CronRecord[]; total: number }> {
  if (isPlain) {
    const crons = limit === 0 ? [] : await store.crons.search({ ...filter, ...sort, limit, offset });
    return { crons, total: await store.crons.count(filter) };
  }
  const found: CronRecord[] = [];
  for (let start = 0; ; start += pageLength) {
    const crons = await store.crons.search({ ...filter, ...sort, limit: pageLength, offset: start });
    for (const cron of crons) if (await isFound(cron)) found.push(cron);
    if (crons.length < pageLength) break;
  }
  return { crons: found.slice(offset, offset + limit), total: found.length };
}

const pageLength = 100;
