import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Desk } from '../../../src/exchange/desk/desk.js';
import type { DeskState } from '../../../src/exchange/desk/desk-state.js';
import { type Client, folder, type World, world } from '../world.js';

/** Alice's desk, and two clients of hers, who both hear everything. */
async function stage(
  options: Parameters<typeof world>[0] = {},
): Promise<AsyncDisposable & { w: World; desk: Desk; first: Client; second: Client; bob: Client }> {
  const w = await world(options);
  return {
    w,
    desk: w.exchange.desk('alice'),
    first: w.client('alice'),
    second: w.client('alice'),
    bob: w.client('bob'),
    [Symbol.asyncDispose]: () => w[Symbol.asyncDispose](),
  };
}

describe('a desk', () => {
  it('answers, holds, resumes and hangs up a call: both clients are notified', async () => {
    await using s = await stage();
    s.bob.send('CALL alice');
    await s.w.clock.advance(1000);
    const id = s.first.newest('CALL');
    expect(s.desk.state.calls).toEqual([
      {
        id,
        partner: 'bob',
        partnerName: 'bob',
        direction: 'INCOMING',
        rings: true,
        status: 'RINGING',
        seconds: 0,
      },
    ]);
    s.desk.answer();
    await s.w.clock.advance(1500);
    s.desk.hold();
    s.desk.resume(id);
    s.desk.hangUp();
    await s.w.clock.advance(1000);
    const statuses = ['RINGING', 'INPROGRESS', 'LOCALHOLD', 'INPROGRESS', 'FINISHED'];
    for (const client of [s.first, s.second]) expect(client.told(`CALL ${id} STATUS`)).toEqual(statuses);
    expect(s.first.lines.some((line) => /^(ALTER|SET|ERROR)/.test(line))).toBe(false);
    expect(s.desk.state.calls).toEqual([]);
  });

  it('calls, refuses, and sends to voicemail', async () => {
    await using s = await stage();
    const bob = s.w.exchange.desk('bob');
    const id = await s.desk.call('bob');
    await s.w.clock.advance(1000);
    bob.refuse();
    await s.w.clock.advance(1000);
    expect(s.first.told(`CALL ${id} STATUS`).at(-1)).toBe('REFUSED');
    const second = await s.desk.call('bob');
    await s.w.clock.advance(1000);
    bob.toVoicemail();
    await s.w.clock.advance(2000);
    expect(
      s.first
        .told(`CALL ${second} STATUS`)
        .some((status) => status.startsWith('VM_') || status === 'INPROGRESS'),
    ).toBe(true);
  });

  it('throws ERR_INVALID_STATE for an act that is impossible now, and an ApiError for one that the API refuses', async () => {
    await using s = await stage();
    const { desk } = s;
    for (const act of ['answer', 'refuse', 'hangUp', 'hold', 'resume', 'toVoicemail', 'mute'] as const) {
      expect(() => desk[act]()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_STATE' }));
    }
    expect(() => desk.answer(12)).toThrow(/call 12 that can be answered/);
    expect(() => desk.close('OPTIONS')).toThrow(/OPTIONS is not open/);
    await expect(desk.call('no one')).rejects.toMatchObject({ code: 'ERR_API', number: 34 });
    await expect(desk.call('alice')).rejects.toMatchObject({ number: 92 });
    await expect(desk.open('FILETRANSFER', 'bob')).rejects.toMatchObject({ number: 108 });
    expect(() => desk.press('x?')).toThrow(expect.objectContaining({ number: 74 }));
    await expect(desk.call('bob\nCALL carol')).rejects.toMatchObject({ code: 'ERR_LINE_BREAK' });
    expect(() => desk.focus('bob\nERROR 1')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
    expect(s.first.fresh()).toEqual([]);
  });

  it('changes status, language, wallpaper, silent mode, window and focus, each notified once and only on a change', async () => {
    const root = folder();
    writeFileSync(join(root, 'sea.png'), '');
    mkdirSync(join(root, 'in'));
    await using s = await stage({ fileRoots: [root] });
    const { desk } = s;
    for (let times = 0; times < 2; times++) {
      desk.setStatus('AWAY');
      desk.setLanguage('et');
      await desk.setWallpaper('sea.png');
      desk.setSilentMode(true);
      desk.setWindowState('MINIMIZED');
    }
    desk.focus('bob');
    desk.focus();
    const told = [
      'USERSTATUS AWAY',
      'USER alice ONLINESTATUS AWAY',
      'UI_LANGUAGE et',
      'WALLPAPER sea.png',
      'SILENT_MODE ON',
      'WINDOWSTATE MINIMIZED',
      'CONTACTS FOCUSED bob',
      'CONTACTS FOCUSED ',
    ];
    expect(s.first.fresh()).toEqual(told);
    expect(s.second.fresh()).toEqual(told);
    await expect(desk.setWallpaper('wrong.bmp')).rejects.toMatchObject({ number: 111 });
    await expect(desk.setWallpaper('../sea.png')).rejects.toMatchObject({ number: 111 });
    desk.focus('carol');
    expect(s.first.send('GET CONTACTS_FOCUSED')).toEqual(['CONTACTS FOCUSED carol']);
    expect(desk.state).toMatchObject({
      handle: 'alice',
      status: 'AWAY',
      language: 'et',
      wallpaper: 'sea.png',
      silent: true,
      windowState: 'MINIMIZED',
      contact: 'carol',
    });
  });

  it('mutes while a call is in progress', async () => {
    await using s = await stage();
    await s.desk.call('echo123');
    await s.w.clock.advance(2000);
    s.desk.mute();
    expect(s.second.lines.at(-1)).toBe('MUTE ON');
    expect(s.desk.state.muted).toBe(true);
    s.desk.mute(false);
    expect(s.first.lines.at(-1)).toBe('MUTE OFF');
  });

  it('reports changes part by part, also those made by clients', async () => {
    await using s = await stage();
    const changes: Partial<DeskState>[] = [];
    s.desk.on('change', (each, whole) => {
      changes.push(each);
      expect(whole).toEqual(s.desk.state);
    });
    s.first.send('SET SILENT_MODE ON');
    s.first.send('OPEN DIALPAD');
    await s.w.clock.advance(0);
    const dialPad = { what: 'DIALPAD', argument: '' };
    expect(changes).toEqual([{ silent: true, windows: [dialPad], front: dialPad }]);
    s.bob.send('CALL alice');
    await s.w.clock.advance(1000);
    expect(changes.at(-1)?.calls).toMatchObject([{ partner: 'bob', rings: true }]);
  });

  it('can be used by its own listener while a call begins', async () => {
    await using s = await stage();
    s.desk.on('change', ({ calls = [] }) => {
      if (calls.some(({ rings }) => rings)) s.desk.answer();
    });
    s.bob.send('CALL alice');
    await s.w.clock.advance(1500);
    expect(s.bob.told('CALL 1 STATUS').at(-1)).toBe('INPROGRESS');
    expect(s.w.failures).toEqual([]);
  });

  it('is the same object for one user, and missing for an unknown user', async () => {
    await using w = await world();
    expect(w.exchange.desk('ALICE')).toBe(w.exchange.desk());
    expect(() => w.exchange.desk('nobody')).toThrow(/handle must be one of/);
  });
});

describe('keys', () => {
  it('are sent into the call only when the call or the dial pad has the focus', async () => {
    await using s = await stage();
    const call = s.w.exchange.desk('bob');
    await s.desk.call('bob');
    await s.w.clock.advance(1000);
    call.answer();
    await s.w.clock.advance(1000);
    const heard = () => s.bob.told(`CALL ${s.bob.newest('CALL')} DTMF`).join('');
    s.desk.press('1');
    await s.desk.open('DIALPAD');
    s.desk.press('2');
    for (const elsewhere of ['OPTIONS', 'CALLHISTORY', 'CONTACTS'] as const) {
      await s.desk.open(elsewhere);
      s.desk.press('3');
      s.first.send('BTN_RELEASED 4');
      s.desk.close(elsewhere);
    }
    s.first.send('BTN_RELEASED 5');
    await s.w.clock.advance(2000);
    expect(heard()).toBe('125');
  });

  it('fill the dial pad when there is no call; YES dials, NO hangs up', async () => {
    await using s = await stage();
    await s.desk.open('DIALPAD');
    s.desk.press('+37255');
    s.first.send('BTN_RELEASED 5');
    expect(s.desk.state.dialled).toBe('+372555');
    s.desk.press('x'.repeat(200));
    expect(s.desk.state.dialled).toHaveLength(64);
    // What cannot be called is for the window to say.
    expect(s.first.send('BTN_RELEASED YES')).toEqual(['BTN_RELEASED YES']);
    s.desk.press('YES');
    s.w.exchange.endpoint('alice').user.screen.dialled = 'BOB';
    s.first.send('BTN_RELEASED YES');
    await s.w.clock.advance(1000);
    expect(s.first.told('CALL 1 STATUS').at(-1)).toBe('RINGING');
    s.first.send('BTN_RELEASED NO');
    expect(s.first.told('CALL 1 STATUS').at(-1)).toBe('CANCELLED');
  });

  it('move the focus in the list of contacts; YES calls the contact that has it', async () => {
    const handles = Array.from({ length: 25 }, (_, at) => `friend${String(at).padStart(2, '0')}`);
    const users = [
      { handle: 'alice', contacts: [...handles].reverse() },
      { handle: 'zoe', fullName: 'Anna' },
    ];
    await using w = await world({ users });
    const client = w.client();
    client.send('SET USER zoe BUDDYSTATUS 2');
    client.fresh();
    const focused = (key: string) => {
      client.send(`BTN_PRESSED ${key}`);
      client.send(`BTN_RELEASED ${key}`);
      return client.told('CONTACTS FOCUSED').at(-1);
    };
    const keys = [
      'DOWN',
      'DOWN',
      'PAGEDOWN',
      'pagedown',
      'PAGEDOWN',
      'DOWN',
      'UP',
      'PAGEUP',
      'A',
      'F',
      '7',
      'Q',
    ];
    expect(keys.map(focused)).toEqual(
      ['zoe', '00', '10', '20', '24', '24', '23', '13', 'zoe', '00', '00', '00'].map((name) =>
        name === 'zoe' ? name : `friend${name}`,
      ),
    );
    // Where it does not move, nobody is told.
    expect(client.told('CONTACTS FOCUSED')).toHaveLength(9);
    w.exchange.desk().press('UP');
    expect(client.send('GET CONTACTS_FOCUSED')).toEqual(['CONTACTS FOCUSED zoe']);
    await w.exchange.desk().open('OPTIONS');
    w.exchange.desk().press('DOWN');
    expect(client.send('GET CONTACTS_FOCUSED')).toEqual(['CONTACTS FOCUSED zoe']);
    // The key of the program itself brings the list back.
    w.exchange.desk().press('SKYPE');
    client.send('BTN_RELEASED YES');
    await w.clock.advance(1000);
    expect(client.send(`GET CALL ${client.newest('CALL')} PARTNER_HANDLE`)[0]).toMatch(/ zoe$/);
  });

  it.each(['', 'X9', '12', '?', 'RETURN', 'a b', 'constructor', '\u0130'])('%j is error 74', async (key) => {
    await using w = await world();
    const client = w.client();
    for (const verb of ['BTN_PRESSED', 'BTN_RELEASED']) {
      expect(client.send(`${verb} ${key}`)).toEqual([expect.stringMatching(/^ERROR 74 /)]);
    }
  });

  it('are 0 to 9, A to Z, # * + and those with a name, in any case', async () => {
    await using w = await world();
    const client = w.client();
    for (const key of [...'0123456789ABCZaz#*+', 'up', 'DOWN', 'Yes', 'NO', 'SKYPE', 'PAGEUP', 'PAGEDOWN']) {
      expect(client.send(`BTN_PRESSED ${key}`)).toEqual([`BTN_PRESSED ${key}`]);
      expect(client.send(`BTN_RELEASED ${key}`)).toEqual([`BTN_RELEASED ${key}`]);
    }
  });
});
