import { EventEmitter } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, sleep, systemClock } from '../clock.js';
import { JackfieldError } from '../errors.js';
import { type PcmSink, samplesToMs, VOICE_FORMAT } from '../pcm.js';
import type { Lease } from '../tcp/lease.js';
import { closeError } from '../tcp/lease-state.js';
import { type Level, LevelMeter } from '../voice/level/level-meter.js';
import { WavWriter } from '../voice/wav/wav-writer.js';
import type { CallVoice } from './call-voice.js';
import { LegAligner, type LegAlignerOptions } from './leg-aligner.js';
import { type RecordingSidecar, sidecarOf, writeSidecar } from './sidecar.js';

/** Options of {@link recordCall}. */
export interface RecordCallOptions extends LegAlignerOptions {
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
 * Records a call as a stereo WAV: left what was sent (the input where there is one, else the microphone), right
 * what the other party said, sample-aligned. The file is valid at every moment.
 *
 * @throws ERR_FILE when the file cannot be written.
 */
export async function recordCall(voice: CallVoice, options: RecordCallOptions): Promise<CallRecording> {
  await mkdir(dirname(options.file), { recursive: true }).catch((cause: unknown) => {
    throw new JackfieldError('ERR_FILE', `The folder of ${options.file} cannot be made: choose another.`, { cause });
  });
  const writer = await WavWriter.create(options.file, { format: STEREO });
  return new CallRecording(voice, writer, options);
}

/** A recording under way. Made by {@link recordCall}. */
export class CallRecording extends EventEmitter<CallRecordingEvents> {
  readonly file: string;
  /** Settles when the call is over and the files are complete, or {@link stop} was called. @throws ERR_FILE. */
  readonly finished: Promise<RecordingResult>;
  readonly #voice: CallVoice;
  readonly #writer: WavWriter;
  readonly #aligner: LegAligner;
  readonly #clock: Clock;
  readonly #meter = new LevelMeter({ format: STEREO });
  readonly #startedAtMs: number;
  readonly #stop = new AbortController();
  #writeError: Error | undefined;

  /** Used by {@link recordCall}. */
  constructor(voice: CallVoice, writer: WavWriter, options: RecordCallOptions) {
    super();
    this.file = options.file;
    this.#voice = voice;
    this.#writer = writer;
    this.#clock = options.clock ?? systemClock;
    this.#startedAtMs = this.#clock.unixMs();
    this.#aligner = new LegAligner({ write: (samples) => this.#write(samples), end: () => undefined }, options);
    voice.remote.addSink(this.#aligner.remote, { policy: 'wait' });
    if (voice.input) voice.input.addSentTap(shifted(this.#aligner.local, voice.inputStart), { policy: 'wait' });
    else voice.microphone?.addSink(this.#aligner.local, { policy: 'wait' });
    this.finished = this.#run();
    // Whoever never looks at the result still gets a valid file, and no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  /** Ends the recording now; the call goes on. Resolves like {@link finished}. */
  stop(): Promise<RecordingResult> {
    this.#stop.abort();
    return this.finished;
  }

  async #run(): Promise<RecordingResult> {
    const error = await this.#untilOver();
    await this.#aligner.finish(this.#voice.remote.received.position).catch((cause: Error) => {
      this.#writeError ??= cause;
    });
    await this.#writer.close();
    const sidecar = await sidecarOf({
      voice: this.#voice,
      accounts: this.#aligner.accounts,
      file: this.file,
      sampleCount: this.#writer.sampleCount,
      startedAtMs: this.#startedAtMs,
      error: this.#writeError ?? error,
    });
    const sidecarFile = await writeSidecar(this.file, sidecar);
    return { file: this.file, sidecarFile, sidecar, error: this.#writeError ?? error };
  }

  /** Resolves when nothing more will be heard: to the reason, when that is not the end of the call. */
  async #untilOver(): Promise<Error | undefined> {
    const { call, remote, input, microphone } = this.#voice;
    const leases = [remote, input ?? microphone].filter((lease) => lease !== undefined);
    const stopped = new Promise<'stopped'>((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve('stopped'), { once: true });
    });
    const reasons = await Promise.race([stopped, Promise.all(leases.map((lease) => lease.closed))]);
    if (reasons === 'stopped') return undefined;
    const broken = reasons.map(closeError).find((error) => error !== undefined);
    if (broken) return broken;
    const grace = new AbortController();
    try {
      return await Promise.race([
        call.ended({ signal: grace.signal }).then(() => undefined),
        sleep(systemClock, CALL_END_GRACE_MS, { signal: grace.signal }).then(() => streamsEnded(call.id, remote)),
      ]);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      grace.abort();
    }
  }

  async #write(samples: Int16Array): Promise<void> {
    await this.#writer.write(samples);
    for (const { position, sampleCount, levels } of this.#meter.push(samples)) {
      const [local, remote] = levels;
      if (!local || !remote) continue;
      this.emit('progress', { positionMs: samplesToMs(position + sampleCount), local, remote });
    }
  }
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
