// What `node:http` can do at most: the same frames, 50 to a write, to everybody who asks, as fast as they read,
// from the moment that `/begin` is asked for.
import http from "node:http";
import { serveParent } from "../child.mjs";

const frames = 50;
const frame = (seq) =>
  `event: messages\ndata: {"type":"event","event_id":"0193c9d2-7a3b-7c1e-9d55-2f1c4b8a6e10:${seq}","seq":${seq},"method":"messages","params":{"namespace":["talk:6d5a8ec2-0d0b-5bd5-b6a5-57c4e8c10b9c"],"timestamp":1795364144553,"data":{"event":"content-block-delta","index":0,"delta":{"type":"text-delta","text":"word42 "}}}}\nid: 0193c9d2-7a3b-7c1e-9d55-2f1c4b8a6e10:${seq}\n\n`;
const batch = Buffer.from(Array.from({ length: frames }, (_, place) => frame(100_000 + place)).join(""));

const readers = [];

function write(response) {
  // One write a turn of the loop, so that every reader gets its share.
  if (response.destroyed) return;
  const again = () => write(response);
  if (response.write(batch)) setImmediate(again);
  else response.once("drain", again);
}

const server = http.createServer((request, response) => {
  request.resume();
  if (request.url === "/begin") {
    for (const reader of readers) write(reader);
    response.end();
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  readers.push(response);
});
server.listen(0, "127.0.0.1", () => serveParent({}, { url: `http://127.0.0.1:${server.address().port}` }));
