import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder } from '../world.js';
import {
  atDesk,
  offered,
  pass,
  propertyOf,
  type TransferStage,
  transferStage,
  transfersOf,
} from './transfer-stage.js';

const BYTES = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * 7) % 251));

/** Statuses of both sides. */
function statuses({ alice, bob }: TransferStage): (string | undefined)[] {
  const [here = 0] = transfersOf(alice);
  const [there = 0] = transfersOf(bob);
  return [propertyOf(alice, here, 'STATUS'), propertyOf(bob, there, 'STATUS')];
}

describe('a transfer that is paused', () => {
  it('continues when neither side pauses it', async () => {
    const stage = await transferStage();
    const { w, alice, folders } = stage;
    await using _ = w;
    const id = await offered(stage, BYTES);
    const [sender, receiver] = [w.exchange.desk('alice').files, w.exchange.desk('bob').files];
    expect(() => sender.pause()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    await atDesk(w, receiver.accept());
    await pass(w, 1500);
    sender.pause();
    expect(statuses(stage)).toEqual(['PAUSED', 'REMOTELY_PAUSED']);
    await pass(w, 5000);
    const moved = propertyOf(alice, id, 'BYTESTRANSFERRED');
    expect(Number(moved)).toBeLessThan(BYTES.length);
    expect(propertyOf(alice, id, 'BYTESPERSECOND')).toBe('0');
    receiver.pause();
    expect(statuses(stage)).toEqual(['PAUSED', 'PAUSED']);
    sender.resume();
    expect(statuses(stage)).toEqual(['REMOTELY_PAUSED', 'PAUSED']);
    expect(() => sender.resume()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    await pass(w, 5000);
    expect(propertyOf(alice, id, 'BYTESTRANSFERRED')).toBe(moved);
    // Who comes and goes changes nothing.
    w.exchange.desk('alice').setStatus('OFFLINE');
    w.exchange.desk('alice').setStatus('ONLINE');
    expect(statuses(stage)).toEqual(['REMOTELY_PAUSED', 'PAUSED']);
    receiver.resume();
    await pass(w, 4000);
    expect(statuses(stage)).toEqual(['COMPLETED', 'COMPLETED']);
    expect(readFileSync(join(folders.bob, 'a.bin')).equals(BYTES)).toBe(true);
  });

  it('stays paused over a restart, and leaves no file when it is cancelled', async () => {
    const stateFolder = folder();
    const first = await transferStage({ stateFolder });
    await offered(first, BYTES);
    await atDesk(first.w, first.w.exchange.desk('bob').files.accept());
    await pass(first.w, 1500);
    first.w.exchange.desk('bob').files.pause();
    await first.w[Symbol.asyncDispose]();
    const second = await transferStage({ stateFolder }, first.folders);
    await using _ = second.w;
    await pass(second.w, 3000);
    expect(statuses(second)).toEqual(['REMOTELY_PAUSED', 'PAUSED']);
    second.w.exchange.desk('alice').files.cancel();
    await pass(second.w, 100);
    expect(statuses(second)).toEqual(['CANCELLED', 'FAILED']);
    expect(readdirSync(first.folders.bob)).toEqual([]);
  });

  it('ends with an exchange that has no state folder', async () => {
    const stage = await transferStage();
    await offered(stage, BYTES);
    await atDesk(stage.w, stage.w.exchange.desk('bob').files.accept());
    await pass(stage.w, 1500);
    stage.w.exchange.desk('bob').files.pause();
    await stage.w[Symbol.asyncDispose]();
    expect(readdirSync(stage.folders.bob)).toEqual([]);
  });
});

it('a file of more than 4 GiB is resumed near its end, with the right sizes and bytes', async () => {
  const size = 5 * 2 ** 30 + 12_345;
  const from = size - 1_500_000;
  const stateFolder = folder();
  const first = await transferStage({ stateFolder });
  const big = join(first.folders.alice, 'big.bin');
  writeFileSync(big, '');
  truncateSync(big, size);
  const file = openSync(big, 'r+');
  writeSync(file, BYTES, 0, size - from, from);
  closeSync(file);
  const [id = 0] = await atDesk(first.w, first.w.exchange.desk('alice').files.send('bob', 'big.bin'));
  await pass(first.w, 100);
  await atDesk(first.w, first.w.exchange.desk('bob').files.accept());
  await pass(first.w, 500);
  await first.w[Symbol.asyncDispose]();
  // As if all but the end of it had arrived: the file has no blocks on the disk, on either side.
  truncateSync(join(first.folders.bob, 'big.bin.part'), from);
  const second = await transferStage({ stateFolder }, first.folders);
  const { w, alice, bob } = second;
  await using _ = w;
  await pass(w, 3000);
  expect(propertyOf(alice, id, 'STATUS')).toBe('COMPLETED');
  const [incoming = 0] = transfersOf(bob);
  const counts = bob.told(`FILETRANSFER ${incoming} BYTESTRANSFERRED`);
  expect(counts.map(Number).filter((count) => count > 2 ** 32)).toEqual([from + 1_000_000, size]);
  expect(propertyOf(bob, incoming, 'FILESIZE')).toBe(String(size));
  const arrived = join(first.folders.bob, 'big.bin');
  expect(statSync(arrived).size).toBe(size);
  const end = Buffer.alloc(size - from);
  const read = openSync(arrived, 'r');
  expect(readSync(read, end, 0, end.length, from)).toBe(end.length);
  closeSync(read);
  expect(end.equals(BYTES.subarray(0, end.length))).toBe(true);
});
