#!/usr/bin/env node
import { UsageError } from "./settings.ts";

const usage = `countersign start           serve the app and its API (settings: see README)
countersign dev [file]      serve the graphs of a langgraph.json, and reload what changes
countersign serve [file]    serve the graphs of a langgraph.json
countersign backup [file]   copy the data to a file, also while the server runs
countersign restore <file>  put a backup in the place of the data; what was there is kept
countersign doctor          check what can be seen of every promise, and say what to do
countersign chat [message]  ask, decide and watch in the terminal
countersign inbox           the open questions of all threads
countersign approve <id>    approve what an open question asks for
countersign reject <id>     send it back, with what should be different
countersign answer <id>     answer any open question with JSON
countersign --help          this text; of the five above, "countersign <command> --help" says more
`;

/** Runs a command line. Returns the exit code, or undefined while a server is running. */
export async function main([command = "start", ...args]: readonly string[]): Promise<number | undefined> {
  if (command === "--help" || command === "-h") {
    process.stdout.write(usage);
    return 0;
  }
  const context = {
    env: process.env,
    cwd: process.cwd(),
    print: (line: string) => process.stdout.write(`${line}\n`),
  };
  try {
    if (command === "start") {
      const { start } = await import("./start.ts");
      await start(context);
      return undefined;
    }
    if (command === "dev" || command === "serve") {
      const project = await import("./serve-project.ts");
      await project[command](args, context);
      return undefined;
    }
    if (command === "backup" || command === "restore" || command === "doctor") {
      const maintenance = await import("./maintenance.ts");
      return await maintenance[command](args, context);
    }
    if (isTerminalCommand(command)) {
      const { runInTerminal } = await import("./in-terminal.ts");
      return await runInTerminal(command, args, context);
    }
  } catch (error) {
    const { isKnown, message } = describe(error);
    process.stderr.write(`${message}\n`);
    if (!isKnown) console.error(error);
    return 1;
  }
  process.stderr.write(`There is no command ${command}.\n${usage}`);
  return 2;
}

const terminalCommands = ["chat", "inbox", "approve", "reject", "answer"] as const;

function isTerminalCommand(command: string): command is (typeof terminalCommands)[number] {
  return (terminalCommands as readonly string[]).includes(command);
}

/** Errors that a person can put right are one sentence; the others come with their trace. */
function describe(error: unknown): { isKnown: boolean; message: string } {
  if (error instanceof UsageError) return { isKnown: true, message: error.message };
  const { name, code, message = String(error) } = error as { name?: string; code?: string; message?: string };
  if (name === "CountersignError") return { isKnown: code !== "internal", message };
  return { isKnown: false, message: `Could not start: ${message}` };
}

const code = await main(process.argv.slice(2));
if (code !== undefined) process.exitCode = code;
