import http from "node:http";
import { ChatOpenAI } from "@langchain/openai";
import { createServer } from "countersign";
import { createPlanAgent } from "countersign/agent";
import { toNodeHandler } from "countersign/node";
import { sqlite } from "countersign/sqlite";
import { connectServers, createSampleWorkspace, filesServerConfig } from "countersign/tools";

await createSampleWorkspace("./workspace"); // a few files to try it on, when there is no such directory
const { tools } = await connectServers({ mcpServers: { files: filesServerConfig("./workspace") } });
const server = createServer({
  graphs: { agent: createPlanAgent({ model: new ChatOpenAI({ model: "gpt-5-mini" }), tools }) },
  store: sqlite("./countersign.db"),
  allowedOrigins: ["http://localhost:5173"], // where your front end is served from
});
const app = http.createServer(toNodeHandler(server));
app.listen(Number(process.env.PORT ?? 2024), "127.0.0.1", () => console.log(app.address()));
