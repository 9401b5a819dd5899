import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folder, settle, world } from '../world.js';

it('HOOK, READY and CLOSE are answered as in early releases, or refused with their own errors', async () => {
  await using w = await world();
  const alice = w.client();
  for (const command of [
    'HOOK ON',
    'hook off',
    'READY YES',
    'READY no',
    'CLOSE DIALPAD',
    'close USERINFO bob',
  ]) {
    expect(alice.send(command)).toEqual([command]);
    expect(alice.send(`#1 ${command}`)).toEqual([`#1 ${command}`]);
  }
  for (const [commands, answer] of [
    [['HOOK', 'HOOK MAYBE', 'HOOK ON OFF'], 'ERROR 52 invalid parameter'],
    [['READY', 'READY ON', 'READY YES NO'], 'ERROR 51 invalid parameter'],
    [['CLOSE', 'CLOSE NONSENSE', 'CLOSE __proto__ x'], 'ERROR 113 Close: invalid WHAT'],
  ] as const) {
    for (const command of commands) expect([command, ...alice.send(command)]).toEqual([command, answer]);
  }
});

it('CLOSE closes only a window that OPEN has opened', async () => {
  await using w = await world();
  const alice = w.client();
  const windows = () =>
    w.exchange
      .endpoint('alice')
      .user.screen.windows.map(({ what, argument }) => `${what} ${argument}`.trim());
  alice.send('OPEN USERINFO bob');
  alice.send('OPEN USERINFO carol');
  alice.send('OPEN OPTIONS general');
  alice.send('CLOSE USERINFO bob');
  expect(windows()).toEqual(['CONTACTS', 'USERINFO carol', 'OPTIONS general']);
  alice.send('CLOSE OPTIONS');
  expect(windows()).toEqual(['CONTACTS', 'USERINFO carol']);
});

it('TRANSFER opens the window to send files, to contacts, from an existing folder', async () => {
  const root = folder();
  await using w = await world({
    fileRoots: [root],
    users: [{ handle: 'alice', contacts: ['bob'] }, { handle: 'bob' }, { handle: 'carol' }],
  });
  const alice = w.client();
  const answer = async (command: string) => {
    const before = alice.lines.length;
    alice.send(command);
    while (alice.lines.length === before) {
      await settle();
      await w.clock.advance(1);
    }
    return alice.lines.at(-1);
  };
  expect(await answer('TRANSFER bob')).toBe('TRANSFER bob');
  expect(await answer(`TRANSFER bob IN ${root}`)).toBe(`TRANSFER bob IN ${root}`);
  expect(w.exchange.endpoint('alice').user.screen.front.what).toBe('FILETRANSFER');
  expect(await answer('TRANSFER carol')).toMatch(/^ERROR 108 user not contact$/i);
  expect(await answer(`TRANSFER bob IN ${join(root, 'none')}`)).toMatch(/^ERROR 109 /);
  expect(await answer('TRANSFER')).toMatch(/^ERROR 4 /);
  expect(await answer('TRANSFER !')).toMatch(/^ERROR 70 /);
});
