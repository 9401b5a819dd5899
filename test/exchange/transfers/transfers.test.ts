import { randomBytes } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { canMount, smallDisk } from '../disk.js';
import { EPOCH_MS, folder } from '../world.js';
import { atDesk, offered, pass, propertyOf, transferStage, transfersOf } from './transfer-stage.js';

const BYTES = randomBytes(3_500_000);
const DAY_MS = 24 * 3_600_000;
const WEEK_MS = 7 * DAY_MS;

describe('a file', () => {
  it('is copied from one folder into another at a rate on the clock, and both sides see its progress', async () => {
    const stage = await transferStage();
    const { w, alice, bob, folders } = stage;
    await using _ = w;
    const id = await offered(stage, BYTES);
    const [incoming = 0] = transfersOf(bob, 'ACTIVEFILETRANSFERS');
    expect(transfersOf(alice, 'ACTIVEFILETRANSFERS')).toEqual([id]);
    expect(w.exchange.desk('bob').state.transfers).toMatchObject([
      { id: incoming, waits: true, size: BYTES.length },
    ]);
    const path = await atDesk(w, w.exchange.desk('bob').files.accept());
    expect(path).toBe(join(folders.bob, 'a.bin'));
    await pass(w, 1500);
    expect(propertyOf(bob, incoming, 'STATUS')).toBe('TRANSFERRING');
    expect(propertyOf(bob, incoming, 'BYTESTRANSFERRED')).toBe('1000000');
    expect(readdirSync(folders.bob)).toEqual(['a.bin.part']);
    await pass(w, 3000);
    expect(propertyOf(alice, id, 'STATUS')).toBe('COMPLETED');
    expect(propertyOf(bob, incoming, 'STATUS')).toBe('COMPLETED');
    expect(readFileSync(path).equals(BYTES)).toBe(true);
    expect(readdirSync(folders.bob)).toEqual(['a.bin']);
    expect(alice.told(`FILETRANSFER ${id} BYTESTRANSFERRED`)).toEqual([
      '0',
      '1000000',
      '2000000',
      '3000000',
      '3500000',
    ]);
    expect(
      Number(propertyOf(bob, incoming, 'FINISHTIME')) - Number(propertyOf(bob, incoming, 'STARTTIME')),
    ).toBeLessThan(6);
    expect(transfersOf(alice, 'ACTIVEFILETRANSFERS')).toEqual([]);
    expect(transfersOf(w.client('carol'))).toEqual([]);
    expect(bob.send(`GET FILETRANSFER ${id} STATUS`)[0]).toMatch(/^ERROR 7 /);
    expect(w.failures).toEqual([]);
  });

  it.each([0, 1, 1_000_000])('of %d bytes arrives whole', async (size) => {
    const stage = await transferStage();
    const { w, folders } = stage;
    await using _ = w;
    await offered(stage, BYTES.subarray(0, size));
    await atDesk(w, w.exchange.desk('bob').files.accept());
    await pass(w, 2000);
    expect(readFileSync(join(folders.bob, 'a.bin')).length).toBe(size);
  });

  it('of more than 4 GB is reported with its true size', async () => {
    const stage = await transferStage();
    await using _ = stage.w;
    writeFileSync(join(stage.folders.alice, 'big.bin'), '');
    truncateSync(join(stage.folders.alice, 'big.bin'), 6_000_000_000);
    const [id = 0] = await atDesk(stage.w, stage.w.exchange.desk('alice').files.send('bob', 'big.bin'));
    expect(propertyOf(stage.alice, id, 'FILESIZE')).toBe('6000000000');
  });

  it('never replaces another file, nor one that arrives at the same time', async () => {
    const stage = await transferStage({ transferBytesPerSecond: 1 });
    const { w, folders } = stage;
    await using _ = w;
    writeFileSync(join(folders.bob, 'a.txt'), 'mine');
    for (const text of ['one', 'two']) await offered(stage, Buffer.from(text), 'a.txt');
    const desk = w.exchange.desk('bob');
    const paths = [await atDesk(w, desk.files.accept()), await atDesk(w, desk.files.accept())];
    // Somebody takes the second name meanwhile.
    writeFileSync(join(folders.bob, 'a (2).txt'), 'mine, too');
    expect(paths.map((path) => path.slice(folders.bob.length + 1))).toEqual(['a (2).txt', 'a (3).txt']);
    await pass(w, 5000);
    const read = (name: string) => readFileSync(join(folders.bob, name), 'utf8');
    expect([read('a.txt'), read('a (2).txt')]).toEqual(['mine', 'mine, too']);
    expect(readdirSync(folders.bob).map(read).sort()).toEqual(['mine', 'mine, too', 'two', 'two'].sort());
  });

  it.each([
    ['../../etc/passwd', '_._.._etc_passwd'],
    ['.bashrc', '_bashrc'],
    ['con.txt', '_con.txt'],
    ['a/b', 'a_b'],
    ['x'.repeat(255), 'x'.repeat(180)],
  ])('stays in the folder when its receiver names it %j', async (name, expected) => {
    const stage = await transferStage();
    const { w, folders } = stage;
    await using _ = w;
    await offered(stage, Buffer.from('text'));
    const path = await atDesk(w, w.exchange.desk('bob').files.accept({ name }));
    await pass(w, 1000);
    expect(readdirSync(folders.bob)).toHaveLength(1);
    expect(path.startsWith(`${folders.bob}/`)).toBe(true);
    if (!name.startsWith('..')) expect(path).toBe(join(folders.bob, expected));
  });

  it('with a hostile name gets a safe one on the other side', async () => {
    const stage = await transferStage();
    await using _ = stage.w;
    await offered(stage, Buffer.from('text'), '-rf "$(x)"\u202Egpj.exe');
    const [id = 0] = transfersOf(stage.bob);
    expect(propertyOf(stage.bob, id, 'FILENAME')).toMatch(/^_rf __\(x\)__gpj\.exe$/);
  });

  it('is sent from the folder of its user only', async () => {
    const stage = await transferStage();
    const { w, folders } = stage;
    await using _ = w;
    const outside = join(folder(), 'secret');
    writeFileSync(outside, 'secret');
    symlinkSync(outside, join(folders.alice, 'link'));
    mkdirSync(join(folders.alice, 'sub'));
    for (const path of [outside, '../secret', 'link', 'sub', 'missing', '/dev/zero']) {
      await expect(atDesk(w, w.exchange.desk('alice').files.send('bob', path))).rejects.toMatchObject({
        code: 'ERR_FILE',
      });
    }
    expect(transfersOf(stage.alice)).toEqual([]);
  });
});

