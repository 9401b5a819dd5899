import { describe, expect, it } from 'vitest';
import type { Platform } from '../../../src/exchange/api/release.js';
import { world } from '../world.js';

const stage = (platform: Platform, version?: string) =>
  world({ users: [{ handle: 'alice', platform, ...(version && { version }) }, { handle: 'bob' }] });

describe('an endpoint of another platform or release', () => {
  it.each([
    ['linux', undefined, 'SET AVATAR 1 x.jpg', 18],
    ['linux', undefined, 'GET AVATAR 1 x.jpg', 7],
    ['linux', undefined, 'GET PCSPEAKER', 7],
    ['linux', undefined, 'SET PCSPEAKER ON', 18],
    ['linux', undefined, 'GET RINGTONE 1', 7],
    ['linux', undefined, 'SET UI_LANGUAGE de', 18],
    ['linux', undefined, 'GET VIDEO_IN', 7],
    ['linux', undefined, 'SET WALLPAPER', 18],
    ['linux', undefined, 'SET SILENT_MODE ON', 18],
    ['linux', undefined, 'GET PREDICTIVE_DIALER_COUNTRY', 7],
    ['linux', undefined, 'SET RINGER', 18],
    ['linux', '1.4.0.118', 'GET SKYPEVERSION', 7],
    ['linux', undefined, 'GET USER bob AVATAR 1 x.jpg', 7],
    ['linux', undefined, 'CREATE MENU_ITEM a CONTEXT tools CAPTION x', 537],
    ['linux', undefined, 'SET MENU_ITEM a CAPTION x', 18],
    ['linux', undefined, 'DELETE MENU_ITEM a', 539],
    ['linux', undefined, 'OPEN DIALPAD', 69],
    ['linux', '1.4.0.118', 'OPEN CALLHISTORY', 69],
    ['linux', '2.0.0.11', 'OPEN CONTACTS', 69],
    ['mac', undefined, 'CREATE EVENT a CAPTION x', 537],
    ['mac', undefined, 'GET WINDOWSTATE', 7],
    ['windows', '3.5.0.1', 'SET WINDOWSTATE NORMAL', 18],
    ['windows', '3.1', 'OPEN LIVETAB', 69],
    ['windows', '2.5.0.1', 'CREATE MENU_ITEM a CONTEXT tools CAPTION x', 537],
    ['windows', '1.2', 'OPEN CHAT x', 69],
  ] as const)('%s %s refuses %s with error %i', async (platform, version, command, number) => {
    await using w = await stage(platform, version);
    expect(w.client().send(command)).toEqual([expect.stringMatching(new RegExp(`^ERROR ${number} `))]);
  });

  it.each([
    ['linux', undefined, 'OPEN CALLHISTORY'],
    ['linux', '2.0.0.12', 'OPEN CONTACTS'],
    ['linux', undefined, 'OPEN USERINFO bob'],
    ['windows', undefined, 'OPEN SENDCONTACTS bob'],
    ['windows', '3.6', 'SET WINDOWSTATE NORMAL'],
  ] as const)('%s %s knows %s', async (platform, version, command) => {
    await using w = await stage(platform, version);
    expect(w.client().send(command)[0]).not.toContain('ERROR');
  });

  it.each([
    ['windows', undefined, '3.8.0.188', 8],
    ['windows', '4.0.0.226', '4.0.0.226', 8],
    ['windows', '3.0.0.1', '3.0.0.1', 7],
    ['windows', '2.5.0.1', '2.5.0.1', 6],
    ['linux', undefined, '2.0.0.72', 7],
    ['mac', undefined, '2.7.0.330', 7],
  ] as const)(
    '%s %s answers GET SKYPEVERSION with %s, and speaks protocol %i at most',
    async (platform, version, said, protocol) => {
      await using w = await stage(platform, version);
      const client = w.client();
      expect(client.send('GET SKYPEVERSION')).toEqual([`SKYPEVERSION ${said}`]);
      expect(client.send('PROTOCOL 9999')[0]).toBe(`PROTOCOL ${protocol}`);
      expect(client.send('PROTOCOL 3')[0]).toBe('PROTOCOL 3');
    },
  );

  it('Windows 4.0 answers what has no effect any more, and its window shows none of it', async () => {
    await using w = await stage('windows', '4.0.0.226');
    const client = w.client();
    const desk = w.exchange.desk();
    expect(client.send('CREATE EVENT e CAPTION x HINT y')).toEqual(['EVENT e CREATED']);
    for (const context of ['TOOLS', 'CALL', 'MYSELF', 'CONTACT']) {
      const command = `CREATE MENU_ITEM ${context} CONTEXT ${context} CAPTION x`;
      expect(client.send(command)).toEqual([`MENU_ITEM ${context} CREATED`]);
    }
    expect(client.send('DELETE EVENT e')).toEqual(['DELETE EVENT e']);
    const before = desk.state.windows;
    expect(client.send('OPEN SENDCONTACTS bob')).toEqual(['OPEN SENDCONTACTS bob']);
    expect(desk.state).toMatchObject({ alerts: [], windows: before });
    expect(desk.state.menu.map(({ id }) => id)).toEqual(['TOOLS']);
    expect(() => desk.click('CALL')).toThrow(/No program has created/);
    client.fresh();
    desk.click('TOOLS');
    expect(client.fresh()).toEqual(['MENU_ITEM TOOLS CLICKED CONTEXT tools']);
  });

  it('before 3.6 does not notify the state of the window or of the windows of chats', async () => {
    await using w = await stage('windows', '3.5.0.202');
    const client = w.client();
    expect(client.send('FOCUS')).toEqual(['FOCUS']);
    expect(client.send('MINIMIZE')).toEqual(['MINIMIZE']);
    await w.exchange.desk().open('IM', 'bob');
    await w.clock.advance(100);
    expect(client.lines.filter((line) => /OPENED|CLOSED/.test(line))).toEqual([]);
  });

  it('before 3.5 answers en for a language file of the user', async () => {
    for (const [version, said] of [
      ['3.4', 'en'],
      ['3.5', 'xx'],
    ] as const) {
      await using w = await stage('windows', version);
      w.exchange.desk().setLanguage('xx');
      expect(w.client().send('GET UI_LANGUAGE')).toEqual([`UI_LANGUAGE ${said}`]);
    }
  });

  it.each([
    { platform: 'beos' },
    { version: '4' },
    { version: 'x.y' },
    { version: '4.0; drop' },
    { dialerCountry: 'estonia' },
    { awayMinutes: 0 },
    { devices: 'all' },
    { devices: { audioIn: ['two\nlines'] } },
  ])('%j is refused', async (wrong) => {
    const users = [{ handle: 'alice', ...wrong } as never];
    await expect(world({ users })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
