import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OBJECTS } from '../../../src/protocol/catalogue/objects.js';
import { folder, world } from '../world.js';

describe('SET of a general parameter', () => {
  it.each([
    ['SET WINDOWSTATE MAXIMIZED', 'WINDOWSTATE MAXIMIZED', 2],
    ['SET WINDOWSTATE hidden', 'WINDOWSTATE HIDDEN', 2],
    ['SET UI_LANGUAGE de', 'UI_LANGUAGE de', 3],
    ['SET WALLPAPER', 'WALLPAPER ', 2],
    ['SET SILENT_MODE ON', 'SILENT_MODE ON', 1],
    ['SET AUTOAWAY OFF', 'AUTOAWAY OFF', 1],
    ['SET AUDIO_IN', 'AUDIO_IN ', 1],
  ])(
    '%s is answered and notified as in the examples of the reference: %j, %i times in all',
    async (command, line, times) => {
      await using w = await world();
      const [client, other] = [w.client(), w.client()];
      expect(client.send(command)).toEqual(Array.from({ length: times }, () => line));
      expect(other.fresh()).toEqual(Array.from({ length: times - 1 }, () => line));
      // Also when it is what it was; only the answer has the identifier.
      expect(client.send(`#7 ${command}`)).toEqual([
        `#7 ${line}`,
        ...Array.from({ length: times - 1 }, () => line),
      ]);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'SET WALLPAPER of a file that is not there is ERROR 111, as the example of the reference has it',
    async () => {
      const root = folder();
      writeFileSync(join(root, 'test.png'), '');
      await using w = await world({ fileRoots: [root] });
      const [client, other] = [w.client(), w.client()];
      const answer = async (command: string) => {
        const [told] = await Promise.all([client.next(() => true), client.send(command)]);
        return told;
      };
      const there = `WALLPAPER ${join(root, 'test.png')}`;
      expect(await answer(`SET ${there}`)).toBe(there);
      expect(other.fresh()).toEqual([there]);
      for (const path of [join(root, 'wrongfile.png'), join(root, 'no/folder.png'), root, '/etc/hostname']) {
        expect(await answer(`SET WALLPAPER ${path}`)).toMatch(/^ERROR 111 /);
      }
      expect(client.send('GET WALLPAPER')).toEqual([there]);
      expect(other.fresh()).toEqual([]);
    },
  );

  it('FOCUS and MINIMIZE notify the state of the window after their answer', async () => {
    await using w = await world();
    const client = w.client();
    expect(client.send('MINIMIZE')).toEqual(['MINIMIZE', 'WINDOWSTATE HIDDEN']);
    expect(client.send('GET WINDOWSTATE')).toEqual(['WINDOWSTATE HIDDEN']);
    expect(client.send('FOCUS')).toEqual(['FOCUS', 'WINDOWSTATE NORMAL']);
    client.send('SET WINDOWSTATE MAXIMIZED');
    expect(client.send('FOCUS')).toEqual(['FOCUS', 'WINDOWSTATE MAXIMIZED']);
  });

  it('words ERROR 53 as the example of the reference does', async () => {
    await using w = await world();
    expect(w.client().send('SET AUTOAWAY BANANA')).toEqual(['ERROR 53 SET AUTOAWAY invalid value']);
  });
});

describe('RINGTONE', () => {
  it('SET RINGTONE n STATUS switches it and keeps the file; GET RINGTONE n STATUS answers ON or OFF', async () => {
    const root = folder();
    mkdirSync(join(root, 'C:/WINDOWS/Media'), { recursive: true });
    for (const name of ['C:/WINDOWS/Media/ta da.wav', 'status.wav']) writeFileSync(join(root, name), '');
    await using w = await world({ fileRoots: [root] });
    const client = w.client();
    const talk: readonly (readonly [string, string])[] = [
      ['GET RINGTONE 1', 'RINGTONE 1 call_in'],
      ['GET RINGTONE 1 STATUS', 'RINGTONE 1 ON'],
      ['SET RINGTONE 1 C:/WINDOWS/Media/ta da.wav', 'RINGTONE 1 C:/WINDOWS/Media/ta da.wav'],
      ['SET RINGTONE 1 STATUS OFF', 'RINGTONE 1 OFF'],
      ['GET RINGTONE 1 STATUS', 'RINGTONE 1 OFF'],
      ['GET RINGTONE 1', 'RINGTONE 1 C:/WINDOWS/Media/ta da.wav'],
      ['set ringtone 1 status on', 'ringtone 1 ON'],
      ['GET RINGTONE 1 STATUS', 'RINGTONE 1 ON'],
      ['SET RINGTONE 1 status.wav', 'RINGTONE 1 status.wav'],
      ['GET RINGTONE 1 STATUS', 'RINGTONE 1 ON'],
      ['SET RINGTONE 1 STATUS LOUD', 'ERROR 115 Invalid ringtone'],
      ['SET RINGTONE 1 STATUS', 'ERROR 115 Invalid ringtone'],
      ['SET RINGTONE 2 x.wav', 'ERROR 115 Invalid ringtone'],
      ['GET RINGTONE 2', 'ERROR 115 Invalid ringtone'],
      ['SET RINGTONE 1', 'ERROR 111 File not found'],
      ['GET RINGTONE 1', 'RINGTONE 1 status.wav'],
    ];
    for (const [command, answer] of talk) {
      const line = client.next(() => true);
      client.send(command);
      expect([command, (await line).replace('ringtone', 'RINGTONE')]).toEqual([
        command,
        answer.replace('ringtone', 'RINGTONE'),
      ]);
    }
    for (const nothing of [
      'SET RINGTONE 1 none.wav',
      'SET RINGTONE 1 ../x.wav',
      'SET RINGTONE 1 /etc/hostname',
    ]) {
      const line = client.next(() => true);
      client.send(nothing);
      expect(await line).toMatch(/^ERROR 111 /);
    }
    expect(client.send('SET RINGTONE 1 call_in')).toEqual(['RINGTONE 1 call_in']);
  });
});

describe('CREATE and DELETE', () => {
  it('are refused for objects that no client creates or deletes', async () => {
    await using w = await world();
    const client = w.client();
    const answers = Object.keys(OBJECTS).flatMap((object) => [
      client.send(`CREATE ${object} 1`)[0]?.split(' ').slice(0, 2).join(' '),
      client.send(`DELETE ${object} 1`)[0]?.split(' ').slice(0, 2).join(' '),
    ]);
    const refused = Object.keys(OBJECTS).filter(
      (_, at) => answers[2 * at] === 'ERROR 537' && answers[2 * at + 1] === 'ERROR 539',
    );
    const made = ['SMS', 'APPLICATION', 'GROUP', 'MENU_ITEM', 'EVENT'];
    expect(refused).toEqual(Object.keys(OBJECTS).filter((object) => !made.includes(object)));
  });
});

describe('CREATE', () => {
  it.each([
    ['CREATE EVENT test1 CAPTION "Test message" HINT "Test message hint"', 'EVENT test1 CREATED'],
    ['#4 CREATE EVENT e CAPTION x HINT y', '#4 EVENT e CREATED'],
    ['create menu_item test01 CONTEXT contact CAPTION "TEST 01" ENABLED true', 'MENU_ITEM test01 CREATED'],
    ['CREATE APPLICATION toru', 'CREATE APPLICATION toru'],
    ['CREATE EVENT', 'ERROR 536 CREATE EVENT: the id must begin with a letter'],
    ['CREATE MENU_ITEM 1x CONTEXT tools', 'ERROR 536 CREATE MENU_ITEM: the id must begin with a letter'],
    ['DELETE EVENT test1', 'DELETE EVENT test1'],
  ])('of an event or a menu item is answered with CREATED: %s', async (command, answer) => {
    await using w = await world();
    expect(w.client().send(command)).toEqual([answer]);
  });
});
