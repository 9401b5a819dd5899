import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { afterCalls, Catalogue, type Recorder } from '../../../src/recording.js';
import { cardCall, engine } from './card-call.js';

const clock = new VirtualClock(Date.UTC(2020, 0, 1));
const PHRASES = [{ phrase: "mother's maiden name", edits: 2 }];

let folder: string;
let catalogue: Catalogue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-after-calls-'));
  catalogue = Catalogue.open(folder);
});
afterEach(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

/** What stands for a recorder: it tells that a recording was published. */
function recorderOf() {
  const told = new EventEmitter();
  return {
    recorder: told as unknown as Recorder,
    publish: (segment: object) => told.emit('published', segment),
  };
}

/** Time that a failure leaves its file: what is not done is done by who comes next. */
const left = () => existsSync(join(folder, '.masking', 'after-calls.json'));

describe('once a call is over', () => {
  it('its recording is transcribed and masked, and nothing is left to do', async () => {
    const { recorder, publish } = recorderOf();
    const masked: (readonly [file: string, stretches: number | undefined])[] = [];
    const failed: string[] = [];
    {
      await using _ = await afterCalls(recorder, {
        ...{ folder, clock, transcriber: engine(), mask: { phrases: PHRASES } },
        onMasked: ({ file }, { masking }) => masked.push([file, masking?.spans.length]),
        onFailed: (file, { message }) => failed.push(`${file}: ${message}`),
      });
      expect(left()).toBe(true);
      publish(await cardCall(catalogue, 'ann'));
    }
    expect(failed).toEqual([]);
    expect(masked).toEqual([[expect.stringContaining('ann'), 3]]);
    const [entry] = catalogue.search();
    expect(entry?.transcript).toContain('[masked]');
    expect(entry?.transcript).not.toContain('four one one one');
    expect(left()).toBe(false);
  });

  it('what one that was killed did not come to, or what failed, is done by the next', async () => {
    const { recorder } = recorderOf();
    const failed: string[] = [];
    const broken = { ...engine(), name: 'broken', transcribe: () => Promise.reject(new Error('no ears')) };
    await cardCall(catalogue, 'ann');
    {
      const { recorder: first, publish } = recorderOf();
      await using _ = await afterCalls(first, {
        ...{ folder, clock, transcriber: broken, mask: {} },
        onFailed: (_file, { message }) => failed.push(message),
      });
      const [entry] = catalogue.search();
      publish({ sidecar: { id: entry?.id } });
    }
    expect(failed).toContain('no ears');
    expect(left()).toBe(true);
    const masked = new EventEmitter();
    const done = once(masked, 'masked');
    {
      await using _ = await afterCalls(recorder, {
        ...{ folder, clock, transcriber: engine(), mask: {} },
        onMasked: () => masked.emit('masked'),
      });
      await done;
    }
    expect(catalogue.search()[0]?.transcript).toContain('[masked]');
    expect(left()).toBe(false);
  });

  it('phrases without an engine are refused at once', async () => {
    const { recorder } = recorderOf();
    await expect(afterCalls(recorder, { folder, mask: { phrases: PHRASES } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG',
    });
  });
});
