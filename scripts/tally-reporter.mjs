import { writeFileSync } from "node:fs";

/**
 * A Vitest reporter that writes how many tests passed, failed and were skipped, as JSON, into the file that
 * `COUNTERSIGN_TALLY_FILE` names. What fails outside of a test (a file that cannot be loaded, a hook, an error
 * that nobody caught) counts as one failed.
 */
// biome-ignore lint/style/noDefaultExport: Vitest takes a reporter as the default export of its file
export default class TallyReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const testModule of testModules) {
      const failedBefore = counts.failed;
      for (const test of testModule.children.allTests()) {
        const { state } = test.result();
        counts[state === "passed" || state === "failed" ? state : "skipped"] += 1;
      }
      if (!testModule.ok() && counts.failed === failedBefore) counts.failed += 1;
    }
    writeFileSync(process.env.COUNTERSIGN_TALLY_FILE, JSON.stringify(counts));
  }
}
