import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { RetriedTests } from './test/retried-tests.js';

const source = new URL('./src/', import.meta.url).pathname;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/temporary-folder.ts',
    // Most tests wait for sockets, processes and disks: two at once even where there are two cores.
    maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Real sockets, processes and devices on a machine that others use too: one more try before a run is called red.
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', new RetriedTests()],
  },
  resolve: {
    alias: [
      { find: /^jackfield$/, replacement: `${source}index.ts` },
      { find: /^jackfield\/(\w+)$/, replacement: `${source}$1.ts` },
    ],
  },
});
