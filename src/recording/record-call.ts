import { KeyObject, randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  checkArgument,
  checkOptions,
  instance,
  listOf,
  needed,
  object,
  oneOf,
  optionsOf,
  path,
  type Rules,
  rule,
  within,
  words,
} from '../base/check.js';
import { CLOCK, type Clock, systemClock } from '../base/clock.js';
import { invalidArgument } from '../base/errors.js';
import { Opening } from '../base/opening.js';
import { samplesToMs } from '../base/pcm.js';
import { type CallVoice, type CallVoiceOptions, openCallVoice, VOICE_RULES } from '../call/call-voice.js';
import { CALL, type Call } from '../control/state/call.js';
import { makeFolder } from '../files/whole-file.js';
import { type JoiningSink, joiningSink, shifted, timedOnArrival } from '../stream/align/late-leg.js';
import { ALIGNER_RULES, type LegAligner, type LegAlignerOptions } from '../stream/align/leg-aligner.js';
import { type Lease, SERVER } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { describeCall, recordedCall, trafficOf } from './call-facts.js';
import { CallRecording } from './call-recording.js';
import type { AudioStore } from './file/audio-store.js';
import { COMPRESSED_FORMATS, type CompressedFormat, loadCompressed } from './file/compressed.js';
import { EncoderSlots } from './file/encoder-slots.js';
import { Journal } from './file/journal.js';
import { journalFile, removeSegment, Segment } from './file/segment.js';
import { checkSegmentRules, type SegmentRules } from './file/segment-rule.js';
import { StereoFile } from './file/stereo-file.js';
import { LegGaps } from './leg-gaps.js';
import { RecordingTrack, type TrackOptions } from './recording-track.js';
import { SealedFile } from './sealed/sealed-file.js';
import type { LegStream, RecordingHead } from './sidecar.js';

/** Options of {@link recordCall}. */
export interface RecordCallOptions extends CallVoiceOptions, LegAlignerOptions {
  /**
   * The WAV file to write; its folder is made. Beside it lie the sidecar (`.json`) and the manifest
   * (`.manifest.json`). Files after the first, where there are segments, are called `name-2.wav` and so on.
   */
  readonly file: string;
  /** Dates the recording and times its legs. Default: the machine's clock. */
  readonly clock?: Clock;
  /** When to go on in a new file. Default: never. */
  readonly segments?: SegmentRules;
  /** Longest recording, in milliseconds: it stops there, and the call goes on. Default: none. */
  readonly maxMs?: number;
  /**
   * When the disk is full, the file ends there, valid, and the call goes on. `'end'`: so does nothing else;
   * `'resume'`: a new file begins when there are 16 MiB of room again, also where there was none when the call began.
   * The same goes for other refusals, and for a folder that is deleted. Default `'end'`.
   */
  readonly onDiskFull?: 'end' | 'resume';
  /**
   * Records nothing until {@link CallRecording.begin}, and then from this many milliseconds before: 0 to 600000.
   * Default: the recording begins at once.
   */
  readonly preRollMs?: number;
  /** Signs the manifest: an Ed25519 private key. */
  readonly signingKey?: KeyObject;
  /**
   * Encrypts the recording on its way to the disk, to these age recipients (`age1...`); needs the package
   * `age-encryption`. The file is called `name.wav.age`. Sidecar and manifest are not encrypted.
   */
  readonly encryptTo?: readonly string[];
  /**
   * Compressed files that are written beside the WAV while the call goes on (`name.flac` and so on), with title,
   * artist, date and a comment as tags; until they are complete they are called `name.flac.part`. An encoder that fails
   * or falls half a minute behind holds nothing up: its file is made of the WAV in the end. Not with `encryptTo`.
   * Default none.
   */
  readonly outputs?: readonly CompressedFormat[];
  /**
   * Bounds the encoders of `outputs` over several recordings; given by a `Recorder`. Default: 32 for this one.
   *
   * @internal
   */
  readonly encoders?: EncoderSlots;
  /** What else is to be known of the recording; goes to the sidecar and can be searched for. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * `'async'`: a slow disk stalls nothing else. `'sync'`: a fifth of the processor time, for hundreds of recordings
   * on a local disk. Default `'async'`.
   */
  readonly io?: 'async' | 'sync';
}

