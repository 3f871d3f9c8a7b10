export { type ListenOptions, type Listening, listen } from "./listen.ts";
export { toNodeHandler } from "./node-handler.ts";
export { createStaticFiles } from "./static-files.ts";
