export type { PoolOptions, PostgresOptions } from "./options.ts";
export { postgres } from "./store.ts";
