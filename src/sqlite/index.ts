export { backupDatabase, restoreDatabase } from "./backup.ts";
export { examineDatabase, type Finding } from "./doctor.ts";
export { sqlite } from "./store.ts";
