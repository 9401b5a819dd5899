import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { served, TOKENS } from '../service/served.js';
import { hasTool } from '../voice/fixtures.js';
import { blocksIn } from './blocks.js';

const run = promisify(execFile);
const examples = (language: string) => blocksIn(language).filter(({ page }) => page.endsWith('service.md'));

describe('the REST API, from the examples of the documentation', () => {
  it.skipIf(!hasTool('python3'))('is driven by Python and its standard library', async () => {
    const [example, ...others] = examples('python');
    expect(others).toEqual([]);
    await served(async ({ folder, http }) => {
      await writeFile(join(folder, 'drive.py'), example?.code ?? '');
      const { stdout } = await run('python3', [join(folder, 'drive.py')], {
        env: {
          PATH: process.env['PATH'],
          JACKFIELD_API: `http://127.0.0.1:${http.port}/v1`,
          JACKFIELD_TOKEN_FILE: join(folder, 'robot'),
        },
      });
      const statuses = stdout.trim().split('\n');
      expect(statuses).toContain('INPROGRESS');
      expect(statuses.at(-1)).toBe('FINISHED');
    });
  });

  it.skipIf(!hasTool('curl'))('is driven by curl', async () => {
    const [example] = examples('sh').filter(({ code }) => code.includes('curl'));
    await served(async ({ folder, http }) => {
      await writeFile(join(folder, 'robot.header'), `Authorization: Bearer ${TOKENS.robot}\n`);
      const commands = example?.code.replaceAll(':9464', `:${http.port}`) ?? '';
      const { stdout } = await run('sh', ['-e', '-c', commands], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
      });
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual([[], { call: expect.any(Number), account: 'desk' }]);
    });
  });
});
