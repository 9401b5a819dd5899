import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMount, smallDisk } from '../disk.js';
import { folder, world } from '../world.js';

describe('an exchange with a state folder', () => {
  it('locks the folder, and releases it when it closes', async () => {
    const stateFolder = folder();
    {
      await using _ = await world({ stateFolder });
      await expect(world({ stateFolder })).rejects.toMatchObject({
        code: 'ERR_INVALID_STATE',
        message: expect.stringMatching(/is already being served from, by this process/),
      });
    }
    await using _ = await world({ stateFolder });
  });

  it('has its history, profile, contacts and numbers after a restart', async () => {
    const stateFolder = folder();
    {
      await using w = await world({ stateFolder });
      const alice = w.client();
      alice.send('SET PROFILE MOOD_TEXT busy');
      alice.send('SET USER bob DISPLAYNAME Bobby');
      alice.send('CALL bob');
      await w.clock.advance(1000);
      alice.send('ALTER CALL 1 HANGUP');
    }
    await using w = await world({ stateFolder });
    const [alice, bob] = [w.client(), w.client('bob')];
    expect(alice.send('GET PROFILE MOOD_TEXT')).toEqual(['PROFILE MOOD_TEXT busy']);
    expect(alice.send('GET USER bob DISPLAYNAME')).toEqual(['USER bob DISPLAYNAME Bobby']);
    expect(alice.send('SEARCH CALLS')).toEqual(['CALLS 1']);
    expect(alice.send('GET CALL 1 STATUS')).toEqual(['CALL 1 STATUS CANCELLED']);
    expect(bob.send('SEARCH MISSEDCALLS')).toEqual(['CALLS 2']);
    expect(alice.send('CALL bob')).toEqual(['CALL 3 STATUS UNPLACED']);
  });

  it.skipIf(!canMount).each(['another change', 'the end'])(
    'reports a full disk and loses nothing when there is room again at %s (skipped where no disk can be mounted)',
    async (occasion) => {
      await using disk = smallDisk(256 * 1024);
      const w = await world({ stateFolder: disk.path });
      const alice = w.client();
      const mood = 'x'.repeat(30_000);
      for (let i = 0; i < 10; i++)
        expect(alice.send(`SET PROFILE ABOUT ${i}${mood}`)[0]).toMatch(/^PROFILE ABOUT/);
      expect(w.failures).not.toEqual([]);
      expect(w.failures[0]).toMatchObject({ code: 'ERR_FILE' });
      // The file as it stands is whole.
      for (const line of readFileSync(join(disk.path, 'exchange.jsonl'), 'utf8').trim().split('\n')) {
        if (line) JSON.parse(line);
      }
      // Not a byte is spent on what could not be finished.
      expect(readdirSync(disk.path).filter((name) => name.endsWith('.next'))).toEqual([]);
      if (occasion === 'the end') alice.send('SET PROFILE CITY Tartu');
      disk.resize(1024 * 1024);
      if (occasion === 'another change') alice.send('SET PROFILE CITY Tartu');
      await w.exchange.close();
      await using again = await world({ stateFolder: disk.path });
      expect(again.client().send('GET PROFILE ABOUT')[0]).toBe(`PROFILE ABOUT 9${mood}`);
      expect(again.client().send('GET PROFILE CITY')[0]).toBe('PROFILE CITY Tartu');
    },
  );
});
