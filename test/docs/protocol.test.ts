import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('docs/protocol.md is generated from the current catalogue', async () => {
  if (!existsSync('dist/index.js')) throw new Error('Build first: npm run build.');
  const check = promisify(execFile)(process.execPath, ['scripts/protocol-docs.mjs', '--check']);
  await expect(check).resolves.toMatchObject({ stderr: '' });
});
