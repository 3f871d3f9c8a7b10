export { answer, approve, reject } from "./answer.ts";
export { chat } from "./chat.ts";
export { runCommand, type TerminalCommand } from "./commands.ts";
export type { StartedServer, TerminalContext } from "./context.ts";
export { inbox } from "./inbox.ts";
