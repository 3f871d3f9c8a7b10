/** What a command of the terminal works with. Everything outside comes in here. */
export interface TerminalContext {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  /** Where the server is when the command line does not say. */
  url: string;
  /** True when a setting names `url`: then no server of our own takes its place. */
  isUrlSet: boolean;
  token: string | undefined;
  /** Under which name decisions are recorded where nobody logs in, when the command line does not say. */
  userName: string;
  /** Starts a server on `url` in this process. */
  startServer: () => Promise<StartedServer>;
}

export interface StartedServer {
  url: string;
  /** One line that says where it is and what it works on. */
  line: string;
  stop: () => Promise<void>;
}
