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
  /** All files, in order; the fields beside this one are those of the first. */
  readonly segments: readonly SegmentResult[];
  /**
   * The error that ended the recording before the call, if one did: the file has all that was heard until then. Or the
   * reason why a compressed file that was asked for is not there.
   */
  readonly error: Error | undefined;
}

/** After the streams have ended, the news that the call has may still be on its way. */
const CALL_END_GRACE_MS = 2000;
/** The remote stream stood still before it ended, in samples; less is its usual delay. */
const SILENT_END = msToSamples(500);

/** The set-up of a {@link CallRecording}. */
export interface RecordingPlan {
  readonly clock: Clock;
  readonly file: string;
  /** Gives the local leg its place, where it has come only just now. */
  placeLocal(): void;
  /** Asks for the quality of the call's lines, at its end. */
  askQuality(): Promise<void>;
}

const TRACK = having('on', 'discard');

/** A recording under way. Made by {@link recordCall}. */
export class CallRecording extends FencedEmitter<RecordingEvents> {
  /** The call's streams; play into the call with `voice.player`. */
  readonly voice: CallVoice;
  /** Settles when the call is over and the files are complete, or {@link stop} was called. @throws ERR_FILE. */
  readonly finished: Promise<RecordingResult>;
  readonly #track: RecordingTrack;
  readonly #setup: RecordingPlan;
  readonly #stop = new AbortController();
  #stoppedBy: RecordingEnd = 'stopped';
  /** Position of the call when the remote stream ended: silence before that counts as missing. */
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
    // A program that never looks at the result still gets a valid file, and no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  get call(): CallControl {
    return this.voice.call;
  }

  /** The file that is being written, or will be. */
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

  /** Samples that are missing so far, of both legs. */
  get missing(): number {
    const { local, remote } = this.#track.aligner.legs;
    return local.ledger.total('missing') + remote.ledger.total('missing');
  }

  /** Account of the masking while the call goes on; undefined where there is none. */
  get masking(): LiveMaskStats | undefined {
    return this.#track.maskStats;
  }

  /** True when it writes: a recording that was opened with `preRollMs` waits for {@link begin}. */
  get begun(): boolean {
    return this.#track.begun;
  }

  /**
   * Begins a recording that was opened with `preRollMs`; its file has what was heard up to that long ago. Does nothing
   * to one that has begun.
   */
  begin(): Promise<void> {
    return this.#track.begin();
  }

  /**
   * Masks what comes from now on, in both legs: the recording goes on with silence, which its ledger calls masked.
   * @param text Kept with the mark, such as why.
   */
  pause(text?: string): void {
    if (text !== undefined) checkArgument('text', text, words);
    this.#track.pause(text);
  }

  /** Lets through again what is said from now on. Up to 300 ms stay masked: they may be older. */
  resume(text?: string): void {
    if (text !== undefined) checkArgument('text', text, words);
    this.#track.resume(text);
  }

  /**
   * Both legs as they are recorded, from now on: aligned, masked while the recording is paused, a few hundred
   * milliseconds after they were said. Positions are those of the recording.
   * @throws ERR_INVALID_ARG; ERR_INVALID_STATE when the recording is over.
   */
  legs(options: LegTapOptions = {}): LegTap {
    return this.#track.legs(options);
  }

  /** Notes something at this place of the recording. */
  mark(text: string): void {
    checkArgument('text', text, words);
    this.#track.mark('note', text);
  }

  /** Notes that the other party was told. */
  markConsent(text: string): void {
    checkArgument('text', text, words);
    this.#track.mark('consent', text);
  }

  /** The error because of which nothing is written now, such as a full disk; undefined while it writes. */
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
    if (!first) throw unwritten ?? new JackfieldError('ERR_INVALID_STATE', 'The recording was never begun.');
    const unmade = this.#track.segments.find(({ outputError }) => outputError)?.outputError;
    return { ...first, segments: this.#track.segments, error: unwritten ?? broken ?? unmade };
  }

  /** Length of the recording, if it does not end with the longer leg. */
  #length(): number | undefined {
    // Of a leg that is read in turns, the last is still on its way: that is no gap.
    if (this.#stop.signal.aborted) return Math.min(this.#track.aligner.commonEnd, this.#track.limit);
    const { remote } = this.#track.aligner.legs;
    const silent = (this.#remoteEnd ?? 0) - remote.end;
    if (silent > SILENT_END) return remote.end + silent;
    // What is sent runs ahead of what is heard; of two legs that are both heard, the longer one decides.
    return this.#track.aligner.localFollows ? remote.end : undefined;
  }

  /** Resolves when nothing more will be heard: to the reason, when that is not the end of the call. */
  async #untilOver(): Promise<Error | undefined> {
    const { remote, input, microphone } = this.voice;
    const ends = await Promise.race([
      fired(this.#stop.signal),
      Promise.all([remote.closed, (input ?? microphone)?.closed]),
    ]);
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
      return asError(error);
    } finally {
      grace.abort();
    }
  }
}

/** The error that a stream's end amounts to, unless it is the one that the end of a call brings. */
function brokenBy(reason: StreamEnd): Error | undefined {
  if (reason.kind !== 'closed') return reason.error;
  return new JackfieldError('ERR_CLOSED', 'The port of a leg was closed here while the call went on.');
}

function streamsEnded(callId: number, remote: PcmStream): JackfieldError {
  const seconds = samplesToMs(remote.received.position) / 1000;
  return new JackfieldError(
    'ERR_CLOSED',
    `The endpoint closed the streams of call ${callId} after ${seconds.toFixed(1)} s, though the call goes on.`,
  );
}
