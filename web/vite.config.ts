import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { firstLoad } from "./first-load.ts";

/** Packages that only define things when they are loaded, and do not say so: what is not used of them is left out. */
const pure = /[\\/]node_modules[\\/](@langchain[\\/](core|langgraph-sdk|react)|langsmith)[\\/]/;

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [react(), tailwindcss(), firstLoad({ maxScriptBytes: 200_000 })],
  build: {
    outDir: fileURLToPath(new URL("../dist/web", import.meta.url)),
    emptyOutDir: true,
    chunkSizeWarningLimit: 600,
    rolldownOptions: {
      treeshake: { moduleSideEffects: (id) => (pure.test(id) ? false : undefined) },
    },
  },
  server: { proxy: { "^/(threads|interrupts|app|ok|info)": "http://127.0.0.1:2024" } },
});
