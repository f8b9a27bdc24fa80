import { defineConfig } from 'vitest/config'

// One worker, no isolation: the whole run shares one open database (starting the embedded one
// takes seconds, truncating it takes milliseconds).
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    isolate: false,
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000
  }
})
