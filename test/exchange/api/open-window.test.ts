import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type TargetSpec, WINDOWS } from '../../../src/protocol/catalogue/windows.js';
import { folder, settle, type World, world } from '../world.js';

const MANY = Array.from({ length: 11 }, (_, index) => `friend${index}`);

async function stage(): Promise<World> {
  const root = folder();
  mkdirSync(join(root, 'C:\\temp'));
  mkdirSync(join(root, 'with blanks in it'));
  writeFileSync(join(root, 'file.txt'), '');
  return world({
    users: [{ handle: 'alice', contacts: ['myfriend', 'other', ...MANY] }, { handle: 'bob' }],
    fileRoots: [root],
  });
}

/** Sends a command that may look at the disk. @returns its answer. */
async function ask(w: World, command: string): Promise<string> {
  const client = w.client();
  client.send(command);
  while (client.fresh().length === 0) {
    await settle();
    await w.clock.advance(1);
  }
  return client.lines.at(-1) ?? '';
}

describe('OPEN', () => {
  it.each(
    Object.keys(WINDOWS).filter(
      (what) => (WINDOWS as Record<string, TargetSpec>)[what]?.argument === undefined,
    ),
  )('%s opens, echoes the command, and takes no further words', async (what) => {
    await using w = await stage();
    expect(await ask(w, `OPEN ${what.toLowerCase()}`)).toBe(`OPEN ${what.toLowerCase()}`);
    expect(w.exchange.desk().state.front.what).toBe(what);
    expect(await ask(w, `OPEN ${what} x`)).toMatch(/^ERROR 69 /);
  });

  it.each([
    ['ADDAFRIEND', ''],
    ['ADDAFRIEND', 'bob'],
    ['USERINFO', 'nobody.knows'],
    ['OPTIONS', 'nonsense'],
    ['OPTIONS', ''],
    ['AUTHORIZATION', 'bob'],
    ['SENDCONTACTS', 'bob myfriend  other'],
    ['FILETRANSFER', 'myfriend'],
    ['FILETRANSFER', 'myfriend, other'],
    ['FILETRANSFER', 'myfriend IN C:\\temp'],
    ['FILETRANSFER', 'myfriend,other in with blanks in it'],
    ['FILETRANSFER', 'myfriend IN .'],
  ])('%s %s opens', async (what, argument) => {
    await using w = await stage();
    const command = `OPEN ${what}${argument && ` ${argument}`}`;
    expect(await ask(w, command)).toBe(command);
    expect(w.exchange.desk().state.front).toEqual({ what, argument });
  });

  it.each([
    [69, ''],
    [69, 'NONSENSE'],
    [69, 'IN'],
    [69, 'constructor'],
    [70, 'IM'],
    [70, 'IM b!b hello'],
    [70, 'USERINFO'],
    [70, 'USERINFO b$b'],
    [70, 'ADDAFRIEND a/b'],
    [70, 'AUTHORIZATION'],
    [117, 'AUTHORIZATION myfriend'],
    [4, 'SENDCONTACTS'],
    [70, 'SENDCONTACTS bob !'],
    [4, 'FILETRANSFER'],
    [4, 'FILETRANSFER IN C:\\temp'],
    [108, 'FILETRANSFER echo123 IN C:\\temp'],
    [108, 'FILETRANSFER myfriend, bob'],
    [109, 'FILETRANSFER myfriend IN C:\\none'],
    [109, 'FILETRANSFER myfriend IN'],
    [109, 'FILETRANSFER myfriend IN file.txt'],
    [109, 'FILETRANSFER myfriend IN ..'],
    [109, 'FILETRANSFER myfriend IN /etc'],
    [112, `FILETRANSFER ${MANY.join(', ')}`],
    [512, 'VOICEMAIL 77'],
    [512, 'VOICEMAIL x'],
  ])('error %i: OPEN %s', async (number, what) => {
    await using w = await stage();
    const before = w.exchange.desk().state.windows;
    expect(await ask(w, `OPEN ${what}`)).toMatch(new RegExp(`^ERROR ${number} `));
    expect(w.exchange.desk().state.windows).toEqual(before);
  });

  it('lays windows over each other; at most fifty stay', async () => {
    await using w = await stage();
    const client = w.client();
    client.send('OPEN OPTIONS');
    client.send('OPEN USERINFO bob');
    client.send('OPEN CONTACTS');
    client.send('OPEN OPTIONS');
    const desk = w.exchange.desk();
    expect(desk.state.windows.map(({ what }) => what)).toEqual(['CONTACTS', 'USERINFO', 'OPTIONS']);
    desk.close('OPTIONS');
    expect(desk.state.front.what).toBe('USERINFO');
    for (let i = 0; i < 200; i++) client.send(`OPEN USERINFO user${i}`);
    expect(desk.state.windows).toHaveLength(51);
  });
});
