import { EventEmitter } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, sleep, systemClock } from '../clock.js';
import type { Call } from '../control/call.js';
import { JackfieldError, messageOf } from '../errors.js';
import { type PcmSink, samplesToMs, VOICE_FORMAT } from '../pcm.js';
import type { Lease } from '../tcp/lease.js';
import { type CloseReason, closeError } from '../tcp/lease-state.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { type Level, LevelMeter } from '../voice/level/level-meter.js';
import { WavWriter } from '../voice/wav/wav-writer.js';
import { type CallVoice, type CallVoiceOptions, openCallVoice } from './call-voice.js';
import { LegAligner, type LegAlignerOptions } from './leg-aligner.js';
import { type RecordingSidecar, sidecarOf, writeSidecar } from './sidecar.js';

/** Options of {@link recordCall}. */
export interface RecordCallOptions extends CallVoiceOptions, LegAlignerOptions {
  /** The WAV file to write; its folder is made. The sidecar lies beside it and ends in `.json`. */
  readonly file: string;
  /** Dates the recording. Default: the machine's clock. */
  readonly clock?: Clock;
}

/** How far a recording is. */
export interface RecordingProgress {
  /** Length so far, in milliseconds. */
  readonly positionMs: number;
  /** Over the last 100 ms. */
  readonly local: Level;
  readonly remote: Level;
}

/** What a {@link CallRecording} tells its listeners. */
export interface CallRecordingEvents {
  /** Each 100 ms of audio. */
  progress: [progress: RecordingProgress];
}

/** A finished recording. */
export interface RecordingResult {
  readonly file: string;
  readonly sidecarFile: string;
  readonly sidecar: RecordingSidecar;
  /** Why the recording ends before the call did, if it does. What was heard until then is in the file. */
  readonly error: Error | undefined;
}

/** After the streams have ended, the news that the call has may still be on its way. */
const CALL_END_GRACE_MS = 2000;

const STEREO = { sampleRate: VOICE_FORMAT.sampleRate, channels: 2 };

/**
 * Redirects a call's voice and records it as a stereo WAV: left what was sent (the input where there is one, else
 * the microphone), right what the other party said, sample-aligned. The file is valid at every moment.
 *
 * @throws ERR_FILE when the file cannot be written; what {@link openCallVoice} throws.
 */
export async function recordCall(
  call: Call,
  server: PcmServer,
  options: RecordCallOptions,
): Promise<CallRecording> {
  const clock = options.clock ?? systemClock;
  await mkdir(dirname(options.file), { recursive: true }).catch((cause: unknown) => {
    const folder = dirname(options.file);
    throw new JackfieldError(
      'ERR_FILE',
      `The folder ${folder} cannot be made (${messageOf(cause)}): choose another.`,
      {
        cause,
      },
    );
  });
  const writer = await WavWriter.create(options.file, { format: STEREO });
  const track = new StereoTrack(writer, options);
  try {
    const voice = await openCallVoice(call, server, {
      ...options,
      onLease: (stream, lease, start) => {
        if (stream === 'OUTPUT') lease.addSink(track.aligner.remote, { policy: 'wait' });
        else if (stream === 'INPUT')
          lease.addSentTap(shifted(track.aligner.local, start), { policy: 'wait' });
        else if (options.input === false)
          lease.addSink(shifted(track.aligner.local, start), { policy: 'wait' });
        options.onLease?.(stream, lease, start);
      },
    });
    return new CallRecording(voice, track, clock);
  } catch (error) {
    await writer.close();
    await rm(options.file, { force: true });
    throw error;
  }
}

/** The file of a recording: aligned, written, measured. */
class StereoTrack extends EventEmitter<CallRecordingEvents> {
  readonly writer: WavWriter;
  readonly aligner: LegAligner;
  readonly #meter = new LevelMeter({ format: STEREO });

