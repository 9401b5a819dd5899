import {
  type ArchiveProgress,
  archiveVoicemails,
  attach,
  type Client,
  greetingOf,
  leaveVoicemail,
  PcmServer,
  playVoicemail,
  receiveVoicemail,
  recordGreeting,
  type Voicemail,
  VoicemailArchive,
  voicemailFacts,
  WavWriter,
} from '../index.js';
import { progressBar } from './progress-bar.js';
import { messageLine, Report } from './voicemail-report.js';

interface OnlineOptions {
  readonly to: string;
  readonly json?: boolean;
}

export async function list(options: OnlineOptions): Promise<void> {
  const report = new Report(options.json);
  await using client = await attach(options.to);
  const account = await client.parameters.get('CURRENTUSERHANDLE');
  for (const id of await client.search('VOICEMAILS')) {
    const voicemail = client.voicemail(id);
    const facts = await voicemailFacts(account, voicemail);
    const status = await voicemail.text('STATUS');
    report.line({ ...facts, status }, `${messageLine(facts)}  ${status}`);
  }
}

export async function play(
  id: number,
  options: OnlineOptions & { readonly inCall?: boolean; readonly out?: string },
): Promise<void> {
  await using client = await attach(options.to);
  const voicemail = client.voicemail(id);
  if (options.out !== undefined) await playToFile(client, voicemail, options.out, options.json);
  else
    await withCtrlC((signal) => playVoicemail(voicemail, options.inCall ? 'call' : 'sound-card', { signal }));
}

export async function leave(
  user: string,
  options: OnlineOptions & { readonly file?: string; readonly skipGreeting?: boolean; readonly max: number },
): Promise<void> {
  const report = new Report(options.json);
  await using client = await attach(options.to);
  await using server = new PcmServer();
  const leaving = await leaveVoicemail(client, user, {
    ...(options.file !== undefined && { from: { file: options.file } }),
    server,
    greeting: options.skipGreeting ? 'skip' : 'hear',
    maxMs: options.max * 1000,
  });
  leaving.on('progress', ({ phase, recordedMs }) => {
    report.progress({ phase, recordedMs }, `${phase} ${(recordedMs / 1000).toFixed(1)} s`);
  });
  const onInterrupt = () => void leaving.stop().catch(() => undefined);
  process.once('SIGINT', onInterrupt);
  try {
    const { message, durationSeconds } = await leaving.sent;
    report.line(
      { sent: message.id, durationSeconds },
      `Sent: voicemail ${message.id}, ${durationSeconds} s.`,
    );
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

export async function greeting(
  options: OnlineOptions & { readonly record?: string; readonly of?: string; readonly out?: string },
): Promise<void> {
  const report = new Report(options.json);
  await using client = await attach(options.to);
  if (options.record !== undefined) {
    await using server = new PcmServer();
    const recorded = await recordGreeting(client, { from: { file: options.record }, server });
    report.line({ greeting: recorded.id }, 'The greeting is recorded.');
    return;
  }
  const handle = options.of ?? (await client.parameters.get('CURRENTUSERHANDLE'));
  const voicemail = await greetingOf(client, handle);
  if (options.out !== undefined) await playToFile(client, voicemail, options.out, options.json);
  else await withCtrlC((signal) => playVoicemail(voicemail, 'sound-card', { signal }));
}

export async function archiveAll(
  options: OnlineOptions & {
    readonly out: string;
    readonly concurrency: number;
    readonly attempts: number;
    readonly via?: string;
    readonly deleteOriginals?: boolean;
  },
): Promise<void> {
  const report = new Report(options.json);
  await using client = await attach(options.to);
  await using server = new PcmServer();
  await using archive = await VoicemailArchive.open(options.out);
  const bar = progressBar('Archiving');
  const onProgress = ({ done, total, outcome, message }: ArchiveProgress) => {
    bar.onProgress({ position: done, sampleCount: total });
    if (outcome === 'known' || outcome === 'gone') return;
    report.progress(
      { done, total, outcome, message },
      message ? `${outcome}  ${messageLine(message)}` : outcome,
    );
  };
  try {
    const result = await withCtrlC((signal) =>
      archiveVoicemails(client, archive, {
        route: options.via === undefined ? { server } : { folder: options.via },
        concurrency: options.concurrency,
        attempts: options.attempts,
        deleteOriginals: options.deleteOriginals === true,
        signal,
        onProgress,
      }),
    );
    const { listed, stored, duplicates, incomplete, known, failed, originalsDeleted } = result;
    report.line(
      result,
      `${listed} listed: ${stored} stored (${duplicates} of them the same as others), ${known} known, ` +
        `${incomplete.length} incomplete, ${failed.length} failed, ${originalsDeleted} originals deleted.`,
    );
    for (const { id, state, failure, detail } of [...incomplete, ...failed])
      report.text(
        `Voicemail ${id} ${state === 'stored' ? 'is incomplete' : 'failed'}: ${failure}: ${detail}`,
      );
    if (failed.length + incomplete.length > 0) process.exitCode = 2;
  } finally {
    bar.stop();
  }
}

async function playToFile(client: Client, voicemail: Voicemail, out: string, json?: boolean): Promise<void> {
  await using server = new PcmServer();
  await using wav = await WavWriter.create(out);
  const { samples } = await withCtrlC((signal) =>
    receiveVoicemail(client, voicemail, server, wav, { signal }),
  );
  new Report(json).line({ file: out, samples }, `${out}: ${(samples / wav.format.sampleRate).toFixed(1)} s`);
}

/** Ctrl-C ends the work in good order; a second one ends the program. */
async function withCtrlC<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborter = new AbortController();
  const onInterrupt = () => aborter.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await work(aborter.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
