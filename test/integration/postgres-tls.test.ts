import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer as createNetServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createServer } from "../../src/http/index.ts";
import { listen } from "../../src/node/index.ts";
import { postgres } from "../../src/postgres/index.ts";
import { openInterrupts, sendCommand, waitForStatus } from "../support/command.ts";
import { createParallelGraph } from "../support/graphs.ts";
import { type Cluster, createCluster } from "../support/postgres-cluster.ts";

/** A server that takes nothing but TLS over TCP, with a certificate that nobody else has signed. */
let cluster: Cluster;
let ca: string;
let url: string;

beforeAll(async () => {
  const port = String(await freePort());
  const settings = { listen_addresses: "127.0.0.1", port, ssl: "on" };
  cluster = createCluster(inject("postgresRun"), settings);
  const data = join(cluster.directory, "data");
  ca = makeCertificate(data);
  writeFileSync(join(data, "pg_hba.conf"), "local all all trust\nhostssl all all 127.0.0.1/32 trust\n");
  await cluster.start();
  const client = new pg.Client(cluster.url("postgres"));
  await client.connect();
  await client.query("CREATE DATABASE test");
  await client.end();
  url = `postgresql://countersign@127.0.0.1:${port}/test`;
});

afterAll(() => cluster?.remove());

/** Writes `server.crt` and `server.key`, where PostgreSQL looks for them. */
function makeCertificate(data: string): string {
  const [key, certificate] = [join(data, "server.key"), join(data, "server.crt")];
  const names = ["-subj", "/CN=countersign test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const args = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  const { status, stderr, error } = spawnSync("openssl", [...args, ...names], { encoding: "utf8" });
  if (status !== 0)
    throw new Error(`This test needs openssl (Debian: apt-get install openssl): ${error ?? stderr}`);
  const { uid, gid } = statSync(data);
  for (const file of [key, certificate]) {
    chownSync(file, uid, gid);
    chmodSync(file, 0o600);
  }
  return readFileSync(certificate, "utf8");
}

async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("every connection of the store is encrypted, and a question is answered over it", async () => {
  const store = postgres(url, { pool: { ssl: { ca } } });
  const server = createServer({ graphs: { letters: createParallelGraph() }, store, leaseMs: 300 });
  const { url: api, stop } = await listen(server, { port: 0, host: "127.0.0.1" });
  const client = new pg.Client(cluster.url("test"));
  await client.connect();
  try {
    const threadId = crypto.randomUUID();
    const params = { assistant_id: "letters", input: { letters: ["a"] } };
    await sendCommand(api, threadId, { method: "run.start", params });
    const [question] = openInterrupts(await waitForStatus(api, threadId, "interrupted"));
    const connections = async () =>
      (
        await client.query<{ ssl: boolean; query: string }>(
          `SELECT s.ssl, a.query FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
           WHERE a.datname = 'test' AND a.pid <> pg_backend_pid()`,
        )
      ).rows;
    // The one that listens, and the one that holds leases, each have a connection of their own.
    await expect
      .poll(async () => (await connections()).some(({ query }) => /^LISTEN|^SELECT 1$/.test(query)))
      .toBe(true);
    await expect
      .poll(async () => (await connections()).some(({ query }) => /lease_limit\)/.test(query)))
      .toBe(true);
    const all = await connections();
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect(all.every(({ ssl }) => ssl)).toBe(true);
    const answer = { interrupt_id: question?.id, response: "yes" };
    expect(await sendCommand(api, threadId, { method: "input.respond", params: answer })).toMatchObject({
      type: "success",
    });
    await waitForStatus(api, threadId, "idle");
  } finally {
    await client.end();
    await stop();
  }
});

it.each([
  ["without TLS", {}, "no encryption"],
  ["with a certificate that is not trusted", { ssl: {} }, "Check pool.ssl of the store"],
])("%s: refused, and said what to check", async (_how, pool, what) => {
  const store = postgres(url, { pool, outageMs: 1_000 });
  await expect(store.open()).rejects.toMatchObject({
    code: "store_unavailable",
    message: expect.stringContaining(what),
  });
  await store.close();
});
