// Adds up the JSON reports of vitest in a folder, and the checks that failed. Prints "N passed, N failed", alone.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, failedChecks] = process.argv.slice(2);
let passed = 0;
let failed = Number(failedChecks);

for (const name of readdirSync(folder)) {
  const report = JSON.parse(readFileSync(join(folder, name), "utf8"));
  passed += report.numPassedTests;
  // A file that cannot be loaded has no tests to fail, but is a failure.
  const notLoaded = report.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0).length;
  const failures = report.numFailedTests + notLoaded;
  // An error outside every test (an unhandled rejection, say) fails the run with no test to show for it.
  failed += failures === 0 && !report.success ? 1 : failures;
}

if (passed === 0) failed = Math.max(1, failed);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
