import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { folder, settle, world } from '../world.js';

/** Beginning of a PNG of this size. */
function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4, 'latin1');
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, header, deflateSync(Buffer.alloc(100))]);
}

describe('a menu item that is clicked', () => {
  it('notifies its own client, as in the reference, for each menu', async () => {
    await using w = await world();
    const [owner, other] = [w.client(), w.client()];
    const desk = w.exchange.desk();
    const contexts = ['MYSELF', 'TOOLS', 'CONTACT', 'CALL', 'CHAT'];
    for (const [index, context] of contexts.entries()) {
      owner.send(`CREATE MENU_ITEM test0${index} CONTEXT ${context} CAPTION "TEST" ENABLED true`);
    }
    const call = await desk.call('echo123');
    await w.clock.advance(2000);
    desk.focus('echo123');
    await desk.open('IM', 'echo123');
    await w.clock.advance(100);
    const chat = desk.state.front.argument;
    for (const client of [owner, other]) client.fresh();
    desk.click('test00');
    desk.click('test01');
    desk.click('test02');
    desk.click('test03');
    desk.click('test04');
    expect(owner.fresh()).toEqual([
      'MENU_ITEM test00 CLICKED CONTEXT myself',
      'MENU_ITEM test01 CLICKED CONTEXT tools',
      'MENU_ITEM test02 CLICKED echo123 CONTEXT contact',
      `MENU_ITEM test03 CLICKED echo123 CONTEXT call CONTEXT_ID ${call}`,
      `MENU_ITEM test04 CLICKED echo123 CONTEXT chat CONTEXT_ID ${chat}`,
    ]);
    expect(other.fresh()).toEqual([]);
    expect(w.client('bob').send('DELETE MENU_ITEM test00')).toEqual(['DELETE MENU_ITEM test00']);
    expect(desk.state.menu.map(({ id }) => id)).toHaveLength(5);
  });

  it('is grey when it is disabled, when its filter excludes it, and when there is nothing to click it for', async () => {
    await using w = await world();
    const client = w.client();
    const desk = w.exchange.desk();
    client.send('CREATE MENU_ITEM off CONTEXT tools CAPTION x ENABLED false');
    client.send('CREATE MENU_ITEM people CONTEXT contact CAPTION x CONTACT_TYPE_FILTER skype');
    client.send('CREATE MENU_ITEM phones CONTEXT contact CAPTION x CONTACT_TYPE_FILTER SKYPEOUT');
    client.send('CREATE MENU_ITEM anyone CONTEXT contact CAPTION x CONTACT_TYPE_FILTER all');
    client.send('CREATE MENU_ITEM talk CONTEXT call CAPTION x');
    client.send('CREATE MENU_ITEM chat CONTEXT chat CAPTION x');
    client.fresh();
    const grey = expect.objectContaining({ code: 'ERR_INVALID_STATE' });
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_ARG' });
    expect(() => desk.click('off')).toThrow(grey);
    expect(() => desk.click('none')).toThrow(grey);
    expect(() => desk.click('people', { contact: '+3725555' })).toThrow(grey);
    expect(() => desk.click('phones', { contact: 'bob' })).toThrow(grey);
    expect(() => desk.click('people')).toThrow(wrong);
    expect(() => desk.click('people', { contact: 'bob CONTEXT call' })).toThrow(wrong);
    expect(() => desk.click('talk')).toThrow(grey);
    expect(() => desk.click('chat')).toThrow(grey);
    expect(() => desk.click('chat', { chat: '#nobody/$x;1' })).toThrow(grey);
    expect(client.fresh()).toEqual([]);
    client.send('SET MENU_ITEM off ENABLED true');
    client.fresh();
    desk.click('off');
    desk.click('people', { contact: 'bob' });
    desk.click('phones', { contact: '+3725555' });
    desk.click('anyone', { contact: '+3725555' });
    expect(client.fresh()).toHaveLength(4);
  });

  it('is found by its program when two programs have items of the same name', async () => {
    await using w = await world();
    const [one, two] = [w.client(), w.client()];
    two.send('NAME other');
    for (const client of [one, two]) {
      client.send('CREATE MENU_ITEM same CONTEXT tools CAPTION x');
      client.send('CREATE EVENT same CAPTION x HINT y');
      client.fresh();
    }
    const desk = w.exchange.desk();
    expect(() => desk.click('same')).toThrow(/"program"/);
    desk.click('same', { program: 'other' });
    desk.clickAlert('same', 'test');
    expect(one.fresh()).toEqual(['EVENT same CLICKED']);
    expect(two.fresh()).toEqual(['MENU_ITEM same CLICKED CONTEXT tools']);
    two.disconnect();
    expect(desk.state.menu).toHaveLength(1);
    desk.click('same');
    expect(one.fresh()).toEqual(['MENU_ITEM same CLICKED CONTEXT tools']);
    one.disconnect();
    expect(desk.state).toMatchObject({ menu: [], alerts: [] });
    expect(() => desk.clickAlert('same')).toThrow(/No program has created EVENT "same"/);
  });
});

