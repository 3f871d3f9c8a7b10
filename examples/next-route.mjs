// Next.js: this file is `app/api/agents/[...path]/route.js`.
import { createServer } from "countersign";
import { sqlite } from "countersign/sqlite";
import { graph } from "./graph.mjs";

export const runtime = "nodejs";
export const dynamic = "force-dynamic";

// Kept where `next dev` finds it again when it reloads this file: a database has one server.
globalThis.countersign ??= createServer({
  graphs: { agent: graph },
  store: sqlite("./countersign.db"),
  basePath: "/api/agents",
});
const answer = (request) => globalThis.countersign.fetch(request);

export { answer as DELETE, answer as GET, answer as OPTIONS, answer as PATCH, answer as POST, answer as PUT };
