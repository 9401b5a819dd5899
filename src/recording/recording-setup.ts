import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Opening } from '../base/opening.js';
import { samplesToMs } from '../base/pcm.js';
import { type Clock, systemClock } from '../base/time/clock.js';
import type { CallControl } from '../call/call-control.js';
import type { CallVoice } from '../call/call-voice.js';
import { makeFolder } from '../files/whole-file.js';
import { LegJoiner } from '../stream/align/leg-joiner.js';
import type { PcmStream } from '../stream/pcm-stream.js';
import type { Lease, StreamKind } from '../tcp/lease.js';
import { describeCall, qualityOf, recordedCall, trafficOf } from './call-facts.js';
import { CallRecording } from './call-recording.js';
import type { AudioStore } from './file/audio-store.js';
import { EncoderSlots } from './file/encoder-slots.js';
import { Journal } from './file/journal.js';
import { journalFile, removeOpenSegment, Segment } from './file/segment.js';
import { StereoFile } from './file/stereo-file.js';
import { hearOutputGaps } from './hear-output-gaps.js';
import { LegGaps } from './leg-gaps.js';
import type { LiveMask } from './masking/live-mask.js';
import type { RecordCallOptions } from './record-options.js';
import { RecordingTrack } from './recording-track.js';
import { SealedFile } from './sealed/sealed-file.js';
import type { LegStream, RecordingHead, SidecarFacts } from './sidecar.js';
import type { TrackOptions } from './track-options.js';

const AS_RECORDING = { policy: 'wait', name: 'recording' } as const;

/** Free space needed to resume a recording after a full disk, in bytes. */
const ROOM_BYTES = 16 * 1024 * 1024;

/** Assembles a recording, before and after the call's streams exist. */
export class RecordingSetup {
  readonly clock: Clock;
  readonly #gaps: LegGaps;
  readonly track: RecordingTrack;
  readonly #legs: LegJoiner;
  readonly #call: CallControl;
  #voice: CallVoice | undefined;
  /** True when the remote leg must be read immediately until the local one is placed. */
  #awaitsLocal = false;
  /** Streams whose read class the recording sets. */
  readonly #leases: PcmStream[] = [];
  #quality: SidecarFacts['quality'];
  readonly #options: RecordCallOptions;
  readonly #encoders: EncoderSlots;
  readonly #id = randomUUID();
  readonly #startedAtMs: number;
  readonly #mask: LiveMask | undefined;

  constructor(call: CallControl, options: RecordCallOptions, mask?: LiveMask) {
    this.clock = options.clock ?? systemClock;
    this.#call = call;
    this.#options = options;
    this.#mask = mask;
    this.#encoders = options.encoders ?? new EncoderSlots();
    this.#startedAtMs = this.clock.unixMs();
    this.#gaps = new LegGaps(call, this.streams, this.clock);
    this.track = this.#makeTrack();
    this.#legs = new LegJoiner(this.track.aligner, this.clock, AS_RECORDING);
  }

