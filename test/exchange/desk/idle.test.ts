import { describe, expect, it } from 'vitest';
import { folder, world } from '../world.js';

const MINUTE_MS = 60_000;

describe('AUTOAWAY', () => {
  it('sets an idle user AWAY, and ONLINE again when something happens', async () => {
    await using w = await world();
    const client = w.client();
    const desk = w.exchange.desk();
    const status = () => client.told('USERSTATUS').at(-1);
    await w.clock.advance(60 * MINUTE_MS);
    expect(status()).toBe('ONLINE');
    client.send('SET AUTOAWAY ON');
    await w.clock.advance(4.9 * MINUTE_MS);
    expect(status()).toBe('ONLINE');
    await w.clock.advance(0.2 * MINUTE_MS);
    expect(status()).toBe('AWAY');
    expect(desk.state.status).toBe('AWAY');
    expect(client.send('RESETIDLETIMER')[0]).toBe('RESETIDLETIMER');
    expect(status()).toBe('ONLINE');
    for (let minute = 0; minute < 20; minute++) {
      await w.clock.advance(MINUTE_MS);
      if (minute % 2 === 0) client.send('RESETIDLETIMER');
      else desk.focus('bob');
    }
    expect(status()).toBe('ONLINE');
    await w.clock.advance(6 * MINUTE_MS);
    expect(status()).toBe('AWAY');
    desk.press('1');
    expect(status()).toBe('ONLINE');
  });

  it('does not change a status that the user chose, and ends when it is turned off', async () => {
    await using w = await world({ users: [{ handle: 'alice', awayMinutes: 1 }] });
    const client = w.client();
    client.send('SET AUTOAWAY ON');
    client.send('SET USERSTATUS DND');
    await w.clock.advance(10 * MINUTE_MS);
    client.send('RESETIDLETIMER');
    client.send('SET USERSTATUS AWAY');
    await w.clock.advance(10 * MINUTE_MS);
    client.send('RESETIDLETIMER');
    expect(client.told('USERSTATUS').slice(-1)).toEqual(['AWAY']);
    client.send('SET USERSTATUS ONLINE');
    client.send('SET AUTOAWAY OFF');
    await w.clock.advance(10 * MINUTE_MS);
    expect(client.told('USERSTATUS').at(-1)).toBe('ONLINE');
    expect(client.send('SET AUTOAWAY BANANA')).toEqual(['ERROR 53 SET AUTOAWAY invalid value']);
  });

  it('survives a restart', async () => {
    const stateFolder = folder();
    {
      await using w = await world({ stateFolder });
      w.client().send('SET AUTOAWAY ON');
    }
    await using w = await world({ stateFolder });
    const client = w.client();
    await w.clock.advance(6 * MINUTE_MS);
    expect(client.told('USERSTATUS').at(-1)).toBe('AWAY');
  });
});

describe('SILENT_MODE', () => {
  it('asks the person at the desk each time, by the name of the program', async () => {
    await using w = await world();
    const client = w.client();
    const desk = w.exchange.desk();
    const asked: string[] = [];
    desk.on('question', ({ id, kind, program }) => {
      asked.push(`${id} ${kind} ${program}`);
      if (id === 1) desk.reply(id, false);
    });
    const first = client.next((line) => line.includes('SILENT_MODE'));
    client.send('#1 SET SILENT_MODE ON');
    await w.clock.advance(0);
    expect(await first).toBe('#1 SILENT_MODE OFF');
    const second = client.next((line) => line.includes('SILENT_MODE'));
    client.send('#2 SET SILENT_MODE ON');
    await w.clock.advance(0);
    expect(desk.state.questions).toEqual([{ id: 2, kind: 'silent-mode', program: 'test' }]);
    desk.reply(2, true);
    expect(await second).toBe('#2 SILENT_MODE ON');
    expect(desk.state).toMatchObject({ silent: true, questions: [] });
    expect(asked).toEqual(['1 silent-mode test', '2 silent-mode test']);
    expect(client.send('SET SILENT_MODE OFF')).toEqual(['SILENT_MODE OFF']);
    expect(() => desk.reply(2, true)).toThrow(/No question 2/);
    for (let i = 0; i < 60; i++) client.send('SET SILENT_MODE ON');
    expect(desk.state.questions).toHaveLength(50);
  });

  it('is allowed when nobody can be asked', async () => {
    await using w = await world();
    expect(w.client().send('SET SILENT_MODE ON')).toEqual(['SILENT_MODE ON']);
  });
});
