import { type Settings, UsageError } from "./settings.ts";

/** Why it could not listen, as something to put right. */
export function describeListenError(
  error: unknown,
  { port, host }: Pick<Settings, "port" | "host">,
): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    return new UsageError(
      `Port ${port} on ${host} is taken; stop what uses it, or set COUNTERSIGN_PORT to another one.`,
    );
  }
  if (code === "EACCES" || code === "EADDRNOTAVAIL") {
    return new UsageError(
      `Cannot listen on ${host}:${port} (${code}); set COUNTERSIGN_HOST and COUNTERSIGN_PORT.`,
    );
  }
  return error;
}

/** The first signal stops gracefully, a second one at once. */
export function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(130);
      isStopping = true;
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}
