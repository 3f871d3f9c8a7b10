// Fastify 5.
import { createServer } from "countersign";
import { attachSockets, toNodeHandler } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import Fastify from "fastify";
import { graph } from "./graph.mjs";

const server = createServer({ graphs: { agent: graph }, store: sqlite("./countersign.db"), basePath: "/api/agents" });
const agents = toNodeHandler(server);
const app = Fastify();
app.get("/", () => "A page of yours.");
app.register(async (scope) => {
  scope.removeAllContentTypeParsers(); // here alone: Countersign reads bodies itself
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
  scope.all("/api/agents/*", (request, reply) => {
    reply.hijack();
    return agents(request.raw, reply.raw);
  });
});
await app.listen({ port: Number(process.env.PORT ?? 2024), host: "127.0.0.1" });
attachSockets(app.server, server); // WebSockets of the thread protocol
console.log(app.server.address());
