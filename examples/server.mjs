import http from "node:http";
import { ChatOpenAI } from "@langchain/openai";
import { createServer } from "countersign";
import { createPlanAgent } from "countersign/agent";
import { toNodeHandler } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import { connectServers, filesServerConfig } from "countersign/tools";

const files = { mcpServers: { files: filesServerConfig("./workspace") } };
const { tools } = await connectServers(files);
const server = createServer({
  graphs: { agent: createPlanAgent({ model: new ChatOpenAI({ model: "gpt-5-mini" }), tools }) },
  store: sqlite("./countersign.db"),
  allowedOrigins: ["http://localhost:5173"], // your front end
});
http.createServer(toNodeHandler(server)).listen(2024, "127.0.0.1");
