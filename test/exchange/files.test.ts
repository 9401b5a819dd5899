import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readVoice } from '../../src/exchange/voice/prompt-files.js';
import { until } from '../turns.js';
import { canMount, smallDisk } from './disk.js';
import { tone } from './transcripts.js';
import { CountingCard, counted, redirected, talk } from './voice-stage.js';
import { folder, world } from './world.js';

/** A folder for FILE, and one beside it that is none of the endpoint's business. */
function neighbours(): { root: string; outside: string } {
  const parent = folder();
  const [root, outside] = ['root', 'outside'].map((name) => join(parent, name)) as [string, string];
  mkdirSync(root);
  mkdirSync(outside);
  return { root, outside };
}

const REFUSED = /^ERROR 589 ALTER CALL: unable to alter input\/output: /;

describe('FILE leads nowhere outside its folders', () => {
  it.each([
    ['a link to a file', 'target.wav', 'link.wav', /is outside/],
    ['a link to a file that is not there', 'new.wav', 'link.wav', /is outside/],
    ['a link to a folder', '.', 'link/new.wav', /is outside/],
  ])('%s', async (_what, target, path, reason) => {
    const { root, outside } = neighbours();
    await tone(join(outside, 'target.wav'), 100);
    symlinkSync(join(outside, target), join(root, path.split('/')[0] ?? ''));
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    for (const stream of ['SET_INPUT', 'SET_OUTPUT', 'SET_CAPTURE_MIC']) {
      const answer = await redirected(alice, `ALTER CALL ${out} ${stream} FILE="${path}"`);
      expect(answer).toMatch(REFUSED);
      expect(answer).toMatch(reason);
    }
    expect(readdirSync(outside)).toEqual(['target.wav']);
  });

  it('a link from one of its folders to another is followed', async () => {
    const { root, outside: second } = neighbours();
    symlinkSync(second, join(root, 'second'));
    await using w = await world({ fileRoots: [root, second] });
    const { alice, out } = await talk(w);
    expect(await redirected(alice, `ALTER CALL ${out} SET_OUTPUT FILE="second/a.wav"`)).toMatch(/^ALTER/);
    expect(existsSync(join(second, 'a.wav'))).toBe(true);
  });

  it.each([
    '..',
    '.',
    '../root-and-more/a.wav',
    'a/../../outside/a.wav',
    '/etc/passwd',
    '/proc/self/environ',
    'none/a.wav',
    'file.wav/a.wav',
    `${'x'.repeat(300)}.wav`,
  ])('%s', async (path) => {
    const { root } = neighbours();
    mkdirSync(`${root}-and-more`);
    writeFileSync(join(root, 'file.wav'), '');
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    for (const stream of ['SET_INPUT', 'SET_OUTPUT']) {
      expect(await redirected(alice, `ALTER CALL ${out} ${stream} FILE="${path}"`)).toMatch(REFUSED);
    }
    expect(readdirSync(`${root}-and-more`)).toEqual([]);
  });

  it('a file that is not regular does not block and is not replaced', async () => {
    const { root } = neighbours();
    mkdirSync(join(root, 'folder.wav'));
    expect(spawnSync('mkfifo', [join(root, 'pipe.wav')]).status).toBe(0);
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    for (const path of ['folder.wav', 'pipe.wav']) {
      for (const stream of ['SET_INPUT', 'SET_OUTPUT']) {
        expect(await redirected(alice, `ALTER CALL ${out} ${stream} FILE="${path}"`)).toMatch(
          /is not a regular file$/,
        );
      }
    }
    expect(readdirSync(root).sort()).toEqual(['folder.wav', 'pipe.wav']);
  });
});

