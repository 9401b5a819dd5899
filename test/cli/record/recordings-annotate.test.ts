import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { recordingsCommand } from '../../../src/cli/record/recordings-command.js';
import { Catalogue, verifyRecording } from '../../../src/recording.js';
import { RecordingMaker } from '../../recording/archive/made-recordings.js';

let folder: string;
let audio: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-noted-'));
  using catalogue = Catalogue.open(folder);
  const maker = new RecordingMaker(folder);
  audio = (await maker.published(catalogue, 'ann')).file;
  await maker.published(catalogue, 'bob');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function recordings(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => printed.push(String(text)) > 0);
  const [name = '', ...rest] = args;
  await recordingsCommand()
    .exitOverride()
    .parseAsync(['node', 'x', name, '--out', folder, ...rest]);
  write.mockRestore();
  return printed.join('');
}

it('annotates recordings, has a command transcribe them, and finds them by their words', async () => {
  const words = join(folder, 'words.txt');
  await writeFile(words, 'the invoice is late');
  await recordings(
    'annotate',
    'recording-0001',
    '--tag',
    'case=A-17',
    '--tag',
    'number=',
    '--note',
    'called back',
  );
  await recordings('annotate', 'recording-0001', '--transcript', words);
  expect(await recordings('search', 'invoice', 'A-17')).toContain('ann');
  expect(await recordings('search', 'invoice')).not.toContain('bob');
  await recordings('transcribe', '--', 'sh', '-c', 'cat > /dev/null; echo quarterly figures');
  expect(await recordings('search', 'quarterly', '--json')).toContain('local: quarterly figures');
  expect(await recordings('search', 'quarterly')).not.toContain('ann');
  expect(await verifyRecording(audio)).toMatchObject({ ok: true, annotations: 'intact' });
  await expect(recordings('annotate', 'recording-0001')).rejects.toThrow(
    'Give --tag, --note or --transcript',
  );
});
