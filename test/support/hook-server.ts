import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface HookCall {
  path: string;
  headers: IncomingHttpHeaders;
  text: string;
  body: Record<string, unknown>;
}

/** A server that takes down what it is sent, and answers with what `answer` says: a status, or where to go instead. */
export async function openHookServer(answer: (call: HookCall) => number | { redirect: string } = () => 204) {
  const calls: HookCall[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on("end", () => {
      const call = { path: request.url ?? "", headers: request.headers, text, body: JSON.parse(text) };
      calls.push(call);
      const said = answer(call);
      if (typeof said === "number") response.writeHead(said).end();
      else response.writeHead(307, { location: said.redirect }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
