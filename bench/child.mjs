// The side of a child process: answers its parent's requests over the IPC channel, and ends with its parent.

/** Serves requests by name, beside what every child can tell of itself. `ready` is sent at once. */
export function serveParent(handlers, ready = {}) {
  const all = { usage, cpuUs, ...handlers };
  process.on("message", async ({ id, type, payload }) => {
    try {
      process.send({ id, result: await all[type](payload) });
    } catch (error) {
      process.send({ id, error: error?.stack ?? String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
  process.send({ ready });
}

/** CPU in us since the process began. */
function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The same, and memory in bytes after a collection where one can be asked for. */
async function usage() {
  for (let pass = 0; pass < 2; pass += 1) {
    globalThis.gc?.();
    await new Promise(setImmediate);
  }
  return { cpuUs: cpuUs(), ...process.memoryUsage() };
}
