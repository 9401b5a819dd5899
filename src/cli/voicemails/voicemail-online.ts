import { createInterface } from 'node:readline';
import { whenFired } from '../../base/wait.js';
import type { Client, Voicemail } from '../../control.js';
import { PcmServer } from '../../pcm.js';
import { ApiError } from '../../protocol.js';
import { JackfieldError, type PcmSink, WavWriter } from '../../voice.js';
import {
  greetingOf,
  leaveVoicemail,
  playVoicemail,
  receiveVoicemail,
  recordGreeting,
  voicemailFacts,
} from '../../voicemail.js';
import { attachTo } from '../endpoint-options.js';
import { openSound } from '../open-sound.js';
import { checkOutput, intoFile, type OutputOptions } from '../outputs.js';
import { Report } from '../report.js';
import { stopSignal } from '../shutdown.js';
import { warnLine, warnNothing } from '../terminal-text.js';
import type { OnlineOptions } from './voicemail-options.js';
import { barFor, messageLine } from './voicemail-report.js';

const SAMPLES_PER_S = 16_000;
const TICK_MS = 200;
const LONGEST_GREETING_MS = 60_000;

export async function list(options: OnlineOptions): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  const account = await client.parameters.get('CURRENTUSERHANDLE');
  const ids = await client.search('VOICEMAILS');
  if (ids.length === 0) warnNothing(`${account} has no voicemails.`);
  for (const id of ids) {
    const voicemail = client.voicemail(id);
    const facts = await voicemailFacts(account, voicemail);
    const status = await voicemail.text('STATUS');
    report.line({ ...facts, status }, `${messageLine(facts)}  ${status}`);
  }
}

export async function play(
  id: number,
  options: OnlineOptions & OutputOptions & { readonly inCall?: boolean; readonly out?: string },
): Promise<void> {
  const { out } = options;
  if (out !== undefined) await checkOutput(out, options);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  const voicemail = await existing(client, id);
  if (out !== undefined) await playToFile(client, voicemail, out, options);
  else if (options.inCall) await playAloud(client, voicemail, 'call', options.json);
  else await playAloud(client, voicemail, 'sound-card', options.json);
}

export async function leave(
  user: string,
  options: OnlineOptions & { readonly file?: string; readonly skipGreeting?: boolean; readonly max: number },
): Promise<void> {
  const report = new Report(options.json);
  const { file } = options;
  const totalMs = file === undefined ? options.max * 1000 : await lengthMsOf(file);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  const stop = stopSignal({ hasCalls: true });
  await using server = new PcmServer();
  const leaving = await leaveVoicemail(client, user, {
    ...(file !== undefined && { from: { file } }),
    server,
    greeting: options.skipGreeting ? 'skip' : 'hear',
    maxMs: options.max * 1000,
  });
  const bar = barFor(`Recording for ${user}`, options.json);
  leaving.on('progress', ({ phase, recordedMs }) => {
    if (phase === 'recording') bar.onProgress({ position: recordedMs, sampleCount: totalMs });
    report.progress({ phase, recordedMs }, `${phase} ${(recordedMs / 1000).toFixed(1)} s`);
  });
  // A message in upload is still sent.
  whenFired(stop, () => void leaving.cancel().catch(() => undefined));
  using _enter =
    file === undefined ? onEnter('sends it', () => void leaving.stop().catch(() => undefined)) : undefined;
  try {
    const { message, durationSeconds, cut } = await leaving.sent;
    bar.stop();
    const text = `Sent: voicemail ${message.id}, ${durationSeconds} s.`;
    report.line({ sent: message.id, durationSeconds, cut }, text);
    if (cut) warnLine(`It was cut off after ${options.max} s: --max allows more.`);
  } finally {
    bar.stop();
  }
}

export async function greeting(
  options: OnlineOptions &
    OutputOptions & {
      readonly record?: string | true;
      readonly of?: string;
      readonly out?: string;
    },
): Promise<void> {
  const { out } = options;
  if (out !== undefined) await checkOutput(out, options);
  await using attached = await attachTo(options, { name: 'jackfield voicemail' });
  const { client } = attached;
  if (options.record !== undefined) {
    await recordFrom(client, options.record === true ? undefined : options.record, options.json);
    return;
  }
  const handle = options.of ?? (await client.parameters.get('CURRENTUSERHANDLE'));
  const voicemail = await greetingOf(client, handle);
  if (out !== undefined) await playToFile(client, voicemail, out, options);
  else await playAloud(client, voicemail, 'sound-card', options.json);
}

