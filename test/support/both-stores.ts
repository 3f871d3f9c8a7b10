import { join } from "node:path";
import * as sdk115 from "@langchain/langgraph-sdk";
import * as sdk111 from "langgraph-sdk-1-11";
import * as sdk200 from "langgraph-sdk-2";
import { createServer, type ServerOptions, type Store } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { sqlite } from "../../src/sqlite/index.ts";
import { temporaryDatabase } from "./postgres.ts";
import { temporaryDirectory } from "./serve.ts";

/** What must hold whatever the store is: for `test.each`. */
export const storeKinds = ["sqlite", "postgres"] as const;

export interface Place {
  /** A store on the data of this place: another one each time, as after a restart. */
  store(): Store;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Data of its own. */
export async function temporaryPlace(kind: (typeof storeKinds)[number]): Promise<Place> {
  if (kind === "postgres") {
    const database = await temporaryDatabase();
    return {
      store: () => postgres(database.url),
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  }
  const directory = await temporaryDirectory();
  return {
    store: () => sqlite(join(directory.path, "test.db")),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** A real server on a real port over a place's data. */
export async function serveAt(place: Place, options: Omit<ServerOptions, "store">) {
  const server = createServer({
    report: (error) => {
      throw error;
    },
    ...options,
    store: place.store(),
  });
  const { url, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  return { url, stop, close: server.close, [Symbol.asyncDispose]: stop };
}

export const clients = {
  "1.15.0": sdk115.Client,
  "1.11.0": sdk111.Client as unknown as typeof sdk115.Client,
  "2.0.0": sdk200.Client as unknown as typeof sdk115.Client,
};

export const sdkVersions = ["1.15.0", "1.11.0", "2.0.0"] as const;

/** A stock client that does not try again; `user` is its API key. */
export function clientOf(
  url: string,
  { version = "1.15.0", user = null }: { version?: keyof typeof clients; user?: string | null } = {},
) {
  return new clients[version]({ apiUrl: url, apiKey: user, callerOptions: { maxRetries: 0 } });
}

/** Who calls is who the API key says. */
export const byApiKey = (request: Request): { id: string } | null => {
  const id = request.headers.get("x-api-key");
  return id ? { id } : null;
};
