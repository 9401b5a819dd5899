import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as jackfield from '../all-names.js';
import { FAILING } from './failing.js';
import { TOLD } from './told.js';

const warned: Error[] = [];
const unhandled: unknown[] = [];
const onWarning = (warning: Error): void => void warned.push(warning);
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
const home = process.cwd();

beforeAll(async () => {
  process.chdir(await mkdtemp(join(tmpdir(), 'jackfield-callbacks-')));
  process.on('warning', onWarning).on('unhandledRejection', onUnhandled);
});

afterAll(() => {
  process.off('warning', onWarning).off('unhandledRejection', onUnhandled);
  process.chdir(home);
});

describe.each(FAILING)('a callback that %s', (_when, failing) => {
  it.each(TOLD)('stops nothing else, and is reported as a warning: %s', async (name, run, result) => {
    warned.splice(0);
    expect(await run(failing)).toEqual(result);
    await new Promise((resolve) => setImmediate(resolve));
    const [, option] = name.split(' ');
    expect(warned[0]).toMatchObject({
      code: 'ERR_LISTENER',
      message: expect.stringContaining(`"${option}"`),
    });
    expect(unhandled).toEqual([]);
  });

  it('fails the opening that called it: onLease', async () => {
    const clock = new jackfield.VirtualClock();
    await using exchange = await jackfield.Exchange.start({ clock, patienceMs: 5000 });
    await using client = await jackfield.attach(new jackfield.MemoryTransport(exchange.endpoint()), {
      clock,
    });
    await using server = new jackfield.PcmServer({ clock });
    const call = await client.call('echo123');
    const opening = jackfield.openCallVoice(call, server, { onLease: failing });
    await expect(opening).rejects.toThrow('boom');
    expect(unhandled).toEqual([]);
  });
});
