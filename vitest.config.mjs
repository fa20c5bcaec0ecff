import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    // Conformance and property tests go through thousands of cases in one test.
    testTimeout: 60_000,
  },
});
