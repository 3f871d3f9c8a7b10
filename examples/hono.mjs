// Hono, here on Node; on Deno and Bun the same without WebSockets.
import { serve } from "@hono/node-server";
import { createServer } from "countersign";
import { attachSockets } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { graph } from "./graph.mjs";

const server = createServer({ graphs: { agent: graph }, store: sqlite("./countersign.db"), basePath: "/api/agents" });
const app = new Hono();
app.use(compress()); // leaves event streams alone
app.all("/api/agents/*", (c) => server.fetch(c.req.raw, c.env));
app.get("/", (c) => c.text("A page of yours."));
const http = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 2024), hostname: "127.0.0.1" }, console.log);
attachSockets(http, server); // WebSockets of the thread protocol
