import { join } from "node:path";

/** As much of PostgreSQL's protocol (version 3) as a way to a server between a client and it needs. */

const code = (letter: string) => letter.charCodeAt(0);

/** First bytes of messages, and the status in `readyForQuery` outside a transaction. */
export const messageTypes = {
  query: code("Q"),
  sync: code("S"),
  terminate: code("X"),
  readyForQuery: code("Z"),
  idle: code("I"),
};

/** Cuts a stream of bytes into messages: a type, but for the first of a client, and a length. */
export function createFrames(hasType: () => boolean): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0);
  let isFirst = true;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const frames: Buffer[] = [];
    while (true) {
      const head = isFirst && !hasType() ? 0 : 1;
      if (rest.length < head + 4) return frames;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return frames;
      isFirst = false;
      frames.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  };
}

/** The socket of the server a URL of the tests leads to. */
export function socketOf(url: string): string {
  const { searchParams } = new URL(url.replace("@/", "@localhost/"));
  return join(searchParams.get("host") ?? "", ".s.PGSQL.5432");
}

/** The URL of the same database by another socket. */
export function withHost(url: string, directory: string): string {
  const there = new URL(url.replace("@/", "@localhost/"));
  there.searchParams.set("host", directory);
  return there.href.replace("@localhost/", "@/");
}
