import { CountersignError } from "../protocol/errors.ts";
import { isRecord, type JsonObject } from "../protocol/json.ts";
import type { RunOptions } from "./accepted-run.ts";
import type { Engine } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import type { AssistantRecord, RunRecord, Store } from "./ports.ts";

/** A graph with what an assistant adds to its runs. */
export interface Assistant {
  engine: Engine;
  assistantId: string;
  terms: Pick<AssistantRecord, "config" | "context" | "metadata">;
}

export interface Assistants {
  /**
   * By graph id, or by the id of a graph's own assistant or of one that somebody made. Another owner's is not
   * there.
   *
   * @throws `no_such_graph`
   */
  resolve(id: string, owner: string | null): Promise<Assistant>;
  /** The assistant of a run, for one that goes on with it; the graph alone when it was deleted since. */
  ofRun(run: Pick<RunRecord, "assistantId"> | undefined, engine: Engine): Promise<Assistant>;
  /** The row behind an id as for `resolve`. @throws `no_such_graph` */
  get(id: string, owner: string | null): Promise<AssistantRecord>;
}

const noTerms: Assistant["terms"] = { config: {}, context: {}, metadata: {} };

export function createAssistants(store: Store, graphs: Graphs): Assistants {
  const plain = (engine: Engine): Assistant => ({
    engine,
    assistantId: graphs.assistantId(engine),
    terms: noTerms,
  });

  async function get(id: string, owner: string | null): Promise<AssistantRecord> {
    const engine = graphs.find(id);
    const found = await store.assistants.find(engine ? graphs.assistantId(engine) : id);
    const isForeign = found !== undefined && found.owner !== null && owner !== null && found.owner !== owner;
    if (found && !isForeign) return found;
    const known = [...graphs.engines.keys()].join(", ") || "none";
    throw new CountersignError(
      "no_such_graph",
      `There is no graph or assistant ${id}. Registered here: ${known}; list the assistants with POST /assistants/search.`,
    );
  }

  return {
    get,

    async resolve(id, owner) {
      const engine = graphs.find(id);
      if (engine) return plain(engine);
      const { graphId, assistantId, ...terms } = await get(id, owner);
      return { engine: graphs.get(graphId), assistantId, terms };
    },

    async ofRun(run, engine) {
      const id = run?.assistantId ?? "";
      const isPlain = run === undefined || id === graphs.assistantId(engine);
      const found = isPlain ? undefined : await store.assistants.find(id);
      return found ? { engine, assistantId: id, terms: found } : plain(engine);
    },
  };
}

/** Makes a row for each graph's own assistant, where there is none yet. */
export async function recordSystemAssistants(store: Store, graphs: Graphs, at: number): Promise<void> {
  for (const engine of graphs.engines.values()) {
    const assistantId = graphs.assistantId(engine);
    if ((await store.assistants.find(assistantId)) !== undefined) continue;
    const { graphId } = engine;
    const terms = {
      ...noTerms,
      graphId,
      name: graphId,
      description: null,
      metadata: { created_by: "system" },
    };
    await store.assistants.create({ assistantId, owner: null, isSystem: true, ...terms, at });
  }
}

/** What a run is started with: its own, over what the assistant says. */
export function withTerms<O extends RunOptions>(options: O, { terms }: Assistant): O {
  if (terms === noTerms) return options;
  const { config, context, metadata } = options;
  // Where to start from is never for an assistant to say.
  const { checkpoint_id, checkpoint_ns, thread_id, ...configurable } = toObject(terms.config.configurable);
  const own = toObject(config?.configurable);
  return {
    ...options,
    config: { ...terms.config, ...config, configurable: { ...configurable, ...own } },
    context: { ...terms.context, ...context },
    metadata: { ...terms.metadata, ...metadata },
  };
}

function toObject(value: unknown): JsonObject {
  return isRecord(value) ? (value as JsonObject) : {};
}
