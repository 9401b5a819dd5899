import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { atDesk, pass, propertyOf, transfersOf } from '../transfers/transfer-stage.js';
import { type Client, folder, type World, world } from '../world.js';

const DIST = JSON.stringify(new URL('../../../dist/exchange.js', import.meta.url).href);
const BYTES = Buffer.from('what is sent from one folder into the other');
const BALANCE = 100_000;

/** Sends texts and files as fast as it can, and says what it was told. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { Exchange } from ${DIST};
  const [stateFolder, from, into, balance] = process.argv.slice(1);
  const smsGateway = {
    analyse: (number, found) => setImmediate(found, { kind: 'acceptable', price: 1000 }),
    send: (text) => setImmediate(() => {
      text.taken();
      setImmediate(() => text.numbers.forEach((number) => text.delivered(number)));
    }),
  };
  const exchange = await Exchange.start({
    users: [
      { handle: 'alice', contacts: ['bob'], transferFolder: from, profile: { PSTN_BALANCE: balance } },
      { handle: 'bob', contacts: ['alice'], transferFolder: into },
    ],
    stateFolder, smsGateway, transferBytesPerSecond: 1e9,
  });
  const say = (told) => writeSync(1, JSON.stringify(told) + '\\n');
  const clients = ['alice', 'bob'].map((handle) => {
    const lines = [];
    const waits = new Set();
    const deliver = (line) => { lines.push(line); for (const look of [...waits]) look(line); };
    const session = exchange.endpoint(handle).connect({ deliver, closed() {} });
    const ask = (line) => { lines.length = 0; session.receive(line); return lines[0]; };
    const next = (pattern) => new Promise((resolve) => {
      const look = (line) => { const found = pattern.exec(line); if (found) { waits.delete(look); resolve(found[1]); } };
      waits.add(look);
    });
    ask('NAME x');
    ask('PROTOCOL 8');
    return { ask, next, desk: exchange.desk(handle) };
  });
  const [alice, bob] = clients;
  for (let n = 1; ; n++) {
    const [, sms] = /^SMS (\\d+)/.exec(alice.ask('CREATE SMS OUTGOING +37255512345'));
    alice.ask('SET SMS ' + sms + ' BODY text ' + n);
    const delivered = alice.next(new RegExp('^SMS ' + sms + ' STATUS (DELIVERED)'));
    alice.ask('ALTER SMS ' + sms + ' SEND');
    await delivered;
    say({ sms: Number(sms) });
    if (n % 5 === 0) {
      alice.ask('DELETE SMS ' + sms);
      say({ deleted: Number(sms) });
    }
    const offered = bob.next(/^FILETRANSFER (\\d+) STATUS NEW/);
    await alice.desk.files.send('bob', 'a.bin');
    const id = Number(await offered);
    if (n % 4 === 0) {
      (n % 8 === 0 ? alice : bob).desk.files.cancel();
      say({ cancelled: id });
      continue;
    }
    const completed = bob.next(new RegExp('^FILETRANSFER ' + id + ' STATUS (COMPLETED)'));
    await bob.desk.files.accept({ id });
    if (n % 3 === 0) {
      try { bob.desk.files.pause(id); say({ paused: id }); bob.desk.files.resume(id); } catch {}
    }
    await completed;
    say({ completed: id });
  }
`;

type Told = Readonly<Partial<Record<'sms' | 'deleted' | 'cancelled' | 'paused' | 'completed', number>>>;

/** Numbers of what was told of, of all runs. */
class Known {
  readonly #ids: Record<keyof Told, Set<number>> = {
    sms: new Set(),
    deleted: new Set(),
    cancelled: new Set(),
    paused: new Set(),
    completed: new Set(),
  };

  take(told: Told): void {
    for (const [what, id] of Object.entries(told) as [keyof Told, number][]) {
      this.#ids[what].add(id);
      if (what === 'deleted') this.#ids.sms.delete(id);
    }
  }

  /** The text that was on its way may be there or not, be paid for or not, and was deleted or not. */
  compareTexts(alice: Client): void {
    const statuses = new Map(
      (alice.send('SEARCH SMSS')[0]?.match(/\d+/g) ?? []).map((id) => [
        Number(id),
        alice.send(`GET SMS ${id} STATUS`)[0]?.split(' ').at(-1) ?? '',
      ]),
    );
    const gone = [...this.#ids.sms].filter((id) => !statuses.has(id));
    expect(gone.length).toBeLessThanOrEqual(1);
    for (const id of gone) this.take({ deleted: id });
    expect([...this.#ids.deleted].filter((id) => statuses.has(id))).toEqual([]);
    for (const id of this.#ids.sms) expect(statuses.get(id)).toBe('DELIVERED');
    for (const [id, status] of statuses) {
      if (!this.#ids.sms.has(id)) expect(status).toMatch(/^(COMPOSING|SENT_TO_SERVER|DELIVERED|FAILED)$/);
      if (status === 'FAILED') {
        expect(alice.send(`GET SMS ${id} FAILUREREASON`)[0]).toMatch(/ SERVER_CONNECT_FAILED$/);
      }
    }
  }

  async compareFiles(w: World, alice: Client, bob: Client, folder: string): Promise<void> {
    const desk = w.exchange.desk('bob');
    await pass(w, 500);
    for (const { waits } of desk.state.transfers) if (waits) await atDesk(w, desk.files.accept());
    for (const { status } of desk.state.transfers) if (status === 'PAUSED') desk.files.resume();
    await pass(w, 1500);
    const ends = [alice, bob].map((client) => {
      const ids = transfersOf(client);
      return new Map(ids.map((id) => [id, propertyOf(client, id, 'STATUS')]));
    });
    const count = (side: number, status: string) =>
      [...(ends[side]?.values() ?? [])].filter((each) => each === status).length;
    // Nothing goes on for ever, and both sides agree.
    expect([...(ends[0]?.values() ?? []), ...(ends[1]?.values() ?? [])].filter(goesOn)).toEqual([]);
    expect(count(0, 'COMPLETED')).toBe(count(1, 'COMPLETED'));
    for (const id of this.#ids.completed) expect(ends[1]?.get(id)).toBe('COMPLETED');
    for (const id of this.#ids.cancelled) expect(ends[1]?.get(id)).toMatch(/^(CANCELLED|FAILED)$/);
    const files = readdirSync(folder);
    expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(files.length).toBe(count(1, 'COMPLETED'));
    for (const name of files) expect(readFileSync(join(folder, name)).equals(BYTES)).toBe(true);
  }
}

function goesOn(status: string | undefined): boolean {
  return !['COMPLETED', 'CANCELLED', 'FAILED'].includes(status ?? '');
}

it('texts and files match their notifications, however often the exchange is killed', async () => {
  const [stateFolder, from, into] = [folder(), folder(), folder()];
  writeFileSync(join(from, 'a.bin'), BYTES);
  const known = new Known();
  const kills = Number(process.env['JACKFIELD_KILLS'] ?? 5);
  for (let kill = 0; kill < kills; kill++) {
    const news = [1, 2, 3, 5, 31, 8, 13, 21, 60][kill % 9] ?? 1;
    const args = ['--input-type=module', '-e', WRITER, stateFolder, from, into, String(BALANCE)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      known.take(JSON.parse(line) as Told);
      if (++seen === news) child.kill('SIGKILL');
    }
    await exited;
    await using w = await world({
      stateFolder,
      users: [
        { handle: 'alice', contacts: ['bob'], transferFolder: from },
        { handle: 'bob', contacts: ['alice'], transferFolder: into },
      ],
    });
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    known.compareTexts(alice);
    await known.compareFiles(w, alice, bob, into);
  }
});
