export { type Listening, type ListenOptions, listen } from "./listen.ts";
export { toNodeHandler } from "./node-handler.ts";
export { attachSockets } from "./sockets.ts";
export { createStaticFiles } from "./static-files.ts";
