import { truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  archiveVoicemails,
  deleteVoicemail,
  downloadVoicemail,
  VoicemailArchive,
} from '../../../src/voicemail.js';
import { samplesOf, tone } from '../line.js';

import { client, files, four, line, onMailboxStage, root, run } from './mailbox-stage.js';

onMailboxStage();

describe('originals, and files that the endpoint writes', () => {
  it('are deleted only when configured, and only if their copy reads back unchanged', async () => {
    const [first] = await four();
    await run();
    expect(await client.search('VOICEMAILS')).toHaveLength(4);
    const [damaged] = (await files(join(root, 'audio'))).filter((name) => name.endsWith(`jack-${first}.wav`));
    await truncate(join(root, 'audio/2026/05', damaged ?? ''), 3000);
    const { report, messages } = await run({ deleteOriginals: true });
    expect(report).toMatchObject({ known: 4, originalsDeleted: 3 });
    expect(report.failed).toMatchObject([{ id: first, state: 'failed', failure: 'STORAGE' }]);
    expect(messages.map(({ original }) => original)).toEqual(['kept', 'deleted', 'deleted', 'deleted']);
    const statuses = await Promise.all(
      (await client.search('VOICEMAILS')).map((id) => client.voicemail(id).text('STATUS')),
    );
    expect(statuses.filter((status) => status !== 'DELETING')).toEqual(['UNPLAYED']);
    // What was damaged is fetched again, from the original that is still there.
    const third = await run({ deleteOriginals: true });
    expect(third.report).toMatchObject({ stored: 1, originalsDeleted: 1, failed: [] });
    await using archive = await VoicemailArchive.open(root);
    expect((await archive.verify()).faults).toEqual([]);
  });

  it('are noted when another client has deleted them', async () => {
    const ids = await four();
    await run();
    await line.during(deleteVoicemail(client.voicemail(ids[2] ?? 0)));
    const { report, messages } = await run();
    expect(messages.map(({ original }) => original)).toEqual(['kept', 'kept', 'gone', 'kept']);
    expect(report.known + report.gone).toBe(report.listed);
  });

  it.each(['port', 'file'] as const)(
    'are archived completely when they are being played meanwhile, by %s',
    async (by) => {
      const voicemail = client.voicemail(await line.deposit(await line.wav('a.wav', 400, 600)));
      await line.during(downloadVoicemail(voicemail));
      await voicemail.startPlayback();
      await line.during(voicemail.reached('PLAYING'));
      await line.clock.advance(100);
      expect(voicemail.state?.phase).toBe('playing');
      const route = by === 'port' ? { server: line.server } : { folder: line.folder };
      const { messages } = await run({ route, attempts: 1 });
      expect(messages).toMatchObject([{ state: 'stored', complete: true }]);
      expect(await samplesOf(join(root, messages[0]?.audio?.path ?? ''))).toEqual(tone(400, 600));
    },
  );

  it('are fetched through a file that the endpoint writes, which is then removed', async () => {
    await four();
    const folder = join(line.folder, 'drop');
    await (await import('node:fs/promises')).mkdir(folder);
    const { report, messages } = await run({ route: { folder } });
    expect(report).toMatchObject({ stored: 4, failed: [] });
    expect(await samplesOf(join(root, messages[1]?.audio?.path ?? ''))).toEqual(tone(220, 400));
    expect(await files(folder)).toEqual([]);
  });

  it('are reported as refused when the endpoint may not write; without a folder the run does not start', async () => {
    await four();
    await expect(run({ route: { folder: '/nowhere/to/be' } })).rejects.toMatchObject({ code: 'ERR_FILE' });
    const { report } = await run({ route: { folder: tmpdir() }, attempts: 1 });
    expect(report.stored).toBe(0);
    expect(report.failed.map(({ failure }) => failure)).toEqual(Array(4).fill('REFUSED'));
  });

  it('need protocol 8: protocol 7 is refused', async () => {
    const old = await line.client('jack', { protocol: 7 });
    await using archive = await VoicemailArchive.open(root);
    const running = archiveVoicemails(old, archive, { route: { server: line.server } });
    await expect(running).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });
});
