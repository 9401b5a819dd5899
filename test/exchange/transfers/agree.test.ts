import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const BYTES = Buffer.alloc(1_500_000, 'a');

/** Statuses of alice's transfer and of bob's. */
function statuses({ alice, bob }: TransferStage): string[] {
  return [alice, bob].flatMap((client) =>
    transfersOf(client).map((id) => propertyOf(client, id, 'STATUS') ?? ''),
  );
}

/** Does something with a file that alice sends to bob, and gives the folders that it leaves. */
async function kept(act: (stage: TransferStage) => Promise<void>) {
  const stateFolder = folder();
  const stage = await transferStage({ stateFolder });
  await offered(stage, BYTES);
  await atDesk(stage.w, stage.w.exchange.desk('bob').files.accept());
  await act(stage);
  await stage.w[Symbol.asyncDispose]();
  return { stateFolder, folders: stage.folders };
}

const ACTS = {
  arrives: (stage: TransferStage) => pass(stage.w, 2000),
  'the sender cancels': async ({ w }: TransferStage) => {
    await pass(w, 500);
    w.exchange.desk('alice').files.cancel();
  },
  'the receiver cancels': async ({ w }: TransferStage) => {
    await pass(w, 500);
    w.exchange.desk('bob').files.cancel();
  },
  'is paused and goes on': async ({ w }: TransferStage) => {
    await pass(w, 500);
    w.exchange.desk('alice').files.pause();
    w.exchange.desk('bob').files.pause();
    w.exchange.desk('alice').files.resume();
    w.exchange.desk('bob').files.resume();
  },
};

describe('both sides of a file transfer that', () => {
  it.each(Object.entries(ACTS))('%s agree, wherever between two writes it was killed', async (_, act) => {
    const { stateFolder, folders } = await kept(act);
    const lines = readFileSync(join(stateFolder, 'exchange.jsonl'), 'utf8').trimEnd().split('\n');
    const first = lines.findIndex((line) => line.toUpperCase().includes('FILETRANSFER'));
    for (let at = first + 1; at <= lines.length; at++) {
      const [killed, bob] = [folder(), folder()];
      cpSync(stateFolder, killed, { recursive: true });
      cpSync(folders.bob, bob, { recursive: true });
      const written = lines.slice(0, at).map((line) => line.replaceAll(folders.bob, bob));
      // What it had written then, there is now; what came of it later is not.
      if (!written.some((line) => line.includes(bob))) rmSync(join(bob, 'a.bin.part'), { force: true });
      writeFileSync(join(killed, 'exchange.jsonl'), `${written.join('\n')}\n`);
      const stage = await transferStage({ stateFolder: killed }, { alice: folders.alice, bob });
      await using _w = stage.w;
      const desk = stage.w.exchange.desk('bob');
      await pass(stage.w, 200);
      for (const who of ['alice', 'bob']) {
        const { files, state } = stage.w.exchange.desk(who);
        for (const { id, status } of state.transfers) if (status === 'PAUSED') files.resume(id);
      }
      for (const { id, waits } of desk.state.transfers)
        if (waits) await atDesk(stage.w, desk.files.accept({ id }));
      await pass(stage.w, 2500);
      const ends = statuses(stage);
      const told = `${ends.join(', ')} after ${at} of ${lines.length} lines`;
      expect(
        ends.filter((status) => !/^(COMPLETED|CANCELLED|FAILED)$/.test(status)),
        told,
      ).toEqual([]);
      expect(ends.filter((status) => status === 'COMPLETED').length % 2, told).toBe(0);
      expect(
        readdirSync(bob).filter((name) => name.endsWith('.part')),
        told,
      ).toEqual([]);
    }
  });
});
