import { checkArgument, having, words } from '../base/check.js';
import { asError, JackfieldError } from '../base/errors.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import { msToSamples, samplesToMs } from '../base/pcm.js';
import { type Clock, sleep, systemClock } from '../base/time/clock.js';
import { fired } from '../base/wait.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import type { LegTap, LegTapOptions } from '../stream/align/leg-tap.js';
import type { PcmStream, StreamEnd } from '../stream/pcm-stream.js';
import { describeCall } from './call-facts.js';
import type { SegmentResult } from './file/segment.js';
import { STEREO_BYTES } from './file/stereo-file.js';
import type { LiveMaskStats } from './masking/live-mask.js';
import type { RecordingEvents } from './recording-events.js';
import type { RecordingTrack } from './recording-track.js';
import type { RecordingEnd } from './sidecar.js';

/** A finished recording. */
export interface RecordingResult extends SegmentResult {
  /** All files, in order. The other fields are those of the first file. */
  readonly segments: readonly SegmentResult[];
  /**
   * The error that ended the recording before the call; the file holds all audio up to then. Otherwise the error that
   * prevented a requested compressed file.
   */
  readonly error: Error | undefined;
}

/** Longest wait for the end of the call after its streams have ended. */
const CALL_END_GRACE_MS = 2000;
/** Silence before the end of the remote stream that counts as missing, in samples. Less is its usual delay. */
const SILENT_END = msToSamples(500);

/** Dependencies of a {@link CallRecording}. */
export interface RecordingPlan {
  readonly clock: Clock;
  readonly file: string;
  /** Places the local leg if it has only just started. */
  placeLocal(): void;
  /** Requests the line quality at the end of the call. */
  askQuality(): Promise<void>;
}

const TRACK = having('on', 'discard');

/** A recording in progress. Created by {@link recordCall}. */
export class CallRecording extends FencedEmitter<RecordingEvents> {
  /** The call's streams; play into the call with `voice.player`. */
  readonly voice: CallVoice;
  /** Settles when the files are complete: after the end of the call, or after {@link stop}. @throws ERR_FILE. */
  readonly finished: Promise<RecordingResult>;
  readonly #track: RecordingTrack;
  readonly #setup: RecordingPlan;
  readonly #stop = new AbortController();
  #stoppedBy: RecordingEnd = 'stopped';
  /** Position of the call when the remote stream ended. Silence before it counts as missing. */
  #remoteEnd: number | undefined;

  /** @internal */
  constructor(voice: CallVoice, track: RecordingTrack, setup: RecordingPlan) {
    super();
    checkArgument('track', track, TRACK);
    this.voice = voice;
    this.#track = track;
    this.#setup = setup;
    track.on('progress', (progress) => this.emit('progress', progress));
    track.on('segment', (segment) => this.emit('segment', segment));
    track.on('disk-full', (error) => this.emit('disk-full', error));
    track.on('segment-refused', (error) => this.emit('segment-refused', error));
    track.on('disk-resumed', () => this.emit('disk-resumed'));
    track.on('paused', (paused) => this.emit('paused', paused));
    track.on('masked', (stretch) => this.emit('masked', stretch));
    track.on('mask-failed', (error) => this.emit('mask-failed', error));
    track.on('limit', () => {
      this.emit('limit');
      this.#end('limit');
    });
    this.finished = this.#run();
    // A program that ignores the result still gets a valid file and no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  get call(): CallControl {
    return this.voice.call;
  }

  /** The current file, or the first file before it is opened. */
  get file(): string {
    return this.#track.file ?? this.#setup.file;
  }

