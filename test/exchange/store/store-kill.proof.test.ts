import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { readVoice } from '../../../src/exchange/voice/prompt-files.js';
import { tone } from '../transcripts.js';
import { type Client, folder, settle, world } from '../world.js';

const DIST = JSON.stringify(new URL('../../../dist/exchange.js', import.meta.url).href);

/** The folder as a SIGKILL at this moment would leave it. */
function afterKill(stateFolder: string): string {
  const copy = folder();
  cpSync(stateFolder, copy, { recursive: true });
  return copy;
}

/** What a writer has been answered, one after the other. */
type Answered =
  | { readonly about: number }
  | { readonly name: number }
  | { readonly call: number }
  | { readonly voicemail: number }
  | { readonly deleted: number };

/** Changes profile, contacts, history and voicemails as fast as it can, and says what it was answered. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { Exchange } from ${DIST};
  const [stateFolder, file] = process.argv.slice(1);
  const exchange = await Exchange.start({ users: [{ handle: 'alice' }, { handle: 'bob' }], stateFolder });
  const lines = [];
  const session = exchange.endpoint('alice').connect({ deliver: (line) => lines.push(line), closed() {} });
  const ask = (line) => { lines.length = 0; session.receive(line); return lines[0]; };
  const say = (answered) => writeSync(1, JSON.stringify(answered) + '\\n');
  const last = (answer) => Number(answer.split(' ').at(-1)) || 0;
  const voicemails = ask('SEARCH VOICEMAILS').split(/,? /).slice(1).filter(Boolean).map(Number);
  for (let n = Math.max(last(ask('GET PROFILE ABOUT')), last(ask('GET USER bob DISPLAYNAME'))) + 1; ; n++) {
    ask('SET PROFILE ABOUT ' + n);
    say({ about: n });
    ask('SET USER bob DISPLAYNAME ' + n);
    say({ name: n });
    const call = Number(ask('CALL bob').split(' ')[1]);
    ask('ALTER CALL ' + call + ' HANGUP');
    say({ call });
    const voicemail = await exchange.deposit({ to: 'alice', from: { handle: 'dora' }, file, durationSec: 1 });
    voicemails.push(voicemail);
    say({ voicemail });
    if (voicemails.length <= 20) continue;
    const deleted = voicemails.shift();
    ask('ALTER VOICEMAIL ' + deleted + ' DELETE');
    say({ deleted });
  }
`;

/** What has to be there after a kill. The change after the last that was answered may be there, or not. */
class Kept {
  #about = 0;
  #name = 0;
  readonly #calls: number[] = [];
  readonly #voicemails = new Set<number>();
  readonly #deleted = new Set<number>();

  take(answered: Answered): void {
    if ('about' in answered) this.#about = answered.about;
    else if ('name' in answered) this.#name = answered.name;
    else if ('call' in answered) this.#calls.push(answered.call);
    else if ('voicemail' in answered) this.#voicemails.add(answered.voicemail);
    else {
      this.#voicemails.delete(answered.deleted);
      this.#deleted.add(answered.deleted);
    }
  }