/** An Ed25519 private key. */
export const SIGNING_KEY = rule(
  'an Ed25519 private key',
  (value) => value instanceof KeyObject && value.type === 'private' && value.asymmetricKeyType === 'ed25519',
);
/** Age recipients, one or more. */
export const RECIPIENTS = listOf(words, 1);
const RULES: Rules<RecordCallOptions> = {
  ...VOICE_RULES,
  ...ALIGNER_RULES,
  file: needed(path),
  clock: CLOCK,
  segments: object,
  maxMs: within(1000, Infinity, 'ms'),
  onDiskFull: oneOf('end', 'resume'),
  preRollMs: within(0, 600_000, 'ms'),
  signingKey: SIGNING_KEY,
  encryptTo: RECIPIENTS,
  encoders: instance(EncoderSlots),
  outputs: listOf(oneOf(...COMPRESSED_FORMATS)),
  tags: rule(
    'an object of texts',
    (value) => object.accepts(value) && Object.values(value as object).every(words.accepts),
  ),
  io: oneOf('async', 'sync'),
};

/** Room that has to be there before a recording goes on after the disk was full. */
const ROOM_BYTES = 16 * 1024 * 1024;

/**
 * Redirects a call's voice and records it as a stereo WAV: left what was sent (the input where there is one, else
 * the microphone), right what the other party said, on one clock. The file is valid at every moment; a kill costs
 * at most 500 ms of it.
 *
 * @throws ERR_FILE when the file cannot be written; ERR_INVALID_ARG; ERR_LIMIT, before anything is begun, where the
 *   server cannot lease a port to each stream; what {@link openCallVoice} throws.
 */
export async function recordCall(
  call: Call,
  server: PcmServer,
  options: RecordCallOptions,
): Promise<CallRecording> {
  checkArgument('call', call, CALL);
  checkArgument('server', server, SERVER);
  const setup = new RecordingSetup(call, options);
  // Before anything is begun: a call that cannot be recorded costs those that are recorded nothing.
  using places = server.reserve(setup.streamCount);
  await makeFolder(dirname(options.file));
  await loadCompressed(options.outputs ?? []);
  await using opening = new Opening();
  const track = opening.add(setup.track(), (it) => it.discard());
  if (options.preRollMs === undefined) await track.begin();
  const voice = opening.add(
    await openCallVoice(call, places, {
      // The other party is recorded even where the microphone cannot be had: its leg then never comes.
      onNoMicrophone: () => undefined,
      ...optionsOf<CallVoiceOptions>(options, VOICE_RULES),
      // Until the legs have found each other, the remote one is read as it comes: it tells where the call is.
      readClass: 'immediate',
      onLease: (stream, lease, start) => {
        if (stream === 'output') {
          lease.addSink(timedOnArrival(track.aligner.remote), { policy: 'wait', name: 'recording' });
        } else if (stream.toUpperCase() === setup.localStream) {
          setup.joinLocal(lease, track.aligner, start);
        }
        setup.gaps.watch(lease);
        setup.leases.push(lease);
        options.onLease?.(stream, lease, start);
      },
    }),
    (it) => it.close(),
  );
  setup.voice = voice;
  if (!setup.awaitsLocal || !voice.microphone) setup.settle();
  void describeCall(call).then(() => track.describe(recordedCall(call)));
  return opening.done(
    new CallRecording(voice, track, {
      clock: setup.clock,
      file: options.file,
      streams: setup.streams,
      gaps: setup.gaps,
      placeLocal: () => setup.placeLocal(),
    }),
  );
}

/** What a recording is made of, before and after the call's streams are there. */
class RecordingSetup {
  readonly clock: Clock;
  voice: CallVoice | undefined;
  /** Whether the remote leg has to be read as it comes until the local one is there. */
  awaitsLocal = false;
  readonly leases: Lease[] = [];
  readonly gaps: LegGaps;
  readonly #call: Call;
  readonly #options: RecordCallOptions;
  readonly #encoders: EncoderSlots;
  readonly #id = randomUUID();
  readonly #startedAtMs: number;
  #joining: JoiningSink | undefined;

  constructor(call: Call, options: RecordCallOptions) {
    checkRecordOptions(options);
    this.clock = options.clock ?? systemClock;
    this.#call = call;
    this.#options = options;
    this.#encoders = options.encoders ?? new EncoderSlots();
    this.#startedAtMs = this.clock.unixMs();
    this.gaps = new LegGaps(call, this.streams, this.clock);
  }

  get streams(): RecordingHead['streams'] {
    return { local: this.localStream, remote: 'OUTPUT' };
  }

