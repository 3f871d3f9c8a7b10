/** What a command of the terminal ends with; README lists the same. */
export const exitCodes = {
  done: 0,
  /** Refused by the server, not reachable, or the run failed. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Somebody else has decided; the message says who. */
  decided: 3,
  /** A question is open, and there is nobody here to answer it. */
  waiting: 4,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
