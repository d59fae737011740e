import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,sim,fuzz-targets,mutation,scripts,corpus}/**/*.test.ts'],
    // The command line, its workers and the package are tested as they are published: compiled.
    globalSetup: 'scripts/config/test-setup.ts',
    testTimeout: 60_000,
  },
});
