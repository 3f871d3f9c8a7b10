import { runChecks } from "./checks.mjs";
import { checkNode, fail, install } from "./setup.mjs";

checkNode();
await install();
const failed = await runChecks();
if (failed.length > 0) fail(`Failed: ${failed.join("; ")}.`);
