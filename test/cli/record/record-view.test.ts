import { afterEach, expect, it, vi } from 'vitest';
import { liveTable } from '../../../src/cli/record/record-view.js';
import type { Recorder } from '../../../src/recording.js';

const isTTY = process.stdout.isTTY;

afterEach(() => {
  vi.useRealTimers();
  process.stdout.isTTY = isTTY;
});

it('prints that there are no calls only once it is ready to record', () => {
  vi.useFakeTimers();
  process.stdout.isTTY = true;
  let recorder: Recorder | undefined;
  let shown = '';
  const view = liveTable(
    () => recorder,
    () => undefined,
    (text) => (shown = text),
  );
  vi.advanceTimersToNextTimer();
  expect(shown).toContain('  starting; Ctrl-C ends\n');

  recorder = { recordings: [] } as unknown as Recorder;
  vi.advanceTimersToNextTimer();
  expect(shown).toContain('  no calls; Ctrl-C ends\n');
  view.stop();
});
