import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printedOn, replayPrinted, sourcesOf } from '../printed.js';
import { folder, world } from '../world.js';
import { atDesk, offered, pass, transferStage, transfersOf } from './transfer-stage.js';

const NAME = 'This is test file.mp3';

describe('the examples of file transfers, replayed', () => {
  it('3070: both views, with times and speeds of the exchange', async () => {
    const folders = { Test: folder(), Test2: folder() };
    await using w = await world({
      transferBytesPerSecond: 500_000,
      users: [
        { handle: 'Test', contacts: ['Test2'], transferFolder: folders.Test },
        { handle: 'Test2', contacts: ['Test'], transferFolder: folders.Test2 },
      ],
    });
    const clients = [w.client('Test'), w.client('Test2')];
    writeFileSync(join(folders.Test, NAME), randomBytes(2_193_720));
    const lines = printedOn(3070);
    const begun = lines.findIndex(({ line }) => line.includes('1250 FILEPATH'));
    const ids = new Map<string, string>();
    await replayPrinted(w, clients, lines, {
      who: ({ line }) => (line.includes(' 1250 ') ? 1 : 0),
      // The other captures have the size of a file that comes in, and when the sender's bytes are all out.
      besides: /^(USER|FILETRANSFER 2 FILESIZE)/,
      async before(_w, _line, index) {
        if (index === 0) await atDesk(w, w.exchange.desk('Test').files.send('Test2', NAME));
        if (index !== begun) return;
        await atDesk(w, w.exchange.desk('Test2').files.accept());
        await pass(w, 8000);
      },
      here(line, index) {
        const who = line.includes(' 1250 ') ? 1 : 0;
        const words = line.split(' ');
        ids.set(words[1] ?? '', String(who + 1));
        const property = words[2] ?? '';
        const paths = [join(folders.Test, NAME), join(folders.Test2, NAME)];
        const value = words.slice(3).join(' ');
        const measured =
          /^(STARTTIME|FINISHTIME|BYTESPERSECOND|BYTESTRANSFERRED)$/.test(property) && value !== '0';
        const told = (clients[who]?.told(`FILETRANSFER ${who + 1} ${property}`) ?? []).filter(
          (each) => each !== '0',
        );
        const before = lines
          .slice(0, index)
          .filter(
            (each) =>
              each.line.startsWith(`FILETRANSFER ${words[1]} ${property} `) && !each.line.endsWith(' 0'),
          );
        const here = property === 'FILEPATH' ? paths[who] : measured ? told[before.length] : value;
        return `FILETRANSFER ${who + 1} ${property} ${here}`;
      },
    });
    expect([...ids.values()].sort()).toEqual(['1', '2']);
    await pass(w, 1000);
    expect(clients.map((client) => client.lines.at(-1))).toEqual([
      'FILETRANSFER 1 STATUS COMPLETED',
      'FILETRANSFER 2 STATUS COMPLETED',
    ]);
  });

  it('1609 to 1627: searches', async () => {
    const stage = await transferStage();
    const { w, alice } = stage;
    await using _ = w;
    await replayPrinted(w, [alice], printedOn(1609, 1611, 1623, 1625));
    const id = await offered(stage, Buffer.from('text'));
    await replayPrinted(w, [alice], printedOn(1627), { here: (line) => line.replace('1411', String(id)) });
    // The printed order of line 1613 is that of nothing: here the oldest is first.
    await offered(stage, Buffer.from('text'), 'b');
    expect(transfersOf(alice)).toHaveLength(2);
  });

  it('include all that concern file transfers, except for the window', () => {
    const replayed = new Set([3070, 1609, 1611, 1613, 1623, 1625, 1627]);
    const spoken = sourcesOf(/(?<!OPEN )\bFILETRANSFERS?\b|ACTIVEFILETRANSFERS/);
    expect(spoken.filter((source) => !replayed.has(source))).toEqual([]);
  });
});
