import { EventEmitter } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../clock.js';
import type { Client } from '../../control/client/client.js';
import type { Call } from '../../control/state/call.js';
import { JackfieldError } from '../../errors.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import { describeCall, recordedCall } from '../recording/call-facts.js';
import type { CallRecording } from '../recording/call-recording.js';
import { announceRecording } from '../recording/consent.js';
import { recordCall } from '../recording/record-call.js';
import {
  discardUnfinished,
  findUnfinished,
  isWorthRecovering,
  recoverRecording,
} from '../recording/recover.js';
import type { SegmentResult } from '../recording/segment.js';
import { beside } from '../recording/sidecar.js';
import { readManifest, readSidecar } from '../recording/verify-recording.js';
import { Catalogue } from './catalogue.js';
import { Outbox, type OutboxEvent } from './outbox.js';
import { publishSegment } from './publish.js';
import {
  type RecorderOptions,
  type ResolvedRecorderOptions,
  resolveRecorderOptions,
  wants,
} from './recorder-options.js';

/** What a {@link Recorder} tells its listeners. */
export interface RecorderEvents {
  /** A call is being recorded, or held in memory until {@link Recorder.record}. */
  recording: [recording: CallRecording, begun: boolean];
  /** A file is where it belongs, with all that lies beside it. */
  published: [segment: SegmentResult];
  /** A recording was too short, or empty, and was removed. */
  discarded: [segment: SegmentResult];
  /** A recording of a process that was killed was finished and published. */
  recovered: [segment: SegmentResult];
  /** Something went wrong with the recording of one call, or with one file. The recorder goes on. */
  failed: [error: Error, call: Call | undefined];
  /** The hook or the webhook did not take an event; `last` when it will not be tried again. */
  undelivered: [event: OutboxEvent, channel: string, error: Error, last: boolean];
}

/**
 * Records the calls of a client, by policy, into a folder: names and publishes the files, catalogues them, tells
 * the hook and the webhook, and finishes what an earlier process left behind.
 */
export class Recorder extends EventEmitter<RecorderEvents> implements AsyncDisposable {
  readonly catalogue: Catalogue | undefined;
  readonly #client: Client;
  readonly #server: PcmServer;
  #options: ResolvedRecorderOptions;
  #given: RecorderOptions;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #recordings = new Map<number, CallRecording>();
  readonly #work = new Set<Promise<void>>();
  readonly #onCall = (call: Call) => this.#track(this.#meet(call), call);
  #closed = false;

