import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

interface FirstLoadOptions {
  /** Most bytes of script, compressed by gzip, that are fetched before anything can be used. */
  maxScriptBytes: number;
}

/**
 * Writes every text file of the build compressed beside itself, as the server sends it, and fails the build when
 * the script of the first load (the entry and all it imports, without what is fetched later) is over its budget.
 */
export function firstLoad({ maxScriptBytes }: FirstLoadOptions): Plugin {
  return {
    name: "countersign:first-load",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      const sizes = new Map<string, number>();
      for (const name of Object.keys(bundle).filter((one) => /\.(js|css|html|svg)$/.test(one))) {
        const bytes = readFileSync(join(dir, name));
        const gzipped = gzipSync(bytes, { level: 9 });
        sizes.set(name, gzipped.length);
        writeFileSync(join(dir, `${name}.gz`), gzipped);
        writeFileSync(
          join(dir, `${name}.br`),
          brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        );
      }
      const first = new Set<string>();
      const visit = (name: string) => {
        const chunk = bundle[name];
        if (chunk?.type !== "chunk" || first.has(name)) return;
        first.add(name);
        for (const imported of chunk.imports) visit(imported);
      };
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry) visit(chunk.fileName);
      }
      const total = [...first].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
      this.info(`first load: ${total} of at most ${maxScriptBytes} bytes of script`);
      if (total <= maxScriptBytes) return;
      const list = [...first].map((name) => `${name}: ${sizes.get(name)}`).join(", ");
      this.error(
        `The first load has ${total} bytes of compressed script, more than ${maxScriptBytes} (${list}). Fetch later what is not shown at once: src/react/deferred.tsx.`,
      );
    },
  };
}
