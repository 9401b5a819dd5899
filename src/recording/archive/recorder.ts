import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { checkArgument } from '../../base/check.js';
import { type Clock, systemClock } from '../../base/clock.js';
import { asError, invalidArgument, JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/fenced-emitter.js';
import { isWithinHours } from '../../base/hours.js';
import type { CallControl } from '../../call/call-control.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import type { Call } from '../../control/state/call.js';
import { FolderLock } from '../../files/folder-lock.js';
import { removeFile } from '../../files/private-file.js';
import { makeFolder } from '../../files/whole-file.js';
import { SERVER } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { describeCall, recordedCall } from '../call-facts.js';
import type { CallRecording } from '../call-recording.js';
import { announceRecording } from '../consent.js';
import { EncoderSlots } from '../file/encoder-slots.js';
import type { SegmentResult } from '../file/segment.js';
import { recordCall } from '../record-call.js';
import { recordingFiles } from '../recording-files.js';
import { Catalogue } from './catalogue.js';
import { type LeftBehind, leftBehind, recordingFolder, takeUp } from './left-behind.js';
import { Outbox, type OutboxEvent } from './outbox.js';
import { type PublishOptions, publishSegment, resumePublication, type Tell } from './publish.js';
import {
  checkMeans,
  type RecorderOptions,
  type ResolvedRecorderOptions,
  resolveRecorderOptions,
  wants,
} from './recorder-options.js';

/** What a {@link Recorder} tells its listeners. */
export interface RecorderEvents extends FencedEvents {
  /** A call is being recorded, or held in memory until {@link Recorder.record}. */
  recording: [recording: CallRecording, begun: boolean];
  /** A file is where it belongs, with all that lies beside it. */
  published: [segment: SegmentResult];
  /** A recording was too short, or empty, and was removed. */
  discarded: [segment: SegmentResult];
  /** A recording of a process that was killed was finished and published. */
  recovered: [segment: SegmentResult];
  /** Something went wrong with the recording of one call, or with one file. The recorder goes on. */
  failed: [error: Error, call: CallControl | undefined];
  /** The hook or the webhook did not take an event; `last` when it will not be tried again. */
  undelivered: [event: OutboxEvent, channel: string, error: Error, last: boolean];
}

/**
 * Records the calls of a client, by policy, into a folder: names and publishes the files, catalogues them, tells
 * the hook and the webhook, and finishes what an earlier process left behind.
 */
export class Recorder extends FencedEmitter<RecorderEvents> implements AsyncDisposable {
  readonly catalogue: Catalogue | undefined;
  readonly #client: Client;
  readonly #server: PcmServer;
  #options: ResolvedRecorderOptions;
  #given: RecorderOptions;
  readonly #clock: Clock;
  readonly #lock: FolderLock;
  readonly #outbox: Outbox;
  readonly #encoders: EncoderSlots;
  readonly #recordings = new Map<number, CallRecording>();
  readonly #work = new Set<Promise<void>>();
  readonly #onCall = (call: Call) => this.#track(this.#meet(call), call);
  readonly #tell: Tell = async ({ file, sidecar }, { id, type }) => {
    await this.catalogue?.add(file, sidecar);
    await this.#outbox.add(type, { file, sidecar }, id);
  };
  /** Fires when the recorder is closed: an opening that waits for its endpoint is given up. */
  readonly #closing = new AbortController();

  private constructor(
    client: Client,
    server: PcmServer,
    given: RecorderOptions,
    options: ResolvedRecorderOptions,
    { lock, catalogue }: { readonly lock: FolderLock; readonly catalogue: Catalogue | undefined },
  ) {
    super();
    this.#client = client;
    this.#server = server;
    this.#given = given;
    this.#options = options;
    this.#clock = given.clock ?? systemClock;
    this.#lock = lock;
    this.#encoders = new EncoderSlots(given.maxEncoders);
    // Each call that is being opened listens.
    setMaxListeners(0, this.#closing.signal);
    this.catalogue = catalogue;
    this.#outbox = new Outbox({
      folder: join(options.folder, '.outbox'),
      channels: options.channels,
      clock: this.#clock,
      onFailure: (event, channel, error, last) => this.emit('undelivered', event, channel, error, last),
    });
  }

  /**
   * Begins to record, after it has finished what was left behind.
   * @throws ERR_INVALID_ARG; ERR_FILE when the folder or a prompt cannot be used; ERR_INVALID_STATE when another recorder, of this
   * process or another one, uses it; ERR_UNSUPPORTED without the package `libsql`.
   */
  static async start(client: Client, server: PcmServer, options: RecorderOptions): Promise<Recorder> {
    checkArgument('client', client, CLIENT);
    checkArgument('server', server, SERVER);
    const resolved = resolveRecorderOptions(options);
    await checkMeans(options);
    await makeFolder(recordingFolder(resolved.folder));
    const lock = FolderLock.take(resolved.folder, 'recorded to');
    let catalogue: Catalogue | undefined;
    try {
      catalogue = resolved.catalogue ? Catalogue.open(resolved.folder) : undefined;
      // What is there now is of an earlier process; what comes from now on is not.
      const left = await leftBehind(resolved.folder);
      const recorder = new Recorder(client, server, options, resolved, { lock, catalogue });
      client.on('call', recorder.#onCall);
      recorder.#track(recorder.#takeUp(left), undefined);
      return recorder;
    } catch (error) {
      catalogue?.close();
      lock.release();
      throw error;
    }
  }

  /** What is being recorded, or held in memory. */
  get recordings(): readonly CallRecording[] {
    return [...this.#recordings.values()];
  }

  /**
   * Takes other options for the calls, files and events to come. The folder, and whether there is a catalogue, cannot
   * change.
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_WAV for a prompt. Then nothing changes.
   */
  async configure(options: RecorderOptions): Promise<void> {
    const resolved = resolveRecorderOptions(options);
    await checkMeans(options);
    for (const name of ['folder', 'catalogue'] as const) {
      if (resolved[name] === this.#options[name]) continue;
      throw invalidArgument(name, `${this.#options[name]} until the recorder is closed`, resolved[name]);
    }
    this.#given = options;
    this.#options = resolved;
    this.#outbox.useChannels(resolved.channels);
  }

  /**
   * Records a call that the policy does not, from its pre-roll on where there is one.
   * @throws what {@link recordCall} throws.
   */
  async record(call: Call): Promise<CallRecording> {
    const held = this.#recordings.get(call.id);
    if (!held) return await this.#open(call, true);
    if (held.begun) return held;
    await held.begin();
    this.#announce(held);
    return held;
  }

  /** Ends all recordings; resolves when their files are published. Calls go on. Undelivered events wait on disk. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closing.abort();
    this.#client.off('call', this.#onCall);
    await Promise.all(this.recordings.map((recording) => recording.stop().catch(() => undefined)));
    while (this.#work.size > 0) await Promise.all(this.#work);
    await this.#outbox.close();
    this.catalogue?.close();
    this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #meet(call: Call): Promise<void> {
    if (call.over) return;
    await describeCall(call);
    const { type, partner } = recordedCall(call);
    const { policy, hours, timezone } = this.#options;
    const inTime = hours === undefined || isWithinHours(hours, this.#clock.unixMs(), timezone);
    const wanted = inTime && wants(policy, type, partner);
    if (!wanted && this.#options.recording.preRollMs === undefined) return;
    if (!this.#closed && !this.#recordings.has(call.id)) await this.#open(call, wanted);
  }

  async #open(call: Call, begin: boolean): Promise<CallRecording> {
    const { recording: options, consent, folder, outputs, encode } = this.#options;
    const { preRollMs, ...rest } = options;
    const file = join(recordingFolder(folder), `${this.#clock.unixMs()}-${call.id}.wav`);
    const { signingKey } = this.#given;
    const recording = await recordCall(call, this.#server, {
      // What is played is paced by what is heard: heard in gulps, it would stutter.
      readClass: consent ? 'immediate' : 'batched',
      ...rest,
      file,
      clock: this.#clock,
      signal: this.#closing.signal,
      input: consent ? 'mixed' : false,
      ...(begin ? {} : { preRollMs: preRollMs ?? 0 }),
      ...(signingKey && { signingKey }),
      ...(encode === 'live' && {
        outputs: outputs.filter((output) => output !== 'legs'),
        encoders: this.#encoders,
      }),
    });
    this.#recordings.set(call.id, recording);
    this.emit('recording', recording, begin);
    if (begin) this.#announce(recording);
    this.#track(this.#follow(recording), call);
    // It was opened while the recorder was being closed: nobody else ends it.
    if (this.#closed) void recording.stop().catch(() => undefined);
    return recording;
  }

  #announce(recording: CallRecording): void {
    const { consent } = this.#options;
    if (consent) this.#track(announceRecording(recording, consent, this.#clock), recording.call);
  }

  /** Publishes each file of a recording as soon as it is complete, once the recording is long enough to be kept. */
  async #follow(recording: CallRecording): Promise<void> {
    const { call } = recording;
    const complete: SegmentResult[] = [];
    let publishing: Promise<void> = Promise.resolve();
    const publish = async () => {
      for (let segment = complete.shift(); segment; segment = complete.shift()) {
        await this.#publish(segment, 'recording.finished');
      }
    };
    const isLongEnough = () =>
      recording.positionMs > 0 && recording.positionMs >= this.#options.discardBelowMs;
    recording.on('segment', (segment) => {
      complete.push(segment);
      if (!isLongEnough()) return;
      publishing = publishing.then(publish).catch((error: Error) => this.#failed(error, call));
    });
    const told = new Set<Error>();
    const tell = (error: Error) => {
      if (!told.has(error)) this.#failed(error, call);
      told.add(error);
    };
    recording.on('disk-full', tell);
    recording.on('segment-refused', tell);
    if (recording.refused) tell(recording.refused);
    try {
      const { error } = await recording.finished;
      await publishing;
      if (error) tell(error);
      if (isLongEnough()) await publish();
      for (const segment of complete) await this.#discard(segment);
    } catch (error) {
      // What was held in memory and never asked for leaves nothing behind.
      if (!(error instanceof JackfieldError && error.code === 'ERR_INVALID_STATE')) throw error;
    } finally {
      this.#recordings.delete(call.id);
    }
  }

  async #discard(segment: SegmentResult): Promise<void> {
    // The manifest goes last: without its audio it says that the rest was to go.
    const { manifestFile } = segment;
    const others = recordingFiles(segment.file, segment.sidecar).filter((path) => path !== manifestFile);
    for (const path of [...others, manifestFile]) await removeFile(path);
    this.emit('discarded', segment);
  }

  async #publish(segment: SegmentResult, type: string): Promise<SegmentResult> {
    return this.#published(await publishSegment(segment, this.#publishing, type, this.#tell));
  }

  #published(segment: SegmentResult): SegmentResult {
    this.emit('published', segment);
    if (segment.outputError) this.#failed(segment.outputError, undefined);
    return segment;
  }

  get #publishing(): PublishOptions {
    const { signingKey } = this.#given;
    return { ...this.#options, encoders: this.#encoders, ...(signingKey && { signingKey }) };
  }

  /** Finishes what an earlier process left: recordings that were under way, files that were not published, events. */
  async #takeUp(left: LeftBehind): Promise<void> {
    const { signingKey, identity, recording: { encryptTo } = {} } = this.#given;
    const options = {
      clock: this.#clock,
      ...(signingKey && { signingKey }),
      ...(identity !== undefined && { identity }),
      ...(encryptTo && { encryptTo }),
    };
    await takeUp(left, options, {
      recovered: async (segment) => {
        if (segment.sidecar.audio.samples === 0) return await this.#discard(segment);
        this.emit('recovered', await this.#publish(segment, 'recording.recovered'));
      },
      finished: async (segment) => {
        if (segment.sidecar.audio.samples === 0) return await this.#discard(segment);
        await this.#publish(segment, 'recording.finished');
      },
      resume: async (file) =>
        void this.#published(await resumePublication(file, this.#publishing, this.#tell)),
      failed: (error) => this.emit('failed', error, undefined),
    });
    void this.#outbox.run();
    await this.catalogue?.keepHolds();
  }

  #track(work: Promise<void>, call: CallControl | undefined): void {
    const tracked = work
      .catch((error: unknown) => this.#failed(error, call))
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  #failed(error: unknown, call: CallControl | undefined): void {
    this.emit('failed', asError(error), call);
  }
}
