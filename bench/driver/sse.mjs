// A light client: a POST, and the frames of its answer as text.
import http from "node:http";

const agent = new http.Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

/** POSTs JSON. Resolves with the response once its headers are there. */
export function post(url, body, options = {}) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body ?? null);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const request = http.request(url, { method: "POST", agent, headers, ...options }, resolve);
    request.on("error", reject);
    request.end(text);
  });
}

export async function readJson(response) {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode >= 300) throw new Error(`HTTP ${response.statusCode}: ${text.slice(0, 300)}`);
  return text === "" ? undefined : JSON.parse(text);
}

export const postJson = async (url, body) => readJson(await post(url, body));

export function get(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, resolve).on("error", reject);
  });
}

/** Calls `take(event, data)` for every frame as it comes. Resolves at the end of the response. */
export function readFrames(response, take) {
  return new Promise((resolve, reject) => {
    let rest = "";
    response.setEncoding("utf8");
    response.on("data", (chunk) => {
      rest += chunk;
      let from = 0;
      for (let at = rest.indexOf("\n\n"); at >= 0; at = rest.indexOf("\n\n", from)) {
        takeFrame(rest.slice(from, at), take);
        from = at + 2;
      }
      rest = rest.slice(from);
    });
    response.on("end", resolve);
    response.on("error", reject);
    response.on("close", resolve);
  });
}

function takeFrame(frame, take) {
  if (frame.startsWith(":")) return;
  let event = "";
  let data = "";
  for (const line of frame.split("\n")) {
    if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data = line.slice(6);
  }
  take(event, data);
}
