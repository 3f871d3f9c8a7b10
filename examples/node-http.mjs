// node:http, under /api/agents beside routes of your own.
import http from "node:http";
import { createServer } from "countersign";
import { attachSockets, toNodeHandler } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import { graph } from "./graph.mjs";

const server = createServer({ graphs: { agent: graph }, store: sqlite("./countersign.db"), basePath: "/api/agents" });
const agents = toNodeHandler(server);
const app = http.createServer((request, response) => {
  if (request.url.startsWith("/api/agents/")) return agents(request, response);
  response.end("A page of yours.");
});
attachSockets(app, server); // WebSockets of the thread protocol
app.listen(Number(process.env.PORT ?? 2024), "127.0.0.1", () => console.log(app.address()));
