import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StateJournal } from '../../../src/exchange/store/state-journal.js';
import { folder, world } from '../world.js';

describe('the journal of an exchange', () => {
  it('writes only changes: 300 small settings beside long ones write a few bytes each', async () => {
    const stateFolder = folder();
    const path = join(stateFolder, 'exchange.jsonl');
    await using w = await world({ stateFolder });
    const alice = w.client();
    alice.send(`SET PROFILE ABOUT ${'x'.repeat(50_000)}`);
    alice.send(`SET PROFILE RICH_MOOD_TEXT ${'x'.repeat(10_000)}`);
    const before = statSync(path).size;
    for (let i = 0; i < 300; i++) alice.send(`SET PROFILE CITY ${i}`);
    expect(statSync(path).size - before).toBeLessThan(300 * 100);
    for (let i = 0; i < 300; i++) alice.send('SET PROFILE CITY 299');
    expect(statSync(path).size - before).toBeLessThan(300 * 100);
  });

  it('stays within twice the size of its values plus a megabyte, however often long values change', async () => {
    const state = folder();
    const journal = await StateJournal.open(state);
    for (let i = 0; i < 500; i++) journal.put('about', `${i} ${'x'.repeat(50_000)}`);
    expect(statSync(join(state, 'exchange.jsonl')).size).toBeLessThan(1_048_576 + 3 * 51_000);
    for (let i = 0; i < 100; i++) journal.put(`gone/${i}`, 'x'.repeat(50_000));
    for (let i = 0; i < 100; i++) journal.delete(`gone/${i}`);
    journal.put('about', 'short');
    for (let i = 0; i < 30; i++) journal.put('mood', `${i} ${'x'.repeat(50_000)}`);
    expect(statSync(join(state, 'exchange.jsonl')).size).toBeLessThan(1_048_576 + 3 * 51_000);
    journal.close();
  });

  it('is readable wherever a kill cut it off, with all complete lines', async () => {
    const state = folder();
    const path = join(state, 'exchange.jsonl');
    const journal = await StateJournal.open(state);
    for (const [key, value] of [
      ['a', 'ä'],
      ['b', 'x'],
      ['a', 'ü'],
    ] as const)
      journal.put(key, value);
    journal.delete('b');
    journal.close();
    const bytes = readFileSync(path);
    for (let end = 0; end <= bytes.length; end++) {
      writeFileSync(path, bytes.subarray(0, end));
      writeFileSync(`${path}.next`, bytes.subarray(0, end));
      const again = await StateJournal.open(state);
      const whole = bytes.subarray(0, end).toString().split('\n').length - 1;
      const expected = [
        [],
        [['a', 'ä']],
        [
          ['a', 'ä'],
          ['b', 'x'],
        ],
        [
          ['a', 'ü'],
          ['b', 'x'],
        ],
        [['a', 'ü']],
      ];
      expect([...again.entries('')]).toEqual(expected[Math.min(whole, 4)]);
      again.close();
    }
  });
});

describe('the journal', () => {
  it('has all of a transaction, with its parts, or nothing of it, wherever a kill cut it off', async () => {
    const state = folder();
    const path = join(state, 'exchange.jsonl');
    const journal = await StateJournal.open(state);
    journal.put('balance', 10);
    journal.put('draft', 'x');
    const before = statSync(path).size;
    journal.begin();
    journal.put('balance', 3);
    journal.begin();
    journal.put('sms', { STATUS: 'SENT' });
    journal.commit();
    journal.delete('draft');
    expect(statSync(path).size).toBe(before);
    journal.commit();
    journal.close();
    const bytes = readFileSync(path);
    for (let end = before; end <= bytes.length; end++) {
      writeFileSync(path, bytes.subarray(0, end));
      const again = await StateJournal.open(state);
      const all = end === bytes.length;
      expect([again.get('balance'), again.get('sms'), again.get('draft')]).toEqual(
        all ? [3, { STATUS: 'SENT' }, undefined] : [10, undefined, 'x'],
      );
      again.close();
    }
  });

  it('gives the newest version of each value, without deleted ones', async () => {
    const path = folder();
    const journal = await StateJournal.open(path);
    journal.put('a/1', { n: 1 });
    journal.put('a/2', { n: 2 });
    journal.put('a/1', { n: 3 });
    journal.delete('a/2');
    journal.close();
    const again = await StateJournal.open(path);
    expect([...again.entries('a/')]).toEqual([['1', { n: 3 }]]);
    again.close();
    expect(readFileSync(join(path, 'exchange.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('drops a line that was cut off while it was written, and nothing else', async () => {
    const path = folder();
    const journal = await StateJournal.open(path);
    journal.put('whole', true);
    journal.close();
    appendFileSync(join(path, 'exchange.jsonl'), '{"key":"half","va');
    const again = await StateJournal.open(path);
    expect(again.get('whole')).toBe(true);
    expect(again.get('half')).toBeUndefined();
    again.close();
  });

  it('reports why a folder cannot be used', async () => {
    await expect(StateJournal.open('/dev/null/state')).rejects.toMatchObject({ code: 'ERR_FILE' });
  });
});
