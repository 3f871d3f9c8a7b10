export { sqlite } from "./store.ts";