  get streams(): RecordingHead['streams'] {
    return { local: this.#localStream, remote: 'OUTPUT' };
  }

  /** Takes a stream before it is connected. Its position 0 is at `start` of the call. */
  join(stream: StreamKind, lease: PcmStream, start: number, paced: boolean): void {
    if (stream === 'output') this.#legs.addRemote(lease, start);
    else if (stream.toUpperCase() === this.#localStream) this.#joinLocal(lease, start, paced);
    this.#gaps.watch(lease);
    this.#leases.push(lease);
  }

  /** Takes what another program says in the call, which then is the local leg in place of the microphone. */
  joinSpeech(speech: Lease): void {
    if (this.#localStream === 'CAPTURE_MIC') this.#legs.addSpoken(speech, speech.timelineStart);
  }

  /** Takes the streams of an open voice. The recording begins at the later of both legs. */
  joinOpen(voice: CallVoice): void {
    const { remote, input, microphone, inputStart, microphonePaced, placed = false } = voice;
    // Sent audio is ahead of received audio. Audio that was sent earlier cannot be recorded any more.
    const heard = microphonePaced && microphone ? microphone.received.position : 0;
    const sent = input ? inputStart + input.player.position : heard;
    const begin = Math.max(remote.received.position, sent);
    if (placed) this.#legs.byPosition();
    this.#legs.addRemote(remote, -begin);
    this.#gaps.watch(remote);
    if (input) this.#legs.addSent(input, inputStart - begin);
    else if (microphone && placed) this.#legs.addReceived(microphone, -begin);
    else if (microphone && microphonePaced) this.#legs.addPaced(microphone, -begin);
    else if (microphone) this.#joinLate(microphone, 0);
    const local = input ?? microphone;
    if (local) this.#gaps.watch(local);
  }

  /** Starts the recording with the open voice. */
  begin(voice: CallVoice): CallRecording {
    this.#voice = voice;
    this.#gaps.opened(voice);
    if (this.#mask) voice.call.on('dtmf', (digit) => this.track.pressed(digit));
    hearOutputGaps(voice, (gap) => this.track.conceal('remote', gap));
    if (!this.#awaitsLocal || !voice.microphone) this.#settle();
    const { call } = voice;
    void describeCall(call).then(() => this.track.describe(recordedCall(call)));
    return new CallRecording(voice, this.track, {
      clock: this.clock,
      file: this.#options.file,
      placeLocal: () => this.#legs.place(),
      askQuality: async () => {
        this.#quality = await qualityOf(voice);
      },
    });
  }

  /**
   * Places the local leg. A microphone that was redirected before the call had voice starts with the call, to the
   * sample. Otherwise it starts at the position of the remote leg when it arrives, unless its own positions are known.
   */
  #joinLocal(lease: PcmStream, redirectedAt: number, paced: boolean): void {
    if (this.#localStream === 'INPUT') this.#legs.addSent(lease, redirectedAt);
    else if (paced) this.#legs.addPaced(lease, redirectedAt);
    else if (this.#call.status === 'INPROGRESS' && this.#legs.hasRemote) this.#joinLate(lease, redirectedAt);
    else this.#legs.addReceived(lease, redirectedAt);
  }

  /** Takes the local leg of a call in progress. Until it is placed, the remote leg is read immediately. */
  #joinLate(stream: PcmStream, earliest: number): void {
    this.#awaitsLocal = true;
    this.#legs.addJoining(stream, earliest, () => this.#settle());
  }

  /** Applies the requested read class after the legs are aligned. */
  #settle(): void {
    const { readClass = 'immediate' } = this.#options;
    for (const lease of this.#leases) if (lease.direction === 'receive') lease.readClass = readClass;
  }

  #makeTrack(): RecordingTrack {
    const { segments = {}, maxMs, preRollMs, onDiskFull, maxSkewMs, correctDrift, file } = this.#options;
    const trackOptions: TrackOptions = {
      clock: this.clock,
      rules: segments,
      maxMs,
      preRollMs,
      mask: this.#mask,
      resumeWhenRoom: onDiskFull === 'resume',
      ...(maxSkewMs === undefined ? {} : { maxSkewMs }),
      ...(correctDrift === undefined ? {} : { correctDrift }),
      open: (index, base, unwritten) => this.#openSegment(index, base, unwritten),
      hasRoom: () => hasRoom(dirname(file)),
      gapName: (leg, begun) => this.#gaps.name(leg, begun),
      holes: (leg, from, to) => this.#gaps.holes(leg, from, to),
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
      ...(this.#mask && { masks: this.#mask.masks }),
      ...(unwritten > 0 && { unwritten: { samples: unwritten, reason: 'disk-full' } }),
    };
    const path = index === 1 ? file : file.replace(/(\.wav)?$/i, `-${index}$1`);
    const info = { software: 'jackfield', date: head.startedAt };
    const audioPath = encryptTo ? `${path.replace(/\.age$/, '')}.age` : path;
    await makeFolder(dirname(audioPath));
    await using opening = new Opening();
    const journal = await Journal.create(journalFile(audioPath), head);
    opening.add(audioPath, removeOpenSegment);
    opening.add(journal, (it) => it.close());
    const store: AudioStore = encryptTo
      ? await SealedFile.create(audioPath, encryptTo)
      : await StereoFile.create(audioPath, io, { info });
    opening.add(store, (it) => it.close(0, { local: 0, remote: 0 }));
    return opening.done(
      await Segment.open({ store, journal, head, base, signingKey, outputs, encoders: this.#encoders }),
    );
  }

  /** Number of streams of the call that are redirected. */
  get streamCount(): number {
    const { input = true, microphone = true } = this.#options;
    return 1 + (input ? 1 : 0) + (microphone ? 1 : 0);
  }

  /** Stream of the local leg: the input, or the microphone if it is sent, alone or mixed. */
  get #localStream(): LegStream {
    const { input = true, microphone = true } = this.#options;
    return input === true ? 'INPUT' : microphone ? 'CAPTURE_MIC' : 'none';
  }

  #facts() {
    const voice = this.#voice;
    const { tags = {} } = this.#options;
    const call = recordedCall(this.#call);
    if (!voice) return { call, tags };
    const { remote, input, microphone } = voice;
    const followed = this.#localStream === 'INPUT';
    const local = followed
      ? input && trafficOf(input, 'sent')
      : microphone && trafficOf(microphone, 'received');
    const { bytesReceived = 0, samplesReceived = 0 } = microphone?.stats ?? {};
    return {
      call,
      tags,
      ...(this.#quality && { quality: this.#quality }),
      traffic: { ...(local && { local }), remote: trafficOf(remote, 'received') },
      ...(followed && microphone && { microphone: { bytes: bytesReceived, samples: samplesReceived } }),
    };
  }
}

async function hasRoom(folder: string): Promise<boolean> {
  await makeFolder(folder);
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize >= ROOM_BYTES;
}