describe('a transfer', () => {
  it.each(['alice', 'bob'])(
    'that %s cancels has failed on the other side, and nothing is left of it',
    async (who) => {
      const stage = await transferStage();
      const { w, alice, bob, folders } = stage;
      await using _ = w;
      const id = await offered(stage, BYTES);
      const [incoming = 0] = transfersOf(bob);
      await atDesk(w, w.exchange.desk('bob').files.accept());
      await pass(w, 1500);
      w.exchange.desk(who).files.cancel();
      await pass(w, 500);
      const ends = [propertyOf(alice, id, 'STATUS'), propertyOf(bob, incoming, 'STATUS')];
      expect(ends).toEqual(who === 'alice' ? ['CANCELLED', 'FAILED'] : ['FAILED', 'CANCELLED']);
      const [client, failed] = who === 'alice' ? ([bob, incoming] as const) : ([alice, id] as const);
      expect(propertyOf(client, failed, 'FAILUREREASON')).toBe('REMOTELY_CANCELLED');
      expect(propertyOf(client, failed, 'BYTESPERSECOND')).toBe('0');
      expect(readdirSync(folders.bob)).toEqual([]);
      expect(() => w.exchange.desk(who).files.cancel()).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_STATE' }),
      );
    },
  );

  it('that the receiver refuses never touches the disk', async () => {
    const stage = await transferStage();
    const { w, alice, folders } = stage;
    await using _ = w;
    const id = await offered(stage, BYTES);
    w.exchange.desk('bob').files.cancel();
    expect(propertyOf(alice, id, 'FAILUREREASON')).toBe('REMOTELY_CANCELLED');
    await expect(atDesk(w, w.exchange.desk('bob').files.accept())).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    expect(readdirSync(folders.bob)).toEqual([]);
  });

  it.each(['alice', 'bob'])('continues where it was when %s comes back', async (who) => {
    const stage = await transferStage();
    const { w, bob, folders } = stage;
    await using _ = w;
    await offered(stage, BYTES);
    const [id = 0] = transfersOf(bob);
    await atDesk(w, w.exchange.desk('bob').files.accept());
    await pass(w, 1500);
    w.exchange.desk(who).setStatus('OFFLINE');
    await pass(w, 5000);
    expect(bob.told(`FILETRANSFER ${id} STATUS`).at(-1)).toBe('CONNECTING');
    expect(propertyOf(bob, id, 'FINISHTIME')).toBe('0');
    w.exchange.desk(who).setStatus('ONLINE');
    await pass(w, 4000);
    expect(bob.told(`FILETRANSFER ${id} STATUS`)).toEqual([
      'NEW',
      'CONNECTING',
      'TRANSFERRING',
      'CONNECTING',
      'TRANSFERRING',
      'COMPLETED',
    ]);
    const counts = bob.told(`FILETRANSFER ${id} BYTESTRANSFERRED`).map(Number);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(readFileSync(join(folders.bob, 'a.bin')).equals(BYTES)).toBe(true);
  });

  it('continues after the exchange was killed', async () => {
    const stateFolder = folder();
    const first = await transferStage({ stateFolder });
    const id = await offered(first, BYTES);
    const waiting = await offered(first, Buffer.from('text'), 'b.txt');
    await atDesk(first.w, first.w.exchange.desk('bob').files.accept());
    await pass(first.w, 2500);
    const [killed, folders] = [folder(), { alice: first.folders.alice, bob: folder() }];
    cpSync(stateFolder, killed, { recursive: true });
    // The folder has the same name after a kill.
    await first.w[Symbol.asyncDispose]();
    expect(readdirSync(first.folders.bob)).toEqual(['a.bin.part']);
    const second = await transferStage({ stateFolder: killed }, { ...folders, bob: first.folders.bob });
    const { w, alice } = second;
    await using _ = w;
    expect(transfersOf(alice, 'ACTIVEFILETRANSFERS')).toEqual([id, waiting]);
    await pass(w, 4000);
    expect(propertyOf(alice, id, 'STATUS')).toBe('COMPLETED');
    expect(readFileSync(join(first.folders.bob, 'a.bin')).equals(BYTES)).toBe(true);
    await atDesk(w, w.exchange.desk('bob').files.accept());
    await pass(w, 2000);
    expect(readFileSync(join(first.folders.bob, 'b.txt'), 'utf8')).toBe('text');
    expect(propertyOf(alice, waiting, 'STATUS')).toBe('COMPLETED');
  });

  it('to an offline user is offered when that user comes online', async () => {
    const stage = await transferStage();
    const { w, alice, bob } = stage;
    await using _ = w;
    w.exchange.desk('bob').setStatus('OFFLINE');
    const id = await offered(stage, BYTES);
    expect(propertyOf(alice, id, 'STATUS')).toBe('WAITING_FOR_ACCEPT');
    expect(transfersOf(bob)).toEqual([]);
    w.exchange.desk('bob').setStatus('ONLINE');
    await pass(w, 100);
    expect(transfersOf(bob, 'ACTIVEFILETRANSFERS')).toHaveLength(1);
  });

  it('can be started only to contacts, and only by users that have a folder', async () => {
    const stage = await transferStage();
    const { w } = stage;
    await using _ = w;
    writeFileSync(join(stage.folders.bob, 'a'), 'a');
    for (const [who, to] of [
      ['bob', 'carol'],
      ['bob', 'nobody.at.all'],
      ['carol', 'alice'],
    ] as const) {
      const sending = atDesk(w, w.exchange.desk(who).files.send(to, 'a'));
      await expect(sending).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    }
  });
});

