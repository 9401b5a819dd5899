import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { root: import.meta.dirname, include: ['left.ts'], setupFiles: '../../left-rejections.ts' },
});
