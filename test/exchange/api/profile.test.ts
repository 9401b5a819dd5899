import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROFILE, USER } from '../../../src/protocol/catalogue/user.js';
import { decodeProperty } from '../../../src/protocol/values.js';
import { type Client, folder, settle, type World, world } from '../world.js';

describe('GET PROFILE', () => {
  it.each(Object.keys(USER.properties).filter((property) => property !== 'AVATAR'))(
    'answers every property that USER has: %s',
    async (property) => {
      await using w = await world();
      const alice = w.client();
      const [line = ''] = alice.send(`GET PROFILE ${property}`);
      expect(line).toMatch(new RegExp(`^PROFILE ${property} `));
      const own = Object.hasOwn(PROFILE.properties, property);
      const value = line.slice(`PROFILE ${property} `.length);
      if (!own) expect(alice.send(`GET USER alice ${property}`)).toEqual([`USER alice ${property} ${value}`]);
    },
  );

  it.each(Object.keys(PROFILE.properties))('answers every property of its own: %s', async (property) => {
    await using w = await world();
    const [line = ''] = w.client().send(`GET PROFILE ${property}`);
    expect(line).toMatch(new RegExp(`^PROFILE ${property} `));
    decodeProperty('PROFILE', property as 'FULLNAME', line.slice(`PROFILE ${property} `.length));
  });

  it('refuses properties that neither has', async () => {
    await using w = await world();
    expect(w.client().send('GET PROFILE SHOESIZE')).toEqual(['ERROR 10 Invalid PROP']);
  });
});

describe('GET USER', () => {
  it.each(['alice', 'bob', 'echo123'])('%s TIMEZONE is never empty', async (handle) => {
    await using w = await world({
      users: [{ handle: 'alice' }, { handle: 'bob', profile: { TIMEZONE: '' } }],
    });
    expect(w.client().send(`GET USER ${handle} TIMEZONE`)).toEqual([`USER ${handle} TIMEZONE 0`]);
  });

  it.each([
    ['93600', '120'],
    ['43200', '-720'],
    ['106200', '330'],
    ['86400', '0'],
  ])('TIMEZONE is in minutes where PROFILE has %s seconds: %s', async (seconds, minutes) => {
    await using w = await world();
    w.client('bob').send(`SET PROFILE TIMEZONE ${seconds}`);
    expect(w.client().send('GET USER bob TIMEZONE')).toEqual([`USER bob TIMEZONE ${minutes}`]);
    expect(w.client('bob').send('GET PROFILE TIMEZONE')).toEqual([`PROFILE TIMEZONE ${seconds}`]);
  });

  it.each(Object.keys(USER.properties).filter((property) => property !== 'AVATAR'))(
    'answers %s of a user and of a robot with a blank after the name, and a value of its type where there is one',
    async (property) => {
      await using w = await world();
      for (const handle of ['bob', 'echo123']) {
        const [line = ''] = w.client().send(`GET USER ${handle} ${property}`);
        expect(line).toMatch(new RegExp(`^USER ${handle} ${property} `));
        const value = line.slice(`USER ${handle} ${property} `.length);
        if (value !== '') decodeProperty('USER', property as 'FULLNAME', value);
      }
    },
  );
});

