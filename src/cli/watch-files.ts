import { type FSWatcher, watch } from "node:fs";
import { basename, dirname, extname } from "node:path";

/** How long after a change to wait for more of them, in ms: editors write in several strokes. */
const settleMs = 50;

const sources = new Set([".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"]);

export interface FileWatch {
  /** From now on these files count. With `orNew`, any source file beside them does too: one may be missing. */
  set(files: readonly string[], orNew: boolean): void;
  stop(): void;
}

/** Tells of changes to files, by name, once for changes that come together. Directories are watched, since editors replace files. */
export function watchFiles(told: (name: string) => void): FileWatch {
  const watchers = new Map<string, FSWatcher>();
  let wanted = new Set<string>();
  let takesNew = false;
  let timer: NodeJS.Timeout | undefined;

  function hear(directory: string, name: string | null): void {
    if (name === null) return;
    const isWanted = wanted.has(`${directory}\0${name}`) || (takesNew && sources.has(extname(name)));
    if (!isWanted) return;
    clearTimeout(timer);
    timer = setTimeout(() => told(name), settleMs);
  }

  function unwatch(directory: string): void {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  }

  return {
    set(files, orNew) {
      takesNew = orNew;
      wanted = new Set(files.map((file) => `${dirname(file)}\0${basename(file)}`));
      const directories = new Set(files.map((file) => dirname(file)));
      for (const directory of watchers.keys()) if (!directories.has(directory)) unwatch(directory);
      for (const directory of directories) {
        if (watchers.has(directory)) continue;
        const watcher = watch(directory, (_event, name) => hear(directory, name));
        watcher.on("error", () => unwatch(directory));
        watchers.set(directory, watcher);
      }
    },
    stop() {
      clearTimeout(timer);
      for (const directory of [...watchers.keys()]) unwatch(directory);
    },
  };
}
