import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{core,sim,fuzz-targets,mutation,scripts,corpus}/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
