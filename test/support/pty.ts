import { spawn } from "node:child_process";
import { once } from "node:events";
import headless from "@xterm/headless";
import { expect } from "vitest";
import { cli } from "./terminal.ts";

export interface PtyOptions {
  args: readonly string[];
  cwd: string;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
}

/** A program in a real terminal: util-linux' `script` makes it, xterm.js shows what is on its screen. */
export interface Pty {
  /** Keys as a person presses them. */
  press(keys: string): void;
  /** All that can be read, from the first line that scrolled away to the last on the screen. */
  text(): string;
  /** What is on the screen, row by row. */
  screen(): string[];
  /** Waits until all that can be read matches. */
  shows(pattern: RegExp): Promise<void>;
  /** Every byte it has put out. */
  raw(): string;
  resize(columns: number, rows: number): Promise<void>;
  /** Its exit code, once it has ended. */
  ended: Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function openPty({ args, cwd, columns = 80, rows = 24, env = {} }: PtyOptions): Pty {
  const quoted = [process.execPath, cli, ...args].map((one) => `'${one.replaceAll("'", `'\\''`)}'`).join(" ");
  const child = spawn(
    "script",
    ["-qfec", `stty cols ${columns} rows ${rows}; tty; exec ${quoted}`, "/dev/null"],
    {
      cwd,
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        PATH: process.env.PATH ?? "",
        HOME: cwd,
        TERM: "xterm-256color",
        LANG: "C.UTF-8",
        SHELL: "/bin/sh",
        COUNTERSIGN_PORT: "0",
        COUNTERSIGN_MODEL: "offline",
        COUNTERSIGN_OFFLINE_DELAY_MS: "0",
        ...env,
      },
    },
  );
  const terminal = new headless.Terminal({ cols: columns, rows, scrollback: 5_000, allowProposedApi: true });
  let raw = "";
  const decoder = new TextDecoder();
  child.stdout.on("data", (chunk: Buffer) => {
    const text = decoder.decode(chunk, { stream: true });
    raw += text;
    terminal.write(text);
  });
  child.stdin.on("error", () => {}); // it has ended
  const ended = once(child, "close").then(([code]) => code as number);
  const read = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) =>
      (terminal.buffer.active.getLine(from + index)?.translateToString(true) ?? "").trimEnd(),
    );
  const pty: Pty = {
    press: (keys) => child.stdin.write(keys),
    text: () => read(0, terminal.buffer.active.length).join("\n").trimEnd(),
    screen: () => read(terminal.buffer.active.baseY, terminal.buffer.active.baseY + terminal.rows),
    async shows(pattern) {
      await expect.poll(() => pty.text(), { timeout: 20_000, interval: 20 }).toMatch(pattern);
    },
    raw: () => raw,
    async resize(columns, rows) {
      const [, tty = ""] = /(\/dev\/pts\/\d+)/.exec(raw) ?? [];
      terminal.resize(columns, rows);
      const changed = spawn("sh", ["-c", `stty cols ${columns} rows ${rows} < ${tty}`]);
      await once(changed, "exit");
    },
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await ended;
      }
      terminal.dispose();
    },
  };
  return pty;
}