describe('a FILE that is written', () => {
  it('belongs to one stream; another stream gets it once the first is over', async () => {
    const root = folder();
    const card = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }],
      fileRoots: [root],
    });
    const { alice, bob, out, in_ } = await talk(w);
    expect(await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`)).toMatch(/^ALTER/);
    expect(await redirected(alice, `ALTER CALL ${out} SET_CAPTURE_MIC FILE="./a.wav"`)).toMatch(
      new RegExp(`${REFUSED.source}CALL ${in_} OUTPUT is being written to .*a\\.wav$`),
    );
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT SOUNDCARD="default"`);
    await until(async () =>
      (await redirected(alice, `ALTER CALL ${out} SET_CAPTURE_MIC FILE="a.wav"`)).startsWith('ALTER'),
    );
  });

  it.each([
    ['owned', 'ours.wav', 'answered'],
    ['written', 'ours.wav', 'refused'],
    ['any', 'ours.wav', 'answered'],
    ['owned', 'theirs.wav', 'refused'],
    ['written', 'theirs.wav', 'refused'],
    ['any', 'theirs.wav', 'answered'],
  ] as const)('with overwriteFiles %j, over an existing %s, is %s', async (overwriteFiles, name, is) => {
    if (name === 'theirs.wav' && process.geteuid?.() !== 0) return;
    const root = folder();
    writeFileSync(join(root, name), 'what was there');
    if (name === 'theirs.wav') chownSync(join(root, name), 65_534, 65_534);
    await using w = await world({ fileRoots: [root], overwriteFiles });
    const { bob, in_ } = await talk(w);
    const first = await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="${name}"`);
    if (is === 'answered') {
      expect(first).toMatch(/^ALTER/);
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT`);
      expect(await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="${name}"`)).toMatch(/^ALTER/);
    } else {
      expect(first).toMatch(/already exists and must not be overwritten$/);
      expect(readFileSync(join(root, name), 'utf8')).toBe('what was there');
    }
  });

  it('is started again by the stream that wrote it before', async () => {
    const root = folder();
    const card = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }],
      fileRoots: [root],
    });
    const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`);
    });
    await w.clock.advance(990);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT`);
    await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`);
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${out} HANGUP`);
    await w.exchange.close();
    const heard = await readVoice(join(root, 'a.wav'));
    expect(heard).toEqual(Int16Array.from({ length: 16_000 }, (_, i) => counted(16_000 + i)));
  });

  it.skipIf(!canMount)(
    'on a full disk stays valid, and the failure is reported; the call goes on (skipped where no disk can be mounted)',
    async () => {
      await using disk = smallDisk(128 * 1024);
      const card = new CountingCard();
      const w = await world({
        users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }],
        fileRoots: [disk.path],
      });
      const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
        await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="a.wav"`);
      });
      // 32 kB a second.
      await w.clock.advance(10_000);
      expect(bob.told(`CALL ${in_} DURATION`).at(-1)).toBe('10');
      alice.send(`ALTER CALL ${out} HANGUP`);
      await w[Symbol.asyncDispose]();
      expect(w.failures).toEqual([expect.objectContaining({ code: 'ERR_FILE' })]);
      const heard = await readVoice(join(disk.path, 'a.wav'));
      expect(heard.length).toBeGreaterThan(2 * 16_000);
      expect(heard).toEqual(Int16Array.from({ length: heard.length }, (_, i) => counted(i)));
    },
  );
});

