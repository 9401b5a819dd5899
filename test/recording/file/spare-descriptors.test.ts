import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/* In a process of its own, which may have few files. */
const built = JSON.stringify(
  new URL('../../../build/recording/file/spare-descriptors.js', import.meta.url).href,
);
const PROGRAM = `
  import { open } from 'node:fs/promises';
  import { devNull } from 'node:os';
  const { reserveForEncoder } = await import(${built});
  reserveForEncoder()();
  const handles = [];
  try { for (;;) handles.push(await open(devNull)); } catch {}
  const begin = () => {
    try {
      return reserveForEncoder();
    } catch ({ code }) {
      return code;
    }
  };
  console.log(begin());
  await Promise.all(handles.splice(0, 40).map((handle) => handle.close()));
  // There is room for one; a second one, begun before the first has opened its files, has to wait for it.
  const begun = begin();
  console.log(begun === 'ERR_LIMIT' ? begun : 'enough', begin());
  begun();
  console.log(begin() === 'ERR_LIMIT' ? 'ERR_LIMIT' : 'enough');
`;

it.skipIf(process.platform !== 'linux')(
  'an encoder is refused when too few descriptors are left for its thread, and started again when there are enough',
  async () => {
    const script = `ulimit -n 128; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = await promisify(execFile)('sh', ['-c', script, process.execPath, PROGRAM]);
    expect(stdout).toBe('ERR_LIMIT\nenough ERR_LIMIT\nenough\n');
  },
);