describe('items that a client adds to the window', () => {
  it('are shown as created, and as changed', async () => {
    const root = folder();
    writeFileSync(join(root, 'icon.png'), png(32, 32));
    await using w = await world({ fileRoots: [root] });
    const client = w.client();
    client.send(
      'CREATE MENU_ITEM a CONTEXT Contact CAPTION "two words" HINT "a hint" ICON "icon.png" ENABLED FALSE',
    );
    client.send('CREATE EVENT b CAPTION "Test message" HINT "Test message hint"');
    await settle();
    await w.clock.advance(1);
    const desk = w.exchange.desk();
    const item = {
      id: 'a',
      program: 'test',
      context: 'CONTACT',
      caption: 'two words',
      hint: 'a hint',
      enabled: false,
      contacts: 'all',
      icon: png(32, 32).toString('base64'),
    };
    const alert = { id: 'b', program: 'test', caption: 'Test message', hint: 'Test message hint' };
    expect(desk.state).toMatchObject({ menu: [item], alerts: [alert] });
    const changes: unknown[] = [];
    desk.on('change', (change) => changes.push(change));
    client.send('SET MENU_ITEM a CAPTION "changed caption"');
    client.send('SET MENU_ITEM a HINT plain');
    client.send('SET MENU_ITEM a ENABLED true');
    await w.clock.advance(0);
    expect(desk.state.menu).toEqual([{ ...item, caption: 'changed caption', hint: 'plain', enabled: true }]);
    expect(changes).toEqual([{ menu: desk.state.menu }]);
    client.send('DELETE EVENT b');
    expect(desk.state.alerts).toEqual([]);
  });

  it.each([
    ['too large', png(33, 32)],
    ['no PNG', Buffer.from('GIF89a')],
    ['cut short', png(1, 1).subarray(0, 12)],
    ['empty', Buffer.alloc(0)],
    ['a huge file', Buffer.concat([png(1, 1), Buffer.alloc(20_000)])],
    ['outside', undefined],
  ])('have no icon when it is %s', async (_what, bytes) => {
    const root = folder();
    if (bytes) writeFileSync(join(root, 'icon.png'), bytes);
    await using w = await world({ fileRoots: [root] });
    const client = w.client();
    const path = bytes ? 'icon.png' : '/etc/passwd';
    expect(client.send(`CREATE MENU_ITEM a CONTEXT tools CAPTION x ICON "${path}"`)).toEqual([
      'MENU_ITEM a CREATED',
    ]);
    await settle();
    await w.clock.advance(1);
    expect(w.exchange.desk().state.menu).toMatchObject([{ icon: '' }]);
    expect(w.failures).toEqual([]);
  });

  it.each([
    'MENU_ITEM',
    'MENU_ITEM 1x CONTEXT tools CAPTION x',
    'MENU_ITEM a-b CONTEXT tools CAPTION x',
    `MENU_ITEM ${'a'.repeat(101)} CONTEXT tools CAPTION x`,
    'MENU_ITEM a CAPTION x',
    'MENU_ITEM a CONTEXT nowhere CAPTION x',
    'MENU_ITEM a CONTEXT constructor CAPTION x',
    'MENU_ITEM a CONTEXT tools',
    'MENU_ITEM a CONTEXT tools CAPTION',
    `MENU_ITEM a CONTEXT tools CAPTION "${'x'.repeat(33)}"`,
    `MENU_ITEM a CONTEXT tools CAPTION ${'\u{1f600}'.repeat(33)}`,
    'MENU_ITEM a CONTEXT tools CAPTION x ENABLED maybe',
    'MENU_ITEM a CONTEXT tools CAPTION x CONTACT_TYPE_FILTER all,skype',
    `MENU_ITEM a CONTEXT tools CAPTION x HINT ${'h'.repeat(1001)}`,
    'MENU_ITEM there CONTEXT tools CAPTION x',
    'EVENT',
    'EVENT 7 CAPTION x',
    'EVENT a HINT x',
  ])('are refused with error 536: CREATE %s', async (what) => {
    await using w = await world();
    const client = w.client();
    client.send('CREATE MENU_ITEM there CONTEXT tools CAPTION x');
    expect(client.send(`CREATE ${what}`)).toEqual([expect.stringMatching(/^ERROR 536 CREATE/)]);
    expect(w.exchange.desk().state).toMatchObject({ menu: [{ id: 'there' }], alerts: [] });
  });

  it('may have a caption of 32 characters of any script, and are limited in number', async () => {
    await using w = await world();
    const client = w.client();
    const caption = '\u{1f600}'.repeat(32);
    expect(client.send(`CREATE MENU_ITEM a CONTEXT tools CAPTION ${caption}`)).toEqual([
      'MENU_ITEM a CREATED',
    ]);
    expect(client.send(`SET MENU_ITEM a CAPTION ${caption}x`)[0]).toMatch(/^ERROR 18 /);
    expect(w.exchange.desk().state.menu[0]?.caption).toBe(caption);
    for (let i = 0; i < 1100; i++) client.send(`CREATE EVENT e${i} CAPTION x`);
    expect(w.exchange.desk().state.alerts).toHaveLength(1000);
  });
});
