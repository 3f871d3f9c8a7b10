// Opens a store as a fresh process would, and times its reads.
import { join } from "node:path";
import Database from "better-sqlite3";
import { sqlite } from "../dist/sqlite/index.js";
import { serveParent } from "./child.mjs";
import { median } from "./statistics.mjs";

const { directory } = JSON.parse(process.argv[2]);
const file = join(directory, "bench.db");
const repeats = 50;

/** ms of the first call of `interrupts.inbox` in this process, and the median of those after it, a query. */
async function timeInbox({ queries }) {
  const store = sqlite(file);
  const opened = await time(() => store.open());
  const pages = [];
  for (const query of queries) {
    const first = await time(() => store.interrupts.inbox(query));
    const later = [];
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      later.push((await time(() => store.interrupts.inbox(query))).ms);
    }
    pages.push({ query, rows: first.result.length, firstMs: first.ms, ms: median(later) });
  }
  await store.close();
  return { openMs: opened.ms, pages };
}

async function time(fn) {
  const began = performance.now();
  const result = await fn();
  return { result, ms: performance.now() - began };
}

/** Bytes of the file once the log is in it, how many of them are free, and bytes by table with its indexes. */
function measureFile() {
  const db = new Database(file);
  db.pragma("wal_checkpoint(TRUNCATE)");
  const pragma = (name) => db.pragma(name, { simple: true });
  const tables = db
    .prepare(
      `SELECT coalesce(m.tbl_name, s.name) AS name, sum(s.pgsize) AS bytes FROM dbstat s
       LEFT JOIN sqlite_master m ON m.name = s.name GROUP BY 1 ORDER BY 2 DESC`,
    )
    .all();
  const result = {
    bytes: pragma("page_count") * pragma("page_size"),
    freeBytes: pragma("freelist_count") * pragma("page_size"),
    tables,
  };
  db.close();
  return result;
}

serveParent({ timeInbox, measureFile });
