import { type ParseArgsConfig, parseArgs } from "node:util";
import type { TerminalContext } from "./context.ts";
import { connect, type Server } from "./server.ts";

/** The command line is wrong; the message says what, and `use` how it goes. */
export class UsageMistake extends Error {}

/** Options that every command of the terminal takes. */
const common = {
  url: { type: "string" },
  as: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

type Options = NonNullable<ParseArgsConfig["options"]>;

type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: typeof common & T; allowPositionals: true; strict: true }>
>;

/** @throws {@link UsageMistake} */
export function readOptions<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      strict: true,
      options: { ...common, ...options } as typeof common & T,
    });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(/\. |\n/);
    throw new UsageMistake(`${sentence.replace(/\.$/, "")}.`);
  }
}

/** The one thing a command is about, such as an interrupt. @throws {@link UsageMistake} */
export function readOne(positionals: readonly string[], what: string): string {
  const [first, second] = positionals;
  if (first === undefined || first === "") throw new UsageMistake(`Say which ${what}.`);
  if (second !== undefined) throw new UsageMistake(`One ${what} at a time: ${second} is one too many.`);
  return first;
}

/** Where the server is: the command line stands above the settings. @throws {@link UsageMistake} */
export function addressOf(
  { url, as }: { url?: string | undefined; as?: string | undefined },
  context: Pick<TerminalContext, "url" | "token" | "userName">,
) {
  const address = (url ?? context.url).replace(/\/+$/, "");
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new UsageMistake(`${address} is no address. It looks like http://127.0.0.1:2024.`);
  }
  return { url: address, token: context.token, name: as ?? context.userName };
}

export function connectTo(
  options: { url?: string | undefined; as?: string | undefined },
  context: TerminalContext,
): Server {
  return connect(addressOf(options, context));
}
