import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attach, type Call, MemoryTransport } from '../../control.js';
import { Exchange } from '../../exchange.js';
import { makePrivateFolder } from '../../files/private-file.js';
import { type SipLine, sipLine } from '../../line.js';
import { PcmServer } from '../../pcm.js';
import { recordCall } from '../../recording.js';
import { collectSamples, toFormat, VOICE_FORMAT, WavReader } from '../../voice.js';
import { checkOutput } from '../outputs.js';
import { SipLadder } from '../sip/sip-ladder.js';
import { printLine } from '../terminal-text.js';
import { comparedVoices } from './compared-voices.js';

const SPEECH = fileURLToPath(new URL('../../../assets/speech/reader-870.wav', import.meta.url));
const LISTEN = { udp: { host: '127.0.0.1', port: 0 } } as const;
const PASSWORD = 'demo';
const NUMBER = '+15550200';

/**
 * Runs a call over SIP between two exchanges on this machine. One registers at the other. The other calls it, speaks,
 * presses a key, is put on hold and hangs up. Both ends record, and the recordings are compared.
 *
 * @returns true when the called end has received the speech.
 */
export async function sipDemo({
  out,
  input,
}: {
  readonly out: string;
  readonly input?: string;
}): Promise<boolean> {
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const files = ['office', 'branch'].map((name) => join(out, `${stamp}-sip-${name}.wav`));
  const [officeFile = '', branchFile = ''] = files;
  await makePrivateFolder(out);
  for (const file of files) await checkOutput(file, { force: false });
  await using office = await Exchange.start({ users: [{ handle: 'alice' }] });
  await using branch = await Exchange.start({ users: [{ handle: 'bob' }] });
  const officeLine = sipLine({
    listen: LISTEN,
    phones: [{ user: 'branch', password: PASSWORD, number: NUMBER }],
  });
  const ladder = new SipLadder(officeLine, { messages: false, json: false }, printLine);
  await office.addLine(officeLine);
  await branch.addLine(branchLine(officeLine));
  await using alice = await attach(new MemoryTransport(office.endpoint()));
  await using bob = await attach(new MemoryTransport(branch.endpoint()));
  await using server = new PcmServer();

  const arriving = once(bob, 'call') as Promise<[Call]>;
  const call = await alice.call(NUMBER);
  const recordings = [await recordCall(call, server, { file: officeFile })];
  const [answered] = await arriving;
  recordings.push(await recordCall(answered, server, { file: branchFile }));
  await answered.answer();
  await call.reached('INPROGRESS');
  printLine(`alice and bob talk: ${NUMBER}`);
  const [spoken] = recordings;
  await using speech = await WavReader.open(input ?? SPEECH);
  await spoken?.voice.player.play(toFormat(speech, speech.format, VOICE_FORMAT), { underrun: 'wait' })
    .finished;
  const key = once(answered, 'dtmf') as Promise<[string]>;
  await call.sendDtmf('5');
  printLine(`bob hears the key ${(await key)[0]}`);
  await answered.hold();
  await call.reached('REMOTEHOLD');
  printLine('alice is on hold');
  await answered.resume();
  await call.reached('INPROGRESS');
  await call.hangUp();
  await Promise.all(recordings.map(({ finished }) => finished));
  ladder.close();
  const { delayMs, likeness } = comparedVoices(
    await channelOf(officeFile, 'local'),
    await channelOf(branchFile, 'remote'),
  );
  for (const file of files) printLine(file);
  printLine(
    `The branch heard what the office said ${delayMs} ms later, with a likeness of ${Math.round(likeness * 100)} %.`,
  );
  return likeness > 0.7;
}

/** The line of the branch, with an account at the office. */
function branchLine(office: SipLine): SipLine {
  const [{ port = 0 } = {}] = office.addresses;
  return sipLine({
    listen: LISTEN,
    account: { address: 'sip:branch@127.0.0.1', registrar: `sip:127.0.0.1:${port}`, password: PASSWORD },
    to: 'bob',
  });
}

/** Reads one leg of a recording. The first channel is the sent audio, the second the received audio. */
async function channelOf(file: string, leg: 'local' | 'remote'): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  const samples = await collectSamples(reader);
  const { channels } = reader.format;
  const channel = leg === 'local' ? 0 : channels - 1;
  return Int16Array.from(
    { length: samples.length / channels },
    (_, at) => samples[at * channels + channel] ?? 0,
  );
}
