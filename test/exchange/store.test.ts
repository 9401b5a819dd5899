import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { Journal } from '../../src/exchange/store/journal.js';
import { canMount, smallDisk } from './disk.js';
import { folder, world } from './world.js';

describe('the journal', () => {
  it('gives back what was put, in the newest version, without what was deleted', async () => {
    const path = folder();
    const journal = await Journal.open(path);
    journal.put('a/1', { n: 1 });
    journal.put('a/2', { n: 2 });
    journal.put('a/1', { n: 3 });
    journal.delete('a/2');
    journal.close();
    const again = await Journal.open(path);
    expect([...again.entries('a/')]).toEqual([['1', { n: 3 }]]);
    again.close();
    expect(readFileSync(join(path, 'exchange.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('drops a line that was cut off while it was written, and nothing else', async () => {
    const path = folder();
    const journal = await Journal.open(path);
    journal.put('whole', true);
    journal.close();
    appendFileSync(join(path, 'exchange.jsonl'), '{"key":"half","va');
    const again = await Journal.open(path);
    expect(again.get('whole')).toBe(true);
    expect(again.get('half')).toBeUndefined();
    again.close();
  });

  it('says why a folder cannot be used', async () => {
    await expect(Journal.open('/dev/null/state')).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});

describe('an exchange with a state folder', () => {
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

  it('has everything that was answered when it is killed; a call that went on then has failed', async () => {
    const stateFolder = folder();
    const script = `
      import { Exchange } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }], stateFolder: ${JSON.stringify(stateFolder)} });
      const session = exchange.endpoint('alice').connect({ deliver: (line) => console.log(line), closed() {} });
      for (const line of ['NAME x', 'PROTOCOL 8', 'SET PROFILE CITY Tallinn', 'CALL echo123']) session.receive(line);
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.endsWith('STATUS RINGING')) break;
    }
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    await using w = await world({ stateFolder, users: [{ handle: 'alice' }, { handle: 'bob' }] });
    const alice = w.client();
    expect(alice.send('GET PROFILE CITY')).toEqual(['PROFILE CITY Tallinn']);
    expect(alice.send('GET CALL 1 STATUS')).toEqual(['CALL 1 STATUS FAILED']);
    expect(alice.send('GET CALL 1 FAILUREREASON')).toEqual(['CALL 1 FAILUREREASON 5']);
  });

  it('has everything that was answered, however often it is killed in the middle of its writes', async () => {
    const stateFolder = folder();
    const script = `
      import { writeSync } from 'node:fs';
      import { Exchange } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
      const exchange = await Exchange.start({ users: [{ handle: 'alice' }], stateFolder: ${JSON.stringify(stateFolder)} });
      const session = exchange.endpoint('alice').connect({ deliver: (line) => { answer = line; }, closed() {} });
      let answer = '';
      session.receive('GET PROFILE ABOUT');
      for (let n = Number(answer.split(' ')[2] ?? 0) + 1; ; n++) {
        session.receive('SET PROFILE ABOUT ' + n);
        writeSync(1, answer + '\\n');
      }
    `;
    let reached = 0;
    // Beyond ten thousand changes the journal is written anew: some of these kills fall into that.
    for (const answers of [1, 7, 500, 3000, 9990, 10_010]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        reached = Number(line.split(' ')[2]);
        if (++seen === answers) child.kill('SIGKILL');
      }
      await exited;
      await using w = await world({ stateFolder, users: [{ handle: 'alice' }] });
      const [answer = ''] = w.client().send('GET PROFILE ABOUT');
      expect(Number(answer.split(' ')[2])).toBeGreaterThanOrEqual(reached);
    }
    expect(reached).toBeGreaterThan(20_000);
  }, 60_000);

  it.skipIf(!canMount)(
    'reports a full disk and loses nothing when there is room again (skipped where no disk can be mounted)',
    async () => {
      await using disk = smallDisk(64 * 1024);
      const w = await world({ stateFolder: disk.path });
      const alice = w.client();
      const mood = 'x'.repeat(30_000);
      for (let i = 0; i < 4; i++)
        expect(alice.send(`SET PROFILE ABOUT ${i}${mood}`)[0]).toMatch(/^PROFILE ABOUT/);
      expect(w.failures).not.toEqual([]);
      expect(w.failures[0]).toMatchObject({ code: 'ERR_FILE' });
      // The file as it stands is whole.
      for (const line of readFileSync(join(disk.path, 'exchange.jsonl'), 'utf8').trim().split('\n')) {
        if (line) JSON.parse(line);
      }
      // Not a byte is spent on what could not be finished.
      expect(readdirSync(disk.path).filter((name) => name.endsWith('.next'))).toEqual([]);
      disk.resize(1024 * 1024);
      alice.send('SET PROFILE CITY Tartu');
      await w.exchange.close();
      await using again = await world({ stateFolder: disk.path });
      expect(again.client().send('GET PROFILE ABOUT')[0]).toBe(`PROFILE ABOUT 3${mood}`);
      expect(again.client().send('GET PROFILE CITY')[0]).toBe('PROFILE CITY Tartu');
    },
  );
});