  compare(alice: Client): void {
    const number = (command: string) => Number(alice.send(command)[0]?.split(' ').at(-1)) || 0;
    const list = (command: string) =>
      new Set((alice.send(command)[0] ?? '').split(/,? /).slice(1).map(Number));
    expect(number('GET PROFILE ABOUT')).toBeGreaterThanOrEqual(this.#about);
    expect(number('GET USER bob DISPLAYNAME')).toBeGreaterThanOrEqual(this.#name);
    const [calls, voicemails] = [list('SEARCH CALLS'), list('SEARCH VOICEMAILS')];
    for (const id of this.#calls.slice(-500)) {
      expect(calls).toContain(id);
      expect(alice.send(`GET CALL ${id} STATUS`)).toEqual([`CALL ${id} STATUS CANCELLED`]);
    }
    const gone = [...this.#voicemails].filter((id) => !voicemails.has(id));
    // The oldest may have been deleted without that having been said.
    expect(gone.length).toBeLessThanOrEqual(1);
    expect([...this.#deleted].filter((id) => voicemails.has(id))).toEqual([]);
    for (const id of gone) this.#voicemails.delete(id);
    const next = Number(alice.send('CALL bob')[0]?.split(' ')[1]);
    expect(next).toBeGreaterThan(Math.max(0, ...this.#calls, ...this.#voicemails, ...this.#deleted));
    alice.send(`ALTER CALL ${next} HANGUP`);
  }
}

describe('a killed exchange with a state folder', () => {
  it('has everything that was answered; a call that was in progress has failed', async () => {
    const stateFolder = folder();
    const script = `
      import { Exchange } from ${JSON.stringify(new URL('../../../dist/exchange.js', import.meta.url).href)};
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

  it('keeps what was marked as seen, and the duration of a call', async () => {
    const stateFolder = folder();
    const w = await world({ stateFolder });
    const [alice, bob] = [w.client(), w.client('bob')];
    alice.send('CALL bob');
    await w.clock.advance(1000);
    alice.send('ALTER CALL 1 HANGUP');
    bob.send('SET CALL 2 SEEN');
    bob.send('CALL echo123');
    await w.clock.advance(70_000);
    const killed = afterKill(stateFolder);
    await w[Symbol.asyncDispose]();
    await using again = await world({ stateFolder: killed });
    const client = again.client('bob');
    expect(client.send('SEARCH MISSEDCALLS')).toEqual(['CALLS ']);
    expect(client.send('GET CALL 2 SEEN')).toEqual(['CALL 2 SEEN TRUE']);
  });

  it('has the recorded part of a voicemail, and can upload it', async () => {
    const stateFolder = folder();
    const w = await world({ stateFolder });
    const client = w.client();
    client.send('CALLVOICEMAIL bob');
    while (!client.lines.some((line) => line.endsWith('VM_DURATION 3'))) {
      await settle();
      await w.clock.advance(20);
    }
    // A file is behind by 250 ms at the most; here three seconds have passed in no time.
    const file = join(stateFolder, 'voicemails', `${client.newest('VOICEMAIL')}.wav`);
    while ((await readVoice(file)).length < 2.75 * 16_000) await settle();
    const killed = afterKill(stateFolder);
    await w[Symbol.asyncDispose]();
    await using again = await world({ stateFolder: killed });
    const [alice, bob] = [again.client(), again.client('bob')];
    const id = Number(alice.send('SEARCH VOICEMAILS')[0]?.split(' ')[1]);
    expect(alice.send(`GET VOICEMAIL ${id} STATUS`)).toEqual([`VOICEMAIL ${id} STATUS RECORDED`]);
    alice.send(`ALTER VOICEMAIL ${id} UPLOAD`);
    while (!bob.lines.some((line) => line.endsWith('STATUS UNPLAYED'))) {
      await settle();
      await again.clock.advance(20);
    }
    expect(bob.told(`VOICEMAIL ${bob.newest('VOICEMAIL')} DURATION`)).toEqual(['3']);
    const heard = await readVoice(join(killed, 'voicemails', `${bob.newest('VOICEMAIL')}.wav`));
    expect(heard.length).toBeGreaterThanOrEqual(2.7 * 16_000);
  });

  it('has everything that was answered, however often it is killed in the middle of its writes', async () => {
    const stateFolder = folder();
    const wav = join(folder(), 'message.wav');
    await tone(wav, 100);
    const kept = new Kept();
    // Beyond ten thousand changes the journal is written anew: the longest of these runs are killed in that.
    const kills = Number(process.env['JACKFIELD_KILLS'] ?? 8);
    for (let kill = 0; kill < kills; kill++) {
      const answers = [1, 2, 7, 40, 333, 1000, 9_980 + kill, 10_010][kill % 8] ?? 1;
      const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, stateFolder, wav], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        kept.take(JSON.parse(line));
        if (++seen === answers) child.kill('SIGKILL');
      }
      await exited;
      await using w = await world({ stateFolder, users: [{ handle: 'alice' }, { handle: 'bob' }] });
      kept.compare(w.client());
    }
  }, 120_000);
});