  constructor(writer: WavWriter, options: LegAlignerOptions) {
    super();
    this.writer = writer;
    this.aligner = new LegAligner(
      { write: (samples) => this.#write(samples), end: () => undefined },
      options,
    );
  }

  async #write(samples: Int16Array): Promise<void> {
    await this.writer.write(samples);
    for (const { position, sampleCount, levels } of this.#meter.push(samples)) {
      const [local, remote] = levels;
      if (!local || !remote) continue;
      this.emit('progress', { positionMs: samplesToMs(position + sampleCount), local, remote });
    }
  }
}

/** A recording under way. Made by {@link recordCall}. */
export class CallRecording extends EventEmitter<CallRecordingEvents> {
  /** The call's streams; play into the call with `voice.player`. */
  readonly voice: CallVoice;
  /** Settles when the call is over and the files are complete, or {@link stop} was called. @throws ERR_FILE. */
  readonly finished: Promise<RecordingResult>;
  readonly #track: StereoTrack;
  readonly #startedAtMs: number;
  readonly #stop = new AbortController();

  /** Used by {@link recordCall}. */
  constructor(voice: CallVoice, track: StereoTrack, clock: Clock) {
    super();
    this.voice = voice;
    this.#track = track;
    this.#startedAtMs = clock.unixMs();
    track.on('progress', (progress) => this.emit('progress', progress));
    this.finished = this.#run();
    // Whoever never looks at the result still gets a valid file, and no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  get file(): string {
    return this.#track.writer.path;
  }

  /** Ends the recording now; the call goes on. Resolves like {@link finished}. */
  stop(): Promise<RecordingResult> {
    this.#stop.abort();
    return this.finished;
  }

  async #run(): Promise<RecordingResult> {
    const ended = await this.#untilOver();
    const { aligner, writer } = this.#track;
    const unwritten = await aligner.finish(this.voice.remote.received.position).then(
      () => undefined,
      (error: Error) => error,
    );
    await writer.close();
    const error = unwritten ?? ended;
    const sidecar = await sidecarOf({
      voice: this.voice,
      accounts: aligner.accounts,
      file: this.file,
      sampleCount: writer.sampleCount,
      startedAtMs: this.#startedAtMs,
      error,
    });
    return { file: this.file, sidecarFile: await writeSidecar(this.file, sidecar), sidecar, error };
  }

  /** Resolves when nothing more will be heard: to the reason, when that is not the end of the call. */
  async #untilOver(): Promise<Error | undefined> {
    const { remote, input, microphone } = this.voice;
    const stopped = new Promise<undefined>((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const ends = await Promise.race([stopped, Promise.all([remote.closed, (input ?? microphone)?.closed])]);
    if (!ends) return undefined;
    const [heard, sent] = ends;
    // An endpoint may reset the input of a call that is over: what it has not read no longer matters.
    return brokenBy(heard) ?? (await this.#callLost(sent && brokenBy(sent)));
  }

  /** Waits a moment for the news that the call has ended; resolves to what happened where it does not come. */
  async #callLost(broken: Error | undefined): Promise<Error | undefined> {
    const { call, remote } = this.voice;
    const grace = new AbortController();
    try {
      return await Promise.race([
        call.ended({ signal: grace.signal }).then(() => undefined),
        sleep(systemClock, CALL_END_GRACE_MS, { signal: grace.signal }).then(
          () => broken ?? streamsEnded(call.id, remote),
        ),
      ]);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      grace.abort();
    }
  }
}

/** The error that a stream's end amounts to, unless it is the one that the end of a call brings. */
function brokenBy(reason: CloseReason): Error | undefined {
  if (reason.kind !== 'closed') return closeError(reason);
  return new JackfieldError('ERR_CLOSED', 'The port of a leg was closed here while the call went on.');
}

function streamsEnded(callId: number, remote: Lease): JackfieldError {
  const seconds = samplesToMs(remote.received.position) / 1000;
  return new JackfieldError(
    'ERR_CLOSED',
    `The endpoint closed the streams of call ${callId} after ${seconds.toFixed(1)} s, though the call goes on.`,
  );
}

/** A sink that takes positions counted from `start` of another sink's. */
function shifted(sink: PcmSink, start: number): PcmSink {
  return {
    write: (samples, position) => sink.write(samples, position + start),
    end: (error) => sink.end(error),
  };
}
