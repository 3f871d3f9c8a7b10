import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createFrames, messageTypes, socketOf, withHost } from "./postgres-wire.ts";
import { temporaryDirectory } from "./serve.ts";

/** A connection to the server, for one transaction of any client at a time. */
interface Upstream {
  socket: Socket;
  /** Who has it. */
  client: Socket | undefined;
}

/**
 * A pooler in transaction mode: every transaction gets another connection to the server than the one before,
 * so whatever a client leaves on its session is somebody else's at the next.
 */
export async function createPooler(url: string, size: number): Promise<{ url: string } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const waiting: { client: Socket; pending: Buffer[] }[] = [];
  const clients = new Set<Socket>();
  const pool = await Promise.all(Array.from({ length: size }, () => openUpstream(url)));
  const greeting = Buffer.concat(pool[0]?.greeting ?? []);
  const upstreams: Upstream[] = pool.map(({ socket }) => ({ socket, client: undefined }));

  /** Gives free connections to those who wait longest; the one that was used last goes last. */
  function assign(): void {
    for (const upstream of upstreams) {
      if (upstream.client !== undefined) continue;
      const next = waiting.shift();
      if (next === undefined) return;
      upstream.client = next.client;
      for (const frame of next.pending) upstream.socket.write(frame);
    }
  }

  for (const upstream of upstreams) {
    const frames = createFrames(() => true);
    upstream.socket.on("data", (chunk) => {
      for (const frame of frames(chunk)) {
        upstream.client?.write(frame);
        const isIdle = frame[0] === messageTypes.readyForQuery && frame[5] === messageTypes.idle;
        if (!isIdle) continue;
        upstream.client = undefined;
        upstreams.push(...upstreams.splice(upstreams.indexOf(upstream), 1));
        assign();
      }
    });
  }

  const server = createServer((client) => {
    clients.add(client);
    client.on("error", () => {});
    client.on("close", () => clients.delete(client));
    let isStarted = false;
    const frames = createFrames(() => isStarted);
    client.on("data", (chunk) => {
      for (const frame of frames(chunk)) {
        if (!isStarted) {
          isStarted = true;
          client.write(greeting);
        } else if (frame[0] === messageTypes.terminate) client.end();
        else send(client, frame);
      }
    });
  });

  function send(client: Socket, frame: Buffer): void {
    const upstream = upstreams.find((one) => one.client === client);
    if (upstream) {
      upstream.socket.write(frame);
      return;
    }
    const turn = waiting.find((one) => one.client === client);
    if (turn) turn.pending.push(frame);
    else waiting.push({ client, pending: [frame] });
    assign();
  }

  await new Promise<void>((resolve) => server.listen(join(directory.path, ".s.PGSQL.5432"), resolve));
  return {
    url: withHost(url, directory.path),
    async [Symbol.asyncDispose]() {
      for (const socket of [...clients, ...upstreams.map(({ socket }) => socket)]) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Connects as the URL says, and keeps what the server says to greet a client. */
async function openUpstream(url: string): Promise<{ socket: Socket; greeting: Buffer[] }> {
  const { pathname, username } = new URL(url.replace("@/", "@localhost/"));
  const socket = connect(socketOf(url));
  socket.on("error", () => {});
  const parameters = ["user", username, "database", pathname.slice(1), "client_encoding", "UTF8"];
  const body = Buffer.from(`${parameters.join("\0")}\0\0`);
  const startup = Buffer.alloc(8 + body.length);
  startup.writeInt32BE(startup.length, 0);
  startup.writeInt32BE(3 << 16, 4);
  body.copy(startup, 8);
  const frames = createFrames(() => true);
  const greeting: Buffer[] = [];
  await new Promise<void>((resolve) => {
    const take = (chunk: Buffer) => {
      greeting.push(...frames(chunk));
      if (greeting.at(-1)?.[0] !== messageTypes.readyForQuery) return;
      socket.off("data", take);
      resolve();
    };
    socket.on("data", take);
    socket.write(startup);
  });
  return { socket, greeting };
}
