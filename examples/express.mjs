// Express 5. `app.use` takes the prefix off the path, so there is no `basePath`.
import compression from "compression";
import { createServer } from "countersign";
import { attachSockets, toNodeHandler } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import express from "express";
import { graph } from "./graph.mjs";

const server = createServer({ graphs: { agent: graph }, store: sqlite("./countersign.db") });
const app = express();
app.use(compression()); // leaves event streams alone
app.use("/api/agents", toNodeHandler(server)); // before body parsers: it reads bodies itself
app.use(express.json());
app.get("/", (_request, response) => response.send("A page of yours."));
const http = app.listen(Number(process.env.PORT ?? 2024), "127.0.0.1", () => console.log(http.address()));
attachSockets(http, server); // WebSockets of the thread protocol
