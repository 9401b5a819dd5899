import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';
import { RetriedTests } from './test/retried-tests.js';

const folder = (name: string) => new URL(`./${name}/`, import.meta.url).pathname;

/** `--mode built`, which `npm test` has, tests what was built: it is loaded by Node, in half the time of the source. */
export default defineConfig(({ mode }) => {
  const [code, ending] = mode === 'built' ? [folder('build'), 'js'] : [folder('src'), 'ts'];
  const alias = [
    { find: /^jackfield$/, replacement: `${code}index.${ending}` },
    { find: /^jackfield\/(\w+)$/, replacement: `${code}$1.${ending}` },
    { find: /^(?:\.\.\/)+src\/(.+)\.js$/, replacement: `${code}$1.${ending}` },
  ];
  return {
    test: {
      include: ['test/**/*.test.ts'],
      globalSetup: 'test/temporary-folder.ts',
      setupFiles: ['test/left-rejections.ts', 'test/equal-samples.ts'],
      // Most tests wait for sockets, processes and disks: three at once even where there are two cores.
      maxWorkers: Math.max(3, Math.floor(availableParallelism() / 2)),
      // Files share a process, and what it has loaded: to begin 330 of them anew takes minutes of processor time.
      isolate: false,
      sequence: { sequencer: LongestFirst },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // What is looked for again and again comes when a busy machine gets to it.
      expect: { poll: { timeout: 50_000 } },
      // Real sockets, processes and devices on a machine that others use too: one more try before a run is called red.
      retry: process.env['CI'] ? 1 : 0,
      reporters: ['default', new RetriedTests()],
      server: { deps: { external: [/\/(?:build|dist|bench)\//] } },
    },
    resolve: { alias },
  };
});
