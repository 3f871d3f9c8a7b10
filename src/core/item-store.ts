import {
  AsyncBatchedStore,
  BaseStore,
  type GetOperation,
  type Item,
  type ListNamespacesOperation,
  type Operation,
  type OperationResults,
  type PutOperation,
  type SearchItem,
  type SearchOperation,
} from "@langchain/langgraph-checkpoint";
import { isCountersignError } from "../protocol/errors.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Items } from "./items.ts";
import type { ItemChange, ItemRecord, Lease } from "./ports.ts";
import { toWireValue } from "./wire.ts";

export interface ItemStoreOptions {
  items: Items;
  /** The attempt that writes: one that lost its run writes nothing. */
  lease: Lease;
  /** Whose items these are. */
  owner: () => Promise<string | null>;
  /** Told when the store fails, before the node that asked hears of it. */
  onFailure: (error: unknown) => void;
}

/** What nodes get as `config.store` and from `getStore()`: LangGraph's store, over ours, for one attempt. */
export class ItemStore extends BaseStore {
  readonly #options: ItemStoreOptions;
  #owner: Promise<string | null> | undefined;

  constructor(options: ItemStoreOptions) {
    super();
    passThrough();
    this.#options = options;
  }

  /** Reads come before the writes of the same batch; the writes are one transaction. */
  override async batch<Op extends Operation[]>(operations: Op): Promise<OperationResults<Op>> {
    const { items, lease, owner, onFailure } = this.#options;
    try {
      this.#owner ??= owner();
      const whose = await this.#owner;
      const results: unknown[] = [];
      for (const one of operations) results.push(await this.#read(whose, one));
      const writes = operations.filter(isPut).map(toChange);
      if (writes.length > 0) await items.write(whose, writes, lease);
      return results as OperationResults<Op>;
    } catch (error) {
      // What the store refuses for good, such as a name that is none, is the node's affair.
      const isFinal = isCountersignError(error) && !["lease_lost", "store_unavailable"].includes(error.code);
      if (!isFinal) onFailure(error);
      throw error;
    }
  }

  async #read(owner: string | null, operation: Operation): Promise<unknown> {
    const { items } = this.#options;
    if (isPut(operation)) return undefined;
    if ("namespacePrefix" in operation) {
      const { namespacePrefix, filter, limit = 10, offset = 0 } = operation as SearchOperation;
      const found = await items.search(owner, {
        namespace: namespacePrefix,
        limit,
        offset,
        ...(filter ? { filter: toWireValue(filter) as JsonObject } : {}),
      });
      return found.map((one): SearchItem => toItem(one));
    }
    if ("key" in operation) {
      const { namespace, key } = operation as GetOperation;
      const found = await items.get(owner, { namespace, key });
      return found ? toItem(found) : null;
    }
    const { matchConditions = [], maxDepth, limit, offset } = operation as ListNamespacesOperation;
    const pathOf = (type: string) => matchConditions.find(({ matchType }) => matchType === type)?.path;
    const [prefix, suffix] = [pathOf("prefix"), pathOf("suffix")];
    return items.namespaces(owner, {
      limit,
      offset,
      ...(prefix ? { prefix } : {}),
      ...(suffix ? { suffix } : {}),
      ...(maxDepth === undefined ? {} : { maxDepth }),
    });
  }
}

interface Wrapper {
  store: BaseStore;
  start(): void;
  batch(operations: Operation[]): Promise<unknown[]>;
  enqueueOperation(operation: Operation): Promise<unknown>;
}

let isPassing = false;

/**
 * The engine puts every store into one that gathers operations: it wakes up each millisecond for as long as the
 * run lasts, once for every graph and subgraph in it, and it has no `listNamespaces` (langgraph-checkpoint
 * 1.2.2, `AsyncBatchedStore`). Around a store of ours it hands everything on at once, and sleeps.
 */
function passThrough(): void {
  if (isPassing) return;
  isPassing = true;
  const wrapper = AsyncBatchedStore.prototype as unknown as Wrapper;
  const { start, batch, enqueueOperation } = wrapper;
  const isOurs = ({ store }: Wrapper) => store instanceof ItemStore;
  wrapper.start = function () {
    if (!isOurs(this)) start.call(this);
  };
  wrapper.batch = function (operations) {
    return isOurs(this) ? this.store.batch(operations) : batch.call(this, operations);
  };
  wrapper.enqueueOperation = async function (operation) {
    if (!isOurs(this)) return enqueueOperation.call(this, operation);
    const [result] = await this.store.batch([operation]);
    return result;
  };
}

function isPut(operation: Operation): operation is PutOperation {
  return "value" in operation;
}

function toChange({ namespace, key, value }: PutOperation): ItemChange {
  const json = value === null ? null : (toWireValue(value) as JsonObject);
  return { namespace, key, value: json, ttlMs: null };
}

function toItem({ namespace, key, value, createdAt, updatedAt }: ItemRecord): Item {
  return { namespace, key, value, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) };
}