  /** Length so far, in milliseconds. */
  get positionMs(): number {
    return samplesToMs(this.#track.position);
  }

  get paused(): boolean {
    return this.#track.paused;
  }

  /** Bytes of samples written so far. */
  get bytes(): number {
    return this.#track.position * STEREO_BYTES;
  }

  /** Missing samples so far, summed over both legs. */
  get missing(): number {
    const { local, remote } = this.#track.aligner.legs;
    return local.ledger.total('missing') + remote.ledger.total('missing');
  }

  /** Statistics of live masking; undefined when it is off. */
  get masking(): LiveMaskStats | undefined {
    return this.#track.maskStats;
  }

  /** True when it writes. A recording with `preRollMs` waits for {@link begin}. */
  get begun(): boolean {
    return this.#track.begun;
  }

  /**
   * Starts a recording that was opened with `preRollMs`. The file includes the audio of that time before the call to
   * this method. Does nothing when already started.
   */
  begin(): Promise<void> {
    return this.#track.begin();
  }

  /**
   * Masks both legs from now on: silence is recorded, and the ledger marks it as masked.
   * @param text Text of the mark, such as a reason.
   */
  pause(text?: string): void {
    if (text !== undefined) checkArgument('text', text, words);
    this.#track.pause(text);
  }

  /** Stops masking. Up to 300 ms stay masked, because that audio may be older. */
  resume(text?: string): void {
    if (text !== undefined) checkArgument('text', text, words);
    this.#track.resume(text);
  }

  /**
   * Opens a tap on both legs as they are recorded from now on: aligned, masked while paused, with a delay of a few
   * hundred milliseconds. Positions are those of the recording.
   * @throws ERR_INVALID_ARG; ERR_INVALID_STATE when the recording is over.
   */
  legs(options: LegTapOptions = {}): LegTap {
    return this.#track.legs(options);
  }

  /** Adds a mark with a text at the current position. */
  mark(text: string): void {
    checkArgument('text', text, words);
    this.#track.mark('note', text);
  }

  /** Adds a mark that the other party was informed. */
  markConsent(text: string): void {
    checkArgument('text', text, words);
    this.#track.mark('consent', text);
  }

  /** The error that currently prevents writing, such as a full disk; undefined while it writes. */
  get refused(): Error | undefined {
    return this.#track.refused;
  }

  /** Ends the recording now; the call goes on. Resolves like {@link finished}. */
  stop(): Promise<RecordingResult> {
    this.#end('stopped');
    return this.finished;
  }

  #end(by: RecordingEnd): void {
    if (!this.#stop.signal.aborted) this.#stoppedBy = by;
    this.#stop.abort();
  }

  async #run(): Promise<RecordingResult> {
    const { call, remote } = this.voice;
    remote.once('draining', () => {
      this.#remoteEnd = this.#track.aligner.silentEnd(this.#setup.clock.now());
    });
    const broken = await this.#untilOver();
    this.#setup.placeLocal();
    await Promise.all([describeCall(call), this.#setup.askQuality()]);
    const end: RecordingEnd = broken
      ? 'connection-lost'
      : this.#stop.signal.aborted
        ? this.#stoppedBy
        : 'call-ended';
    const unwritten = await this.#track
      .finish(end, {
        length: () => this.#length(),
        ...(broken && { reason: broken.message }),
      })
      .then(
        () => undefined,
        (error: Error) => error,
      );
    const [first] = this.#track.segments;
    if (!first)
      throw unwritten ?? new JackfieldError('ERR_INVALID_STATE', 'The recording was never started.');
    const unmade = this.#track.segments.find(({ outputError }) => outputError)?.outputError;
    return { ...first, segments: this.#track.segments, error: unwritten ?? broken ?? unmade };
  }

  /** Length of the recording; undefined when it ends with the longer leg. */
  #length(): number | undefined {
    // The last batch of a leg that is read in batches has not arrived yet: that is not a gap.
    if (this.#stop.signal.aborted) return Math.min(this.#track.aligner.commonEnd, this.#track.limit);
    const { remote } = this.#track.aligner.legs;
    const silent = (this.#remoteEnd ?? 0) - remote.end;
    if (silent > SILENT_END) return remote.end + silent;
    // Sent audio runs ahead of received audio. When both legs are received, the longer one decides.
    return this.#track.aligner.localFollows ? remote.end : undefined;
  }

  /** Resolves when no more audio will come; to an error when the call has not ended. */
  async #untilOver(): Promise<Error | undefined> {
    const { remote, input, microphone } = this.voice;
    const ends = await Promise.race([
      fired(this.#stop.signal),
      Promise.all([remote.closed, (input ?? microphone)?.closed]),
    ]);
    if (!ends) return undefined;
    const [heard, sent] = ends;
    // An endpoint may reset the input of an ended call. The unread audio does not matter.
    return brokenBy(heard) ?? (await this.#callLost(sent && brokenBy(sent)));
  }

  /** Waits briefly for the end of the call. Resolves to the error when it does not end. */
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
      return asError(error);
    } finally {
      grace.abort();
    }
  }
}

/** The error behind the end of a stream. */
function brokenBy(reason: StreamEnd): Error | undefined {
  if (reason.kind !== 'closed') return reason.error;
  return new JackfieldError(
    'ERR_CLOSED',
    'The port of a leg was closed on this side while the call was in progress.',
  );
}

function streamsEnded(callId: number, remote: PcmStream): JackfieldError {
  const seconds = samplesToMs(remote.received.position) / 1000;
  return new JackfieldError(
    'ERR_CLOSED',
    `The endpoint closed the streams of call ${callId} after ${seconds.toFixed(1)} s, while the call was in progress.`,
  );
}
