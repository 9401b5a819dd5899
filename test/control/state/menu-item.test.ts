import { describe, expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import type { Client } from '../../../src/control/client/client.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import type { Desk } from '../../../src/exchange/desk/desk.js';
import { Exchange } from '../../../src/exchange/exchange.js';

interface Stage extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly desk: Desk;
  readonly client: Client;
}

async function stage(platform: 'windows' | 'linux' = 'windows'): Promise<Stage> {
  const exchange = await Exchange.start({ users: [{ handle: 'alice', platform }] });
  const client = await attach(new MemoryTransport(exchange.endpoint()), { pingIntervalMs: 0 });
  return {
    exchange,
    desk: exchange.desk(),
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await exchange.close();
    },
  };
}

describe('a menu item', () => {
  it('is made, changed, clicked and closed', async () => {
    await using s = await stage();
    const item = await s.client.menuItem({
      id: 'note',
      context: 'CONTACT',
      caption: 'Take a note',
      hint: 'a hint',
      contacts: 'skype',
    });
    expect(s.desk.state.menu).toMatchObject([
      {
        id: 'note',
        context: 'CONTACT',
        caption: 'Take a note',
        hint: 'a hint',
        contacts: 'skype',
        enabled: true,
      },
    ]);
    const [first, second] = [item.clicks(), item.clicks()];
    const heard: unknown[] = [];
    item.on('clicked', (click) => heard.push(click));
    s.desk.click('note', { contact: 'bob' });
    s.desk.click('note', { contact: 'bob' });
    const click = { handle: 'bob', context: 'contact' };
    expect((await first.next()).value).toEqual(click);
    await item.setEnabled(false);
    await item.setCaption('Two words');
    expect(s.desk.state.menu).toMatchObject([{ caption: 'Two words', enabled: false }]);
    expect(() => s.desk.click('note', { contact: 'bob' })).toThrow(/disabled/);
    await item.close();
    await item.close();
    expect(s.desk.state.menu).toEqual([]);
    const rest: unknown[] = [];
    for await (const each of first) rest.push(each);
    for await (const each of second) rest.push(each);
    expect(rest).toEqual([click, click, click]);
    expect(heard).toEqual([click, click]);
    await s.client.menuItem({ id: 'note', context: 'TOOLS', caption: 'again' });
    expect(s.desk.state.menu).toMatchObject([{ context: 'TOOLS', caption: 'again' }]);
  });

  it('stays open where the options of its closing are refused', async () => {
    await using s = await stage();
    const item = await s.client.menuItem({ id: 'note', context: 'TOOLS', caption: 'Note' });
    await expect(item.close({ timeoutMs: Number.NaN })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect(item.over).toBe(false);
    await item.close();
    expect(s.desk.state.menu).toEqual([]);
  });

  it('is made again when the endpoint was away, and its clicks go on', async () => {
    const transport = (exchange: Exchange) => exchange.endpoint();
    let exchange = await Exchange.start();
    const away = {
      connect: (...given: Parameters<ReturnType<typeof transport>['connect']>) =>
        exchange.endpoint().connect(...given),
    };
    const client = await attach(new MemoryTransport(away as never), { pingIntervalMs: 0 });
    const item = await client.menuItem({ id: 'x', context: 'TOOLS', caption: 'old' });
    const alert = await client.alert({ id: 'y', caption: 'news' });
    await item.setCaption('new');
    const clicks = item.clicks();
    await exchange.close();
    exchange = await Exchange.start();
    await client.attached({ timeoutMs: 30_000 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(exchange.desk().state).toMatchObject({
      menu: [{ id: 'x', caption: 'new' }],
      alerts: [{ id: 'y', caption: 'news' }],
    });
    exchange.desk().click('x');
    expect((await clicks.next()).value).toEqual({ context: 'tools' });
    expect(alert.over).toBe(false);
    await client.close();
    await expect(clicks.next()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await exchange.close();
  });

  it.each([
    { id: '1x', context: 'TOOLS', caption: 'x' },
    { id: 'a b', context: 'TOOLS', caption: 'x' },
    { id: 'a', context: 'NOWHERE', caption: 'x' },
    { id: 'a', context: 'TOOLS', caption: '' },
    { id: 'a', context: 'TOOLS', caption: 'x'.repeat(33) },
    { id: 'a', context: 'TOOLS', caption: 'say "x"' },
    { id: 'a', context: 'TOOLS', caption: 'a\nCALL bob' },
    { id: 'a', context: 'TOOLS', caption: 'x', hint: '" ENABLED "false' },
    { id: 'a', context: 'TOOLS', caption: 'x', icon: 'a"b.png' },
  ])('%j is refused before it is sent', async (options) => {
    await using s = await stage();
    await expect(s.client.menuItem(options as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect(s.desk.state.menu).toEqual([]);
  });

  it('that exists already, or for which the endpoint has no menu, is refused with ERR_API', async () => {
    await using s = await stage();
    const options = { id: 'a', context: 'TOOLS', caption: 'x' } as const;
    await s.client.menuItem(options);
    await expect(s.client.menuItem(options)).rejects.toMatchObject({ code: 'ERR_API', number: 536 });
    await using linux = await stage('linux');
    await expect(linux.client.menuItem(options)).rejects.toMatchObject({ number: 537 });
    expect([...linux.client.menuItems]).toEqual([]);
  });
});

describe('an alert', () => {
  it('delivers clicks to iterators and listeners', async () => {
    await using s = await stage();
    await using alert = await s.client.alert({
      id: 'test1',
      caption: 'Test message',
      hint: 'Test message hint',
    });
    const clicks = alert.clicks();
    s.desk.clickAlert('test1');
    expect((await clicks.next()).value).toEqual({ alert: 'test1' });
    await expect(alert.clicks({ timeoutMs: 1 }).next()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await alert.close();
    expect((await clicks.next()).done).toBe(true);
    expect(s.desk.state.alerts).toEqual([]);
  });
});
