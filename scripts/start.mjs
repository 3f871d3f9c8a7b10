import { build, checkNode, install } from "./setup.mjs";

checkNode();
await install();
await build();
await import("../dist/cli/main.js");