describe('FAILUREREASON', () => {
  it('FAILED_READ for the sender and FAILED_REMOTE_READ for the receiver of a file that was removed or truncated', async () => {
    const stage = await transferStage();
    const { w, alice, bob, folders } = stage;
    await using _ = w;
    const gone = await offered(stage, BYTES, 'gone.bin');
    rmSync(join(folders.alice, 'gone.bin'));
    await atDesk(w, w.exchange.desk('bob').files.accept());
    await pass(w, 500);
    const short = await offered(stage, BYTES, 'short.bin');
    await atDesk(w, w.exchange.desk('bob').files.accept());
    await pass(w, 1500);
    truncateSync(join(folders.alice, 'short.bin'), 1_500_000);
    await pass(w, 3000);
    expect([gone, short].map((id) => propertyOf(alice, id, 'FAILUREREASON'))).toEqual([
      'FAILED_READ',
      'FAILED_READ',
    ]);
    expect(transfersOf(bob).map((id) => propertyOf(bob, id, 'FAILUREREASON'))).toEqual([
      'FAILED_REMOTE_READ',
      'FAILED_REMOTE_READ',
    ]);
    expect(readdirSync(folders.bob)).toEqual([]);
    expect(w.failures.length).toBeGreaterThan(0);
  });

  it.runIf(canMount)(
    'FAILED_WRITE for the receiver and FAILED_REMOTE_WRITE for the sender on a full disk (needs root)',
    async () => {
      await using disk = smallDisk(2_000_000);
      const stage = await transferStage({}, { alice: folder(), bob: disk.path });
      const { w, alice, bob } = stage;
      await using _ = w;
      const id = await offered(stage, BYTES);
      await atDesk(w, w.exchange.desk('bob').files.accept());
      await pass(w, 4000);
      expect(propertyOf(alice, id, 'FAILUREREASON')).toBe('FAILED_REMOTE_WRITE');
      expect(transfersOf(bob).map((each) => propertyOf(bob, each, 'FAILUREREASON'))).toEqual([
        'FAILED_WRITE',
      ]);
      expect(readdirSync(disk.path)).toEqual([]);
    },
  );

  it('FAILED_WRITE, when the folder was removed', async () => {
    const stage = await transferStage();
    const { w, alice, bob, folders } = stage;
    await using _ = w;
    const id = await offered(stage, BYTES);
    rmSync(folders.bob, { recursive: true });
    await expect(atDesk(w, w.exchange.desk('bob').files.accept())).rejects.toThrow(/ENOENT/);
    expect(propertyOf(alice, id, 'FAILUREREASON')).toBe('FAILED_REMOTE_WRITE');
    expect(transfersOf(bob).map((each) => propertyOf(bob, each, 'FAILUREREASON'))).toEqual(['FAILED_WRITE']);
  });

  it.each([
    ['dora', 'SENDER_NOT_AUTHORIZED'],
    ['carol', 'REMOTE_DOES_NOT_SUPPORT_FT'],
    ['echo123', 'REMOTE_DOES_NOT_SUPPORT_FT'],
  ])('to %s: %s', async (to, reason) => {
    const stage = await transferStage();
    await using _ = stage.w;
    stage.w.client('dora').send('SET USER alice ISAUTHORIZED FALSE');
    const id = await offered(stage, BYTES, 'a.bin', to);
    expect(propertyOf(stage.alice, id, 'STATUS')).toBe('FAILED');
    expect(propertyOf(stage.alice, id, 'FAILUREREASON')).toBe(reason);
  });

  it.each([
    ['while nothing runs', 8, 0],
    ['after a restart', 3, 4],
  ])('REMOTE_OFFLINE_FOR_TOO_LONG, after a week that ends %s', async (_when, daysDown, daysLeft) => {
    const stateFolder = folder();
    const first = await transferStage({ stateFolder });
    first.w.exchange.desk('bob').setStatus('OFFLINE');
    const id = await offered(first, BYTES);
    const killed = folder();
    cpSync(stateFolder, killed, { recursive: true });
    await first.w.clock.advance(WEEK_MS - 1000);
    expect(propertyOf(first.alice, id, 'STATUS')).toBe('WAITING_FOR_ACCEPT');
    await first.w.clock.advance(1000);
    expect(propertyOf(first.alice, id, 'FAILUREREASON')).toBe('REMOTE_OFFLINE_FOR_TOO_LONG');
    await first.w[Symbol.asyncDispose]();

    const clock = new VirtualClock(EPOCH_MS + daysDown * DAY_MS);
    const { w, alice } = await transferStage({ stateFolder: killed }, first.folders, clock);
    await using _ = w;
    w.exchange.desk('bob').setStatus('OFFLINE');
    if (daysLeft > 0) {
      await clock.advance(daysLeft * DAY_MS - 1000);
      expect(propertyOf(alice, id, 'STATUS')).toBe('WAITING_FOR_ACCEPT');
    }
    await clock.advance(1000);
    expect(propertyOf(alice, id, 'FAILUREREASON')).toBe('REMOTE_OFFLINE_FOR_TOO_LONG');
  });
});