  private constructor(
    client: Client,
    server: PcmServer,
    given: RecorderOptions,
    options: ResolvedRecorderOptions,
    catalogue: Catalogue | undefined,
  ) {
    super();
    this.#client = client;
    this.#server = server;
    this.#given = given;
    this.#options = options;
    this.#clock = given.clock ?? systemClock;
    this.catalogue = catalogue;
    this.#outbox = new Outbox({
      folder: join(options.folder, '.outbox'),
      channels: options.channels,
      onFailure: (event, channel, error, last) => this.emit('undelivered', event, channel, error, last),
    });
  }

  /**
   * Begins to record, after it has finished what was left behind.
   * @throws ERR_INVALID_ARG; ERR_FILE when the folder cannot be used; ERR_UNSUPPORTED without the catalogue's package.
   */
  static async start(client: Client, server: PcmServer, options: RecorderOptions): Promise<Recorder> {
    const resolved = resolveRecorderOptions(options);
    await mkdir(join(resolved.folder, '.recording'), { recursive: true });
    const catalogue = resolved.catalogue ? Catalogue.open(resolved.folder) : undefined;
    const recorder = new Recorder(client, server, options, resolved, catalogue);
    // What is there now is of an earlier process; what comes from now on is not.
    const left = await recorder.#leftBehind();
    client.on('call', recorder.#onCall);
    recorder.#track(recorder.#takeUp(left), undefined);
    return recorder;
  }

  /** What is being recorded, or held in memory. */
  get recordings(): readonly CallRecording[] {
    return [...this.#recordings.values()];
  }

  /**
   * Takes other options for the calls and files to come. The folder, the catalogue, the hook and the webhook stay
   * as they are.
   * @throws ERR_INVALID_ARG; then nothing changes.
   */
  configure(options: RecorderOptions): void {
    const resolved = resolveRecorderOptions(options);
    const { folder, catalogue, channels } = this.#options;
    this.#given = options;
    this.#options = { ...resolved, folder, catalogue, channels };
  }

  /**
   * Records a call that the policy does not, from its pre-roll on where there is one.
   * @throws what {@link recordCall} throws.
   */
  async record(call: Call): Promise<CallRecording> {
    const held = this.#recordings.get(call.id);
    if (!held) return await this.#open(call, true);
    await held.begin();
    return held;
  }

  /** Ends all recordings; resolves when their files are published. Calls go on. Undelivered events wait on disk. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.off('call', this.#onCall);
    await Promise.all(this.recordings.map((recording) => recording.stop().catch(() => undefined)));
    while (this.#work.size > 0) await Promise.all(this.#work);
    await this.#outbox.close();
    this.catalogue?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #meet(call: Call): Promise<void> {
    if (call.over) return;
    await describeCall(call);
    const { type, partner } = recordedCall(call);
    const wanted = wants(this.#options.policy, type, partner);
    if (!wanted && this.#options.recording.preRollMs === undefined) return;
    if (!this.#closed && !this.#recordings.has(call.id)) await this.#open(call, wanted);
  }

  async #open(call: Call, begin: boolean): Promise<CallRecording> {
    const { recording: options, consent, folder } = this.#options;
    const { preRollMs, ...rest } = options;
    const file = join(folder, '.recording', `${this.#clock.unixMs()}-${call.id}.wav`);
    const { signingKey } = this.#given;
    const recording = await recordCall(call, this.#server, {
      // What is played is paced by what is heard: heard in gulps, it would stutter.
      readClass: consent ? 'immediate' : 'batched',
      ...rest,
      file,
      clock: this.#clock,
      input: consent ? 'mixed' : false,
      ...(begin ? {} : { preRollMs: preRollMs ?? 0 }),
      ...(signingKey && { signingKey }),
    });
    this.#recordings.set(call.id, recording);
    this.emit('recording', recording, begin);
    if (consent && begin) this.#track(announceRecording(recording, consent, this.#clock), call);
    this.#track(this.#follow(recording), call);
    return recording;
  }

  async #follow(recording: CallRecording): Promise<void> {
    const { call } = recording;
    try {
      const { segments, error } = await recording.finished;
      if (error) this.emit('failed', error, call);
      const lengthMs = segments.reduce((sum, { sidecar }) => sum + sidecar.audio.durationMs, 0);
      const tooShort = lengthMs === 0 || lengthMs < this.#options.discardBelowMs;
      for (const segment of segments) {
        if (tooShort) await this.#discard(segment);
        else await this.#publish(segment, 'recording.finished');
      }
    } catch (error) {
      // What was held in memory and never asked for leaves nothing behind.
      if (!(error instanceof JackfieldError && error.code === 'ERR_INVALID_STATE')) throw error;
    } finally {
      this.#recordings.delete(call.id);
    }
  }

  async #discard(segment: SegmentResult): Promise<void> {
    for (const path of [segment.file, segment.sidecarFile, segment.manifestFile])
      await rm(path, { force: true });
    this.emit('discarded', segment);
  }

  async #publish(segment: SegmentResult, type: string): Promise<SegmentResult> {
    const { signingKey } = this.#given;
    const published = await publishSegment(segment, { ...this.#options, ...(signingKey && { signingKey }) });
    await this.catalogue?.add(published.file, published.sidecar);
    await this.#outbox.add(type, { file: published.file, sidecar: published.sidecar });
    this.emit('published', published);
    return published;
  }

  async #leftBehind(): Promise<LeftBehind> {
    const folder = join(this.#options.folder, '.recording');
    const unfinished = await findUnfinished(folder);
    const manifests = (await readdir(folder)).filter((name) => name.endsWith('.manifest.json'));
    return { unfinished, unpublished: manifests.map((name) => join(folder, name)) };
  }

  /** Finishes what an earlier process left: recordings that were under way, files that were not published, events. */
  async #takeUp({ unfinished, unpublished }: LeftBehind): Promise<void> {
    for (const file of unfinished) {
      await this.#each(file, async () => {
        if (!(await isWorthRecovering(file))) return await discardUnfinished(file);
        const { signingKey } = this.#given;
        const recovered = await recoverRecording(file, {
          clock: this.#clock,
          ...(signingKey && { signingKey }),
        });
        if (recovered.sidecar.audio.samples === 0) return await this.#discard(recovered);
        this.emit('recovered', await this.#publish(recovered, 'recording.recovered'));
      });
    }
    for (const manifestFile of unpublished) {
      await this.#each(manifestFile, async () => {
        await this.#publish(await readSegment(manifestFile), 'recording.finished');
      });
    }
    await this.#outbox.run();
  }

  /** One file that cannot be taken up must not keep the others. */
  async #each(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const error = new JackfieldError('ERR_FILE', `${file} could not be finished; it stays where it is.`, {
        cause,
      });
      this.emit('failed', error, undefined);
    }
  }

  #track(work: Promise<void>, call: Call | undefined): void {
    const tracked = work
      .catch((error: unknown) => {
        this.emit('failed', error instanceof Error ? error : new Error(String(error)), call);
      })
      .finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }
}

interface LeftBehind {
  readonly unfinished: readonly string[];
  /** Manifests of recordings that are complete. */
  readonly unpublished: readonly string[];
}

async function readSegment(manifestFile: string): Promise<SegmentResult> {
  const manifest = await readManifest(manifestFile);
  const sidecarFile = manifestFile.replace(/\.manifest\.json$/, '.json');
  const sidecar = await readSidecar(sidecarFile);
  const file = beside(
    sidecarFile.replace(/\.json$/, '.wav'),
    sidecar.audio.file.endsWith('.age') ? '.wav.age' : '.wav',
  );
  return { file, sidecarFile, manifestFile, sidecar, manifest };
}
