import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createFrames, messageTypes, socketOf, withHost } from "./postgres-wire.ts";
import { temporaryDirectory } from "./serve.ts";

/**
 * What happens to one request on its way. `lost`: it never arrives. `unanswered`: the server does it, and
 * its reply does not come back. `late`: the connection breaks first, and the server gets it all the same, a
 * little later, when it may have been sent again.
 */
export type Cut = "lost" | "unanswered" | "late";

export interface DatabaseProxy {
  url: string;
  /** Breaks the connection at the so-manieth request from now (1 is the next). */
  cutAt(request: number, how: Cut): void;
  /** True once the request of the last `cutAt` has come. */
  hasCut(): boolean;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A way to a database that can be cut between any two messages. */
export async function createProxy(url: string): Promise<DatabaseProxy> {
  const directory = await temporaryDirectory();
  const sockets = new Set<Socket>();
  let plan: { request: number; how: Cut } | undefined;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    return socket;
  }

  const server = createServer((client) => {
    keep(client);
    const upstream = keep(connect(socketOf(url)));
    let isStarted = false;
    let isCut = false;
    const fromClient = createFrames(() => isStarted);
    client.on("data", async (chunk) => {
      for (const frame of fromClient(chunk)) {
        const isRequest = isStarted && (frame[0] === messageTypes.query || frame[0] === messageTypes.sync);
        isStarted = true;
        if (isRequest && plan && --plan.request === 0) {
          isCut = true;
          await cut(client, upstream, { frame, how: plan.how });
          return;
        }
        if (!isCut) upstream.write(frame);
      }
    });
    upstream.on("data", (chunk) => {
      if (!isCut) client.write(chunk);
    });
    client.on("close", () => {
      if (!isCut) upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(join(directory.path, ".s.PGSQL.5432"), resolve));

  return {
    url: withHost(url, directory.path),
    cutAt(request, how) {
      plan = { request, how };
    },
    hasCut: () => (plan?.request ?? 1) <= 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function cut(
  client: Socket,
  upstream: Socket,
  { frame, how }: { frame: Buffer; how: Cut },
): Promise<void> {
  if (how !== "unanswered") client.destroy();
  if (how === "late") await wait(40);
  if (how !== "lost") {
    const frames = createFrames(() => true);
    await new Promise<void>((resolve) => {
      upstream.on("data", (chunk) => {
        if (frames(chunk).some((reply) => reply[0] === messageTypes.readyForQuery)) resolve();
      });
      upstream.on("close", () => resolve());
      upstream.write(frame);
    });
  }
  client.destroy();
  upstream.destroy();
}
