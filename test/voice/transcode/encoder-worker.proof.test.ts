import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const TARGET = fileURLToPath(new URL('./few-files-target.mjs', import.meta.url));

it.skipIf(process.platform === 'win32')(
  'an encoder whose thread cannot be started costs only its output, and leaves nothing behind',
  async () => {
    const script = 'ulimit -n 400; exec "$0" "$1"';
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, TARGET]);
    expect(stdout.trim().split('\n')).toEqual([
      'flac written ERR_FILE ERR_ENCODER ERR_ENCODER written',
      'mp3 written ERR_FILE ERR_ENCODER ERR_ENCODER written',
      'opus written ERR_FILE written written written',
      'call.flac call.mp3 call.opus',
    ]);
  },
);