  /**
   * Gives the local leg its place. A microphone that was redirected before the call had voice begins with it, to the
   * sample; else it begins where the remote leg is when it comes.
   */
  joinLocal(lease: Lease, aligner: LegAligner, redirectedAt: number): void {
    const local = timedOnArrival(aligner.local);
    const options = { policy: 'wait', name: 'recording' } as const;
    if (this.localStream === 'INPUT') {
      lease.addSentTap(shifted(local, redirectedAt), options);
      return;
    }
    const [remote] = this.leases;
    if (this.#call.status !== 'INPROGRESS' || !remote) {
      lease.addSink(shifted(local, redirectedAt), options);
      return;
    }
    this.awaitsLocal = true;
    this.#joining = joiningSink(local, {
      clock: this.clock,
      callAt: (atMs) => aligner.expectedEnd(atMs),
      startOf: (samples) => Math.max(redirectedAt, remote.received.position - samples),
      onPlaced: () => this.settle(),
    });
    lease.addSink(this.#joining, options);
  }

  /** The legs have found each other: from now on they are read as was asked for. */
  settle(): void {
    const { readClass = 'immediate' } = this.#options;
    for (const lease of this.leases) if (lease.stream !== 'input') lease.readClass = readClass;
  }

  /** Gives the local leg its place, though it has come only just now. */
  placeLocal(): void {
    this.#joining?.place();
  }

  track(): RecordingTrack {
    const { segments = {}, maxMs, preRollMs, onDiskFull, maxSkewMs, correctDrift, file } = this.#options;
    const trackOptions: TrackOptions = {
      clock: this.clock,
      localFollows: this.localStream === 'INPUT',
      rules: segments,
      maxMs,
      preRollMs,
      resumeWhenRoom: onDiskFull === 'resume',
      ...(maxSkewMs === undefined ? {} : { maxSkewMs }),
      ...(correctDrift === undefined ? {} : { correctDrift }),
      open: (index, base, unwritten) => this.#openSegment(index, base, unwritten),
      hasRoom: () => hasRoom(dirname(file)),
      gapName: (leg, begun) => this.gaps.name(this.voice, leg, begun),
      facts: () => this.#facts(),
    };
    return new RecordingTrack(trackOptions);
  }

  async #openSegment(index: number, base: number, unwritten: number): Promise<Segment> {
    const { file, signingKey, tags = {}, io = 'async', encryptTo, outputs = [] } = this.#options;
    const head: RecordingHead = {
      id: this.#id,
      segment: index,
      startedAt: new Date(this.#startedAtMs + samplesToMs(base)).toISOString(),
      call: recordedCall(this.#call),
      streams: this.streams,
      tags,
      ...(unwritten > 0 && { unwritten: { samples: unwritten, reason: 'disk-full' } }),
    };
    const path = index === 1 ? file : file.replace(/(\.wav)?$/i, `-${index}$1`);
    const info = { software: 'jackfield', date: head.startedAt };
    const audioPath = encryptTo ? `${path.replace(/\.age$/, '')}.age` : path;
    await makeFolder(dirname(audioPath));
    await using opening = new Opening();
    const journal = await Journal.create(journalFile(audioPath), head);
    opening.add(audioPath, removeSegment);
    opening.add(journal, (it) => it.close());
    const store: AudioStore = encryptTo
      ? await SealedFile.create(audioPath, encryptTo)
      : await StereoFile.create(audioPath, io, { info });
    opening.add(store, (it) => it.close(0, { local: 0, remote: 0 }));
    return opening.done(
      await Segment.open({ store, journal, head, base, signingKey, outputs, encoders: this.#encoders }),
    );
  }

  /** Streams of the call that are redirected. */
  get streamCount(): number {
    const { input = true, microphone = true } = this.#options;
    return 1 + (input ? 1 : 0) + (microphone ? 1 : 0);
  }

  /** The local leg: what is sent, unless that is the microphone, alone or beside something else. */
  get localStream(): LegStream {
    const { input = true, microphone = true } = this.#options;
    return input === true ? 'INPUT' : microphone ? 'CAPTURE_MIC' : 'none';
  }

  #facts() {
    const { voice } = this;
    const { tags = {} } = this.#options;
    const call = recordedCall(this.#call);
    if (!voice) return { call, tags };
    const { remote, input, microphone } = voice;
    const followed = this.localStream === 'INPUT';
    const local = followed
      ? input && trafficOf(input, 'sent')
      : microphone && trafficOf(microphone, 'received');
    const { bytesReceived = 0, samplesReceived = 0 } = microphone?.stats ?? {};
    return {
      call,
      tags,
      traffic: { ...(local && { local }), remote: trafficOf(remote, 'received') },
      ...(followed && microphone && { microphone: { bytes: bytesReceived, samples: samplesReceived } }),
    };
  }
}

/** @throws ERR_INVALID_ARG with the name of the option. */
export function checkRecordOptions(options: RecordCallOptions): void {
  checkOptions(options, RULES);
  const { segments, encryptTo, outputs = [] } = options;
  checkSegmentRules(segments ?? {});
  if (outputs.length > 0 && encryptTo) {
    throw invalidArgument(
      'outputs',
      'none where the recording is encrypted: they would not be',
      outputs.join(),
    );
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  await makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= ROOM_BYTES;
}