/** Runs an action at the first line of input, from a terminal or a pipe. */
function onEnter(does: string, action: () => void): Disposable {
  if (process.stdin.isTTY) warnLine(`Enter ${does}; Ctrl-C cancels it.`);
  const lines = createInterface({ input: process.stdin, terminal: false });
  lines.once('line', action);
  return { [Symbol.dispose]: () => lines.close() };
}

/** Records the greeting from a file, or from the microphone until Enter is pressed. */
async function recordFrom(client: Client, file: string | undefined, json?: boolean): Promise<void> {
  await using server = new PcmServer();
  const ms = file === undefined ? LONGEST_GREETING_MS : await lengthMsOf(file);
  const from = file === undefined ? 'microphone' : { file };
  const signal = stopSignal({ hasCalls: true });
  const enough = new AbortController();
  using _enter = file === undefined ? onEnter('keeps it', () => enough.abort()) : undefined;
  const recorded = await timed('Recording', ms, json, () =>
    recordGreeting(client, { from, server, signal, ...(file === undefined && { stop: enough.signal }) }),
  );
  new Report(json).line({ greeting: recorded.id }, 'The greeting is recorded.');
}

/** @throws ERR_INVALID_ARG when the account has no such voicemail. */
async function existing(client: Client, id: number): Promise<Voicemail> {
  const voicemail = client.voicemail(id);
  try {
    await voicemail.text('STATUS');
    return voicemail;
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    const text = `There is no voicemail ${id}: "jackfield voicemail list" lists the voicemails.`;
    throw new JackfieldError('ERR_INVALID_ARG', text, { cause });
  }
}

async function playAloud(
  client: Client,
  voicemail: Voicemail,
  to: 'call' | 'sound-card',
  json?: boolean,
): Promise<void> {
  if (to === 'call' && (await client.search('ACTIVECALLS')).length === 0) {
    throw new JackfieldError('ERR_INVALID_STATE', 'There is no call in progress to play the voicemail into.');
  }
  const ms = Number(await voicemail.text('DURATION')) * 1000;
  const signal = stopSignal({ hasCalls: true });
  await timed('Playing', ms, json, () => playVoicemail(voicemail, to, { signal }));
  const where = to === 'call' ? 'into the call' : "on the endpoint's sound card";
  new Report(json).line({ played: voicemail.id, to }, `Voicemail ${voicemail.id} was played ${where}.`);
}

async function playToFile(
  client: Client,
  voicemail: Voicemail,
  out: string,
  options: OnlineOptions & OutputOptions,
): Promise<void> {
  const { json } = options;
  await using server = new PcmServer();
  const signal = stopSignal({ hasCalls: true });
  const total = Number(await voicemail.text('DURATION')) * SAMPLES_PER_S;
  const bar = barFor('Receiving', json);
  try {
    const { samples } = await intoFile(out, options, async (part) => {
      await using wav = await WavWriter.create(part);
      const sink: PcmSink = {
        write: (heard, position) => {
          bar.onProgress({ position, sampleCount: total });
          return wav.write(heard, position);
        },
        end: (error) => wav.end(error),
      };
      return await receiveVoicemail(client, voicemail, server, sink, { signal });
    });
    bar.stop();
    new Report(json).line({ file: out, samples }, `${out}: ${(samples / SAMPLES_PER_S).toFixed(1)} s`);
  } finally {
    bar.stop();
  }
}

/** Shows a bar for work without progress events but with a known duration. */
async function timed<T>(
  what: string,
  totalMs: number,
  json: boolean | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const bar = barFor(what, json);
  const startedAt = performance.now();
  const tick = () => bar.onProgress({ position: performance.now() - startedAt, sampleCount: totalMs });
  const timer = setInterval(tick, TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    bar.stop();
  }
}

async function lengthMsOf(file: string): Promise<number> {
  await using sound = await openSound(file);
  return (sound.sampleCount * 1000) / sound.format.sampleRate;
}
