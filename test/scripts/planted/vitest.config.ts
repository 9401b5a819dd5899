import { defineConfig } from 'vitest/config';
import { RetriedTests } from '../../retried-tests.js';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.planted.ts'],
    reporters: ['default', new RetriedTests()],
  },
});
