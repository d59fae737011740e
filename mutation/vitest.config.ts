import { defineConfig } from 'vitest/config';

/** The tests that judge a mutant: those of the core, without whatever starts a process. */
export default defineConfig({
  test: { include: ['core/**/*.test.ts'], testTimeout: 60_000 },
});
