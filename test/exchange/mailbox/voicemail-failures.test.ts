import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VOICEMAIL_STEPS, type VoicemailFault } from '../../../src/exchange/mailbox/voicemail-failure.js';
import { VOICEMAIL_FAILURE_REASONS } from '../../../src/protocol/status/voicemail-status.js';
import { canMount, smallDisk } from '../disk.js';
import { type Client, settle, type World } from '../world.js';
import { until, voicemailWorld, wavFile } from './voicemail-stage.js';

describe('failures of a voicemail', () => {
  const failed = (client: Client, id: number) => ({
    status: client.told(`VOICEMAIL ${id} STATUS`).at(-1),
    reason: client.told(`VOICEMAIL ${id} FAILUREREASON`),
  });
  /** Alice has left bob a message, as far as that could be. */
  async function leaving(w: World, alice: Client): Promise<number> {
    const from = alice.lines.length;
    alice.send('CALLVOICEMAIL bob');
    await until(w, alice, /VM_DURATION 1$|^CALL \d+ STATUS FAILED$/, from);
    const id = alice.newest('VOICEMAIL');
    alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS (UPLOADED|FAILED)`));
    return id;
  }
  async function waiting(w: World, file: string, fault?: VoicemailFault): Promise<number> {
    const from = { handle: 'dora' };
    return w.exchange.deposit({ to: 'bob', from, file, ...(fault && { fault }) });
  }
  const download = async (w: World, bob: Client, id: number) => {
    const from = bob.lines.length;
    bob.send(`ALTER VOICEMAIL ${id} DOWNLOAD`);
    await until(w, bob, new RegExp(`VOICEMAIL ${id} STATUS (UNPLAYED|FAILED)`), from);
  };

  it.each(VOICEMAIL_FAILURE_REASONS)('%s, at the step that a test chooses', async (reason) => {
    const faults = VOICEMAIL_STEPS.map((at) => ({ at, reason }));
    const { w, root } = await voicemailWorld({ faults });
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    // Of alice's two faults on the way, that at the greeting's download does not keep her from the tone.
    const first = await leaving(w, alice);
    expect(failed(alice, first)).toEqual({ status: 'FAILED', reason: [reason] });
    expect(alice.told(`VOICEMAIL ${first} STATUS`)).toEqual(['BLANK', 'RECORDING', 'FAILED']);
    expect(failed(alice, first - 1)).toEqual({ status: 'FAILED', reason: [reason] });
    const call = first - 2;
    expect(alice.told(`CALL ${call} STATUS`).at(-1)).toBe('FAILED');
    expect(alice.told(`CALL ${call} FAILUREREASON`)).toEqual([reason === 'RECORDING_ERROR' ? '12' : '1']);
    const second = await leaving(w, alice);
    expect(alice.told(`VOICEMAIL ${second} STATUS`)).toEqual(['BLANK', 'RECORDING', 'UPLOADING', 'FAILED']);
    expect(failed(alice, second).reason).toEqual([reason]);
    expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS ']);
    // What was recorded is still there, and can be uploaded.
    alice.send(`ALTER VOICEMAIL ${second} UPLOAD`);
    await until(w, bob, /STATUS UNPLAYED/);
    expect(alice.told(`VOICEMAIL ${second} STATUS`).at(-1)).toBe('UPLOADED');
    for (const at of ['download', 'playback'] as const) {
      const id = await waiting(w, await wavFile(root), { at, reason });
      await download(w, bob, id);
      bob.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
      await until(w, bob, new RegExp(`VOICEMAIL ${id} STATUS FAILED`));
      expect(failed(bob, id).reason).toEqual([reason]);
    }
  });

  it('of a greeting, which can be recorded and uploaded again', async () => {
    const faults = [
      { at: 'record', reason: 'RECORDING_ERROR' },
      { at: 'upload', reason: 'CONNECT_ERROR' },
    ] as const;
    const { w } = await voicemailWorld({ faults });
    await using _ = w;
    const alice = w.client('alice');
    const id = Number(alice.send('SEARCH GREETING alice')[0]?.split(' ')[1]);
    alice.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await until(w, alice, /STATUS FAILED/);
    alice.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await settle();
    alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, alice, /FAILUREREASON CONNECT_ERROR/);
    await settle();
    alice.send(`ALTER VOICEMAIL ${id} UPLOAD`);
    await until(w, alice, /STATUS UPLOADED/);
    expect(alice.told(`VOICEMAIL ${id} STATUS`)).toEqual([
      'RECORDING',
      'FAILED',
      'RECORDING',
      'RECORDED',
      'UPLOADING',
      'FAILED',
      'UPLOADING',
      'UPLOADED',
    ]);
  });

  it('CONNECT_ERROR: nothing is uploaded or downloaded by an offline user', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    alice.send('SET USERSTATUS OFFLINE');
    expect(failed(alice, await leaving(w, alice))).toEqual({ status: 'FAILED', reason: ['CONNECT_ERROR'] });
    bob.send('SET USERSTATUS OFFLINE');
    const id = await waiting(w, await wavFile(root));
    await download(w, bob, id);
    expect(failed(bob, id)).toEqual({ status: 'FAILED', reason: ['CONNECT_ERROR'] });
    bob.send('SET USERSTATUS ONLINE');
    await download(w, bob, id);
    expect(failed(bob, id).status).toBe('UNPLAYED');
  });

  it('NO_VOICEMAIL_PRIVILEGE: a greeting of a user without voicemail', async () => {
    const { w } = await voicemailWorld();
    await using _ = w;
    const none = w.client('none');
    const id = Number(none.send('SEARCH GREETING none')[0]?.split(' ')[1]);
    none.send(`ALTER VOICEMAIL ${id} STARTRECORDING`);
    await settle();
    none.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
    await until(w, none, /STATUS FAILED/);
    expect(failed(none, id).reason).toEqual(['NO_VOICEMAIL_PRIVILEGE']);
  });

  it('NO_SUCH_VOICEMAIL and FILE_READ_ERROR: audio that is gone, and audio that is damaged', async () => {
    const { w, root } = await voicemailWorld();
    await using _ = w;
    const bob = w.client('bob');
    const file = await wavFile(root);
    const [gone, damaged] = [await waiting(w, file), await waiting(w, file)];
    await download(w, bob, damaged);
    writeFileSync(file, 'RIFF and nothing more');
    bob.send(`ALTER VOICEMAIL ${damaged} STARTPLAYBACK`);
    await until(w, bob, new RegExp(`VOICEMAIL ${damaged} STATUS FAILED`));
    expect(failed(bob, damaged).reason).toEqual(['FILE_READ_ERROR']);
    rmSync(file);
    await download(w, bob, gone);
    expect(failed(bob, gone).reason).toEqual(['NO_SUCH_VOICEMAIL']);
    expect(w.failures).toHaveLength(2);
  });

  it('RECORDING_ERROR and PLAYBACK_ERROR: a microphone and a speaker that fail', async () => {
    const broken = new Set<'capture' | 'play'>(['capture']);
    const device = (name: 'capture' | 'play') => () => {
      if (broken.has(name)) throw new Error(`no ${name}`);
    };
    const { w } = await voicemailWorld({ soundCard: { capture: device('capture'), play: device('play') } });
    await using _ = w;
    const alice = w.client('alice');
    expect(failed(alice, await leaving(w, alice))).toEqual({ status: 'FAILED', reason: ['RECORDING_ERROR'] });
    expect(alice.told('CALL 1 FAILUREREASON')).toEqual(['12']);
    broken.clear();
    const id = await leaving(w, alice);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS UPLOADED`));
    await settle();
    broken.add('play');
    alice.send(`ALTER VOICEMAIL ${id} STARTPLAYBACK`);
    await until(w, alice, new RegExp(`VOICEMAIL ${id} STATUS FAILED`));
    expect(failed(alice, id).reason).toEqual(['PLAYBACK_ERROR']);
  });

  it.skipIf(!canMount)(
    'FILE_WRITE_ERROR: a disk that is full (skipped where no disk can be mounted)',
    async () => {
      await using disk = smallDisk(256 * 1024);
      const { w } = await voicemailWorld({ stateFolder: disk.path });
      await using _ = w;
      const [alice, bob] = [w.client('alice'), w.client('bob')];
      alice.send('CALLVOICEMAIL bob');
      // 32 kB a second.
      await until(w, alice, /VM_DURATION 10$/);
      const id = alice.newest('VOICEMAIL');
      alice.send(`ALTER VOICEMAIL ${id} STOPRECORDING`);
      await until(w, alice, /STATUS FAILED/);
      expect(failed(alice, id)).toEqual({ status: 'FAILED', reason: ['FILE_WRITE_ERROR'] });
      expect(bob.send('SEARCH VOICEMAILS')).toEqual(['VOICEMAILS ']);
      expect(w.failures).not.toEqual([]);
    },
  );
});