describe('a FILE that is read and to be written at once', () => {
  const names = (root: string): [what: string, name: string][] => [
    ['the same name', 'in.wav'],
    ['another spelling', './in.wav'],
    ['its whole path', join(root, 'in.wav')],
    ['a link', 'link.wav'],
    ['a hard link', 'hard.wav'],
    ['a link to its folder', 'here/in.wav'],
  ];

  it.each([0, 1, 2, 3, 4, 5])('is refused, and not emptied, by any name: %i', async (index) => {
    const root = folder();
    await tone(join(root, 'in.wav'), 100);
    symlinkSync(join(root, 'in.wav'), join(root, 'link.wav'));
    linkSync(join(root, 'in.wav'), join(root, 'hard.wav'));
    symlinkSync(root, join(root, 'here'));
    const before = readFileSync(join(root, 'in.wav'));
    const [, name = ''] = names(root)[index] ?? [];
    await using w = await world({ fileRoots: [root] });
    const { alice, bob, out, in_ } = await talk(w);
    expect(await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="in.wav"`)).toMatch(/^ALTER/);
    for (const [client, id, stream] of [
      [alice, out, 'SET_OUTPUT'],
      [alice, out, 'SET_CAPTURE_MIC'],
      [bob, in_, 'SET_OUTPUT'],
    ] as const) {
      expect(await redirected(client, `ALTER CALL ${id} ${stream} FILE="${name}"`)).toMatch(
        /is being read and must not/,
      );
    }
    for (const file of ['in.wav', 'hard.wav']) expect(readFileSync(join(root, file))).toEqual(before);
    // When it is read no more, it may be.
    await redirected(alice, `ALTER CALL ${out} SET_INPUT SOUNDCARD="default"`);
    await until(async () =>
      (await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="${name}"`)).startsWith('ALTER'),
    );
  });

  it('is not read while it is written', async () => {
    const root = folder();
    symlinkSync(join(root, 'a.wav'), join(root, 'link.wav'));
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    expect(await redirected(alice, `ALTER CALL ${out} SET_OUTPUT FILE="a.wav"`)).toMatch(/^ALTER/);
    linkSync(join(root, 'a.wav'), join(root, 'hard.wav'));
    for (const name of ['a.wav', './a.wav', 'link.wav', 'hard.wav']) {
      expect(await redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="${name}"`)).toMatch(
        /is being written to/,
      );
    }
  });

  it('is refused to one of two streams that want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      const root = folder();
      await tone(join(root, 'in.wav'), 100);
      await using w = await world({ fileRoots: [root] });
      const { alice, bob, out, in_ } = await talk(w);
      const answers = await Promise.all([
        redirected(alice, `ALTER CALL ${out} SET_INPUT FILE="in.wav"`),
        redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="in.wav"`),
      ]);
      expect(answers.filter((answer) => answer.startsWith('ALTER'))).toHaveLength(1);
    }
  });

  it('written by a stream already, is refused to it under the name of a link, or twice in one list', async () => {
    const root = folder();
    const card = new CountingCard();
    await using w = await world({
      users: [{ handle: 'alice', soundCard: card }, { handle: 'bob' }],
      fileRoots: [root],
    });
    mkdirSync(join(root, 'here'));
    symlinkSync(join(root, 'here'), join(root, 'there'));
    symlinkSync(join(root, 'here', 'a.wav'), join(root, 'link.wav'));
    const { alice, bob, out, in_ } = await talk(w, async ({ bob, in_ }) => {
      await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT FILE="here/a.wav"`);
    });
    await w.clock.advance(990);
    for (const names of ['FILE="there/a.wav"', 'FILE="link.wav"', 'FILE="here/a.wav", FILE="there/a.wav"']) {
      expect(await redirected(bob, `ALTER CALL ${in_} SET_OUTPUT ${names}`)).toMatch(
        new RegExp(`${REFUSED.source}CALL ${in_} OUTPUT is being written to `),
      );
    }
    await w.clock.advance(1000);
    alice.send(`ALTER CALL ${out} HANGUP`);
    await w.exchange.close();
    expect(await readVoice(join(root, 'here', 'a.wav'))).toEqual(
      Int16Array.from({ length: 32_000 }, (_, i) => counted(i)),
    );
  });

  it('written by a stream already, goes on untouched under another spelling', async () => {
    const root = folder();
    await using w = await world({ fileRoots: [root] });
    const { alice, out } = await talk(w);
    await redirected(alice, `ALTER CALL ${out} SET_OUTPUT FILE="a.wav"`);
    const before = statSync(join(root, 'a.wav')).ino;
    for (const name of ['./a.wav', join(root, 'a.wav'), 'b/../a.wav']) {
      expect(await redirected(alice, `ALTER CALL ${out} SET_OUTPUT FILE="${name}"`)).toMatch(/^ALTER/);
      expect(statSync(join(root, 'a.wav')).ino).toBe(before);
    }
  });
});
