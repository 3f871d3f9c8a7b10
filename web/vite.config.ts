import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { firstLoad } from "./first-load.ts";

/** Packages that only define things when they are loaded, and do not say so: what is not used of them is left out. */
const pure = /[\\/]node_modules[\\/](@langchain[\\/](core|langgraph-sdk|react)|langsmith)[\\/]/;

interface Modules {
  getModuleInfo(id: string): { isEntry: boolean; importers: readonly string[] } | null;
}

/**
 * True for those of our modules that the entry imports, by whatever way, without being told to fetch them later. What
 * a package brings along is not all used by those that import it.
 */
function isFirst(id: string, modules: Modules): boolean {
  if (id.includes("node_modules")) return false;
  const seen = new Set([id]);
  for (const one of seen) {
    const info = modules.getModuleInfo(one);
    if (info?.isEntry) return true;
    for (const importer of info?.importers ?? []) seen.add(importer);
  }
  return false;
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), tailwindcss(), firstLoad({ maxScriptBytes: 200_000 })],
  // The package by its public name, as it is built for others.
  resolve: {
    alias: { "countersign/react": fileURLToPath(new URL("../dist/react/index.js", import.meta.url)) },
  },
  build: {
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      treeshake: { moduleSideEffects: (id) => (pure.test(id) ? false : undefined) },
      // What is needed at once comes in one file: it is smaller than in many, and is asked for once.
      output: {
        codeSplitting: {
          groups: [{ debugName: "first", name: (id, modules) => (isFirst(id, modules) ? "first" : null) }],
        },
      },
    },
  },
  server: { proxy: { "^/(threads|interrupts|app|ok|info)": "http://127.0.0.1:2024" } },
});
