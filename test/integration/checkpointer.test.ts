import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as vitest from "vitest";
import { sqlite } from "../../src/sqlite/index.ts";
import { StoreSaver } from "../support/store-saver.ts";

// The official suite of LangGraph's checkpointers, used as a library; it looks for its test functions globally.
const { describe, it, test, expect, beforeAll, beforeEach, afterAll, afterEach } = vitest;
Object.assign(globalThis, { describe, it, test, expect, beforeAll, beforeEach, afterAll, afterEach });
const { specTest, deltaChannelHistoryTests } = await import("@langchain/langgraph-checkpoint-validation");

const paths = new WeakMap<StoreSaver, string>();
const onSqlite = {
  checkpointerName: "countersign on SQLite",
  async createCheckpointer() {
    const path = join(mkdtempSync(join(tmpdir(), "countersign-test-")), "test.db");
    const store = sqlite(path);
    await store.open();
    const saver = new StoreSaver(store);
    paths.set(saver, path);
    return saver;
  },
  async destroyCheckpointer(saver: StoreSaver) {
    await saver.store.close();
    rmSync(dirname(paths.get(saver) ?? ""), { recursive: true });
  },
};

specTest(onSqlite);
deltaChannelHistoryTests(onSqlite);
