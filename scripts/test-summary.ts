// Adds up the JSON reports of several vitest runs and closes with `N passed, N failed` on a line of its
// own. Exits with 1 when anything failed, a run left no report, or a run executed no test.
//
//   npx tsx scripts/test-summary.ts REPORT.json…

import { readFileSync } from 'node:fs'

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  success: boolean
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

let passed = 0
let failed = 0
let skipped = 0
let sound = true

for (const path of process.argv.slice(2)) {
  const report = read(path)
  if (report === null || report.numPassedTests + report.numFailedTests === 0) {
    console.error(`${path}: ${report === null ? 'no readable report' : 'no test was executed'}`)
    sound = false
  }
  if (report === null) continue
  passed += report.numPassedTests
  failed += report.numFailedTests + filesThatFailedThemselves(report)
  skipped += report.numPendingTests + report.numTodoTests
  sound &&= report.success
}

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = sound && failed === 0 && passed > 0 ? 0 : 1

function read(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch {
    return null
  }
}

/** A file that cannot be loaded, or whose hook fails, fails without a failed test of its own. */
function filesThatFailedThemselves(report: Report): number {
  return report.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')
  ).length
}
