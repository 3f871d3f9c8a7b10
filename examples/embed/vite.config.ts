import { defineConfig } from "vite";

/** A Countersign server (`npx countersign`) beside this page, under its `/api`. */
export default defineConfig({
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:2024", rewrite: (path) => path.replace(/^\/api/, "") } },
  },
});
