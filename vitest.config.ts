import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,sim,fuzz-targets,mutation,scripts,corpus}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Half of the tests start processes of their own; the default leaves one of two cores idle.
    maxWorkers: '100%',
    // Nothing keeps state at module level: test files share the modules that they load, and a sixth of the time is saved.
    isolate: false,
  },
});