describe('GET USER x AVATAR 1 file', () => {
  const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex');

  /** Sends a command that reads or writes a file. @returns the last line, when it has come. */
  async function ask(w: World, client: Client, command: string): Promise<string> {
    const before = client.lines.length;
    client.send(command);
    while (client.lines.length === before) {
      await settle();
      await w.clock.advance(1);
    }
    return client.lines.at(-1) ?? '';
  }

  it('writes the picture, for its owner only, and echoes `1 file`', async () => {
    const root = folder();
    await using w = await world({ fileRoots: [root] });
    const [alice, bob] = [w.client(), w.client('bob')];
    writeFileSync(join(root, 'kit ten.jpg'), JPEG);
    expect(await ask(w, bob, `SET AVATAR 1 ${root}/kit ten.jpg`)).toBe(`AVATAR 1 ${root}/kit ten.jpg`);
    const file = join(root, 'b o b.jpg');
    expect(await ask(w, alice, `#5 GET USER bob AVATAR 1 ${file}`)).toBe(`#5 USER bob AVATAR 1 ${file}`);
    expect(readFileSync(file)).toEqual(JPEG);
    expect(statSync(file).mode & 0o077).toBe(0);
    // A program makes an empty file of that name first; what is there is replaced.
    for (const name of ['again.jpg', 'again.jpg']) {
      writeFileSync(join(root, name), '');
      expect(await ask(w, bob, `GET AVATAR 1 ${name}`)).toBe(`AVATAR 1 ${name}`);
      expect(readFileSync(join(root, name))).toEqual(JPEG);
    }
  });

  it('writes a JPEG that stands for no picture, of robots too', async () => {
    const root = folder();
    await using w = await world({ fileRoots: [root] });
    const alice = w.client();
    for (const handle of ['bob', 'echo123', 'alice']) {
      const file = join(root, `${handle}.jpg`);
      expect(await ask(w, alice, `GET USER ${handle} AVATAR 1 ${file}`)).toBe(
        `USER ${handle} AVATAR 1 ${file}`,
      );
      expect(readFileSync(file).subarray(0, 3)).toEqual(JPEG.subarray(0, 3));
    }
    expect(await ask(w, alice, 'GET PROFILE AVATAR 1 mine.jpg')).toBe('PROFILE AVATAR 1 mine.jpg');
  });

  it('is confined like every other FILE, reading and writing, links included', async () => {
    const [root, outside] = [folder(), folder()];
    await using w = await world({ fileRoots: [root] });
    const alice = w.client();
    symlinkSync(outside, join(root, 'link'));
    symlinkSync(join(outside, 'x.jpg'), join(root, 'dangling.jpg'));
    writeFileSync(join(outside, 'secret.jpg'), JPEG);
    symlinkSync(join(outside, 'secret.jpg'), join(root, 'secret.jpg'));
    const places = [
      `${outside}/x.jpg`,
      '../x.jpg',
      'link/x.jpg',
      'dangling.jpg',
      '/dev/null',
      'none/x.jpg',
      'secret.jpg',
      '.',
    ];
    for (const place of places) {
      expect(await ask(w, alice, `GET USER bob AVATAR 1 ${place}`)).toMatch(/^ERROR 111 File not found: /);
      expect(await ask(w, alice, `SET AVATAR 1 ${place}`)).toMatch(/^ERROR 111 File not found: /);
    }
    expect(readdirSync(outside)).toEqual(['secret.jpg']);
    expect(readFileSync(join(outside, 'secret.jpg'))).toEqual(JPEG);
    await using closed = await world();
    expect(await ask(closed, closed.client(), 'GET USER bob AVATAR 1 x.jpg')).toBe(
      'ERROR 111 File not found: this endpoint allows no folder for FILE',
    );
  });

  it('reports errors of an index, a name or a picture', async () => {
    const root = folder();
    await using w = await world({ fileRoots: [root] });
    const alice = w.client();
    writeFileSync(join(root, 'text.jpg'), 'no picture');
    writeFileSync(join(root, 'large.jpg'), Buffer.concat([JPEG, Buffer.alloc(1024 * 1024)]));
    for (const [command, answer] of [
      ['GET USER bob AVATAR', /^ERROR 114 Invalid avatar$/],
      ['GET USER bob AVATAR 2 x.jpg', /^ERROR 114 Invalid avatar$/],
      ['GET AVATAR 0 x.jpg', /^ERROR 114 Invalid avatar$/],
      ['GET USER bob AVATAR 1', /^ERROR 111 File not found$/],
      ['GET USER nobody AVATAR 1 x.jpg', /^ERROR 9 Unknown user$/],
      ['SET AVATAR 1 text.jpg', /^ERROR 114 Invalid avatar$/],
      ['SET AVATAR 1 large.jpg', /^ERROR 111 File not found: large.jpg is longer than/],
    ] as const) {
      expect(await ask(w, alice, command)).toMatch(answer);
    }
    expect(readdirSync(root).sort()).toEqual(['large.jpg', 'text.jpg']);
  });
});
