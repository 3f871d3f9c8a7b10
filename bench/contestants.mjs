// Who is measured. Each starts its server in a process of its own, on an empty directory.
import { makeDirectory, removeDirectory, startChild } from "./processes.mjs";

/** The in-process baseline plays its own client; for the others there is the driver. */
export function listContestants({ postgres }) {
  return [
    { name: "in-process", file: "./servers/in-process.mjs" },
    { name: "countersign", file: "./servers/countersign.mjs", protocol: "thread" },
    ...(postgres
      ? [
          {
            name: "countersign on PostgreSQL",
            file: "./servers/countersign.mjs",
            protocol: "thread",
            options: { postgres },
          },
        ]
      : []),
    { name: "dev, classic", file: "./servers/dev.mjs", protocol: "classic" },
    { name: "dev, thread protocol", file: "./servers/dev.mjs", protocol: "thread" },
    { name: "embed, classic", file: "./servers/embed.mjs", protocol: "classic" },
    { name: "embed, thread protocol", file: "./servers/embed.mjs", protocol: "thread" },
  ];
}

/** Starts a contestant. `run(job)` gives the job's figures with the CPU its server used for a token. */
export async function enter({ file, protocol, options }) {
  const directory = makeDirectory();
  const server = await startChild(file, { directory, ...options });
  const driver = protocol === undefined ? server : await startChild("./driver/driver.mjs");
  return {
    server,
    driver,
    async run(job) {
      const before = await server.ask("usage");
      const figures = await driver.ask("run", { ...job, protocol, url: server.info.url });
      const after = await server.ask("usage");
      return { ...figures, cpuUsPerToken: (after.cpuUs - before.cpuUs) / figures.tokens };
    },
    async leave() {
      await server.stop();
      if (driver !== server) await driver.stop();
      removeDirectory(directory);
    },
  };
}
