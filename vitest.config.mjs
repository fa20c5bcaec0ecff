import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**'],
    // Only VS Code has it.
    alias: { vscode: resolve(import.meta.dirname, 'test/client/vscodeStub.ts') },
    // Conformance and property tests go through thousands of cases in one test.
    testTimeout: 60_000,
  },
});
