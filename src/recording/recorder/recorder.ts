import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { checkArgument, flag, having, words } from '../../base/check.js';
import { during } from '../../base/during.js';
import { asError, invalidArgument, JackfieldError } from '../../base/errors.js';
import { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import { TaskSet } from '../../base/task-set.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import type { CallControl } from '../../call/call-control.js';
import type { CallVoice } from '../../call/call-voice.js';
import { type Call, LIVE_CALL } from '../../control/call/call.js';
import type { Client } from '../../control/client/client.js';
import { CLIENT } from '../../control/client/command-sender.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder } from '../../files/whole-file.js';
import { SERVER } from '../../tcp/lease.js';
import type { PcmServer } from '../../tcp/pcm-server.js';
import type { Catalogue } from '../archive/catalogue.js';
import type { CallRecording } from '../call-recording.js';
import { announceRecording } from '../consent.js';
import { EncoderSlots } from '../file/encoder-slots.js';
import type { MaskAfterCalls } from '../masking/after-calls-options.js';
import { leftBehind, recordingFolder } from '../publication/left-behind.js';
import { prepareRecording, recordCall, recordVoice } from '../record-call.js';
import { type RecordCallOptions, TAGS } from '../record-options.js';
import { analyseRecorded } from './analyse-recorded.js';
import { followRecording } from './follow-recording.js';
import { RecordedForks } from './fork-recorded.js';
import { hideSecrets } from './hide-secrets.js';
import { isWanted } from './record-policy.js';
import type { RecorderEvents, RecorderListener } from './recorder-events.js';
import { RecorderFiles, type RecorderSettings } from './recorder-files.js';
import { recorderListener } from './recorder-listener.js';
import {
  checkMeans,
  type RecorderOptions,
  recordOptionsFor,
  resolveRecorderOptions,
  tagsFor,
} from './recorder-options.js';

/** Longest silence of a side of a line before it counts as missing, in ms. A line does not send silence. */
const LINE_SKEW_MS = 60_000;
const VOICE = having('legs', 'close');

/** A recording with the options by which it began. */
interface BegunRecording {
  readonly recording: CallRecording;
  readonly settings: RecorderSettings;
}

/**
 * Records the calls of a client, by policy, into a folder. It names and publishes the files, adds them to a catalogue,
 * sends events to the hook and the webhook, and finishes recordings of an earlier process.
 */
export class Recorder extends FencedEmitter<RecorderEvents> implements AsyncDisposable {
  readonly catalogue: Catalogue | undefined;
  #settings: RecorderSettings;
  readonly #clock: Clock;
  readonly #forks: RecordedForks;
  readonly #lock: FolderLock;
  readonly #files: RecorderFiles;
  readonly #encoders: EncoderSlots;
  /** Keyed by call: calls of different clients may have the same id. */
  readonly #recordings = new Map<CallControl, BegunRecording>();
  readonly #tasks = new TaskSet((error) => this.#failed(error, undefined));
  readonly #attended: (() => void)[] = [];
  readonly #servers = new WeakMap<CallControl, PcmServer>();
  #opened = 0;
  /** Fires when the recorder is closed. Aborts an opening that waits for its endpoint. */
  readonly #closing = new AbortController();

  private constructor(
    settings: RecorderSettings,
    { lock, catalogue }: { readonly lock: FolderLock; readonly catalogue: Catalogue | undefined },
  ) {
    super();
    this.#settings = settings;
    this.#clock = settings.given.clock ?? systemClock;
    this.#forks = new RecordedForks(this.#clock, (error) => this.failed('fork', error));
    this.#lock = lock;
    this.#encoders = new EncoderSlots(settings.given.maxEncoders);
    // Each call in the process of opening adds a listener.
    setMaxListeners(0, this.#closing.signal);
    this.catalogue = catalogue;
    this.#files = new RecorderFiles(settings, {
      ...{ clock: this.#clock, encoders: this.#encoders, catalogue },
      emitter: this,
    });
  }

  /**
   * Starts to record the calls of a client, and to finish recordings of an earlier process.
   * @throws ERR_INVALID_ARG; as {@link Recorder.open}.
   */
  static async start(client: Client, server: PcmServer, options: RecorderOptions): Promise<Recorder> {
    checkArgument('client', client, CLIENT);
    checkArgument('server', server, SERVER);
    const recorder = await Recorder.open(options);
    recorder.attend(client, server);
    return recorder;
  }

  /**
   * Creates a recorder without a client. It records the calls of clients passed to {@link attend}, and single calls
   * passed to {@link meet} and {@link listen}. It starts to finish recordings of an earlier process.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE when the folder or a prompt cannot be used; ERR_INVALID_STATE when another
   * recorder uses the folder, in this process or another; ERR_UNSUPPORTED without the package `libsql`.
   */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const resolved = resolveRecorderOptions(options);
    await checkMeans(options);
    await makeFolder(recordingFolder(resolved.folder));
    const lock = FolderLock.take(resolved.folder, 'recorded to');
    let catalogue: Catalogue | undefined;
    try {
      // Loaded here, because only a recorder with a catalogue needs a database and its schemas.
      if (resolved.catalogue)
        catalogue = await (await import('../archive/catalogue.js')).Catalogue.recovered(resolved.folder);
      // All files found at this time are of an earlier process.
      const left = await leftBehind(resolved.folder);
      const recorder = new Recorder({ given: options, resolved }, { lock, catalogue });
      recorder.#tasks.add(recorder.#files.takeUp(left));
      return recorder;
    } catch (error) {
      catalogue?.close();
      lock.release();
      throw error;
    }
  }

  /**
   * Checks the requirements of a recorder with these options without creating one: programs, models, prompts, keys.
   *
   * @throws as {@link Recorder.open}, except errors of the folder.
   */
  static async check(options: RecorderOptions): Promise<void> {
    resolveRecorderOptions(options);
    await checkMeans(options);
  }

  /** Also records the calls of this client, by policy, until the recorder is closed. @throws ERR_INVALID_ARG. */
  attend(client: Client, server: PcmServer): void {
    checkArgument('client', client, CLIENT);
    checkArgument('server', server, SERVER);
    const onCall = (call: Call) => this.meet(call, server);
    client.on('call', onCall);
    this.#attended.push(() => client.off('call', onCall));
  }

  /** Records a single call if the policy includes it. `failed` reports failures. */
  meet(call: Call, server: PcmServer): void {
    checkArgument('call', call, LIVE_CALL);
    checkArgument('server', server, SERVER);
    this.#servers.set(call, server);
    this.#track(during(this.#clock, this.#meet(call)), call);
  }

  /**
   * Prepares the recording of a call whose voice is opened by other code, such as a bot. Both legs are recorded from
   * the first sample. Resolves to the listener to pass to that code; to undefined when the policy excludes the call, or
   * when the recording fails, which `failed` reports.
   */
  async listen(call: Call): Promise<RecorderListener | undefined> {
    checkArgument('call', call, LIVE_CALL);
    try {
      const wanted = await this.#isWanted(call);
      const { preRollMs } = this.#settings.resolved.recording;
      if (this.#closing.signal.aborted || this.#recordings.has(call) || (!wanted && preRollMs === undefined))
        return undefined;
      const prepared = await prepareRecording(call, {
        ...this.#recordOptions(call, wanted),
        ...{ input: true, microphone: false, readClass: 'immediate' },
      });
      return recorderListener(prepared, (voice) => {
        this.#forks.opened(voice, this.#settings.given.fork, wanted);
        this.#begun(prepared.recording, wanted);
      });
    } catch (error) {
      this.#failed(error, call);
      return undefined;
    }
  }

  /** Recordings of calls that are being recorded or held in memory. */
  get recordings(): readonly CallRecording[] {
    return Array.from(this.#recordings.values(), ({ recording }) => recording);
  }

  /**
   * Uses other options for later calls, files and events. A recording in progress is masked by the rules with which it
   * began. `folder` and `catalogue` cannot change.
   * @throws ERR_INVALID_ARG; ERR_FILE, ERR_WAV for a prompt. After an error nothing has changed.
   */
  async configure(options: RecorderOptions): Promise<void> {
    const resolved = resolveRecorderOptions(options);
    await checkMeans(options);
    for (const name of ['folder', 'catalogue'] as const) {
      if (resolved[name] === this.#settings.resolved[name]) continue;
      throw invalidArgument(
        name,
        `${this.#settings.resolved[name]} until the recorder is closed`,
        resolved[name],
      );
    }
    this.#settings = { given: options, resolved };
    this.#files.configure(this.#settings);
  }

  /**
   * Records a call on request, including the pre-roll if it is held in memory.
   * @throws errors of {@link recordCall}.
   */
  async record(call: Call): Promise<CallRecording> {
    checkArgument('call', call, LIVE_CALL);
    const held = this.#recordings.get(call)?.recording;
    if (!held) return await this.#open(call, true);
    if (held.begun) return held;
    await held.begin();
    this.#forks.begun(call, this.#settings.given.fork);
    this.#announce(held);
    this.#analyse(held);
    return held;
  }

  /**
   * Records a call with an open voice from now on, such as a call of a line without an endpoint. The policy does not
   * apply, and no announcement is played.
   *
   * @param tags Further tags. Changes to this object during the call are stored in the sidecar.
   * @throws errors of {@link recordVoice}; ERR_CLOSED after the recorder was closed.
   */
  async recordVoice(voice: CallVoice, tags: Record<string, string> = {}): Promise<CallRecording> {
    checkArgument('voice', voice, VOICE);
    checkArgument('tags', tags, TAGS);
    if (this.#closing.signal.aborted) throw new JackfieldError('ERR_CLOSED', 'The recorder is closed.');
    const { readClass = 'batched', ...options } = this.#recordOptions(voice.call, true);
    Object.assign(tags, options.tags);
    const { fork, analyse } = this.#settings.given;
    // A fork or an analysis needs the audio without batching.
    const inBatches = readClass === 'batched' && !fork && !analyse;
    for (const stream of [voice.remote, voice.microphone])
      if (stream && inBatches) stream.readClass = 'batched';
    const recording = await recordVoice(voice, { maxSkewMs: LINE_SKEW_MS, io: 'sync', ...options, tags });
    this.#forks.opened(voice, fork, true);
    this.#begun(recording, true, false);
    return recording;
  }

  /** True when pressed keys are masked in recordings. Then they must not appear in logs or events either. */
  get masksKeys(): boolean {
    return this.#masks.some((mask) => mask.cards !== false);
  }

  /**
   * Removes card numbers and phrases that are masked in recordings from a text for logs and events.
   *
   * @param isAnswer True for speech or keys of the other party: digits become `*`, and numbers of more than three
   * digits are removed. Default false.
   * @throws ERR_INVALID_ARG
   */
  withoutSecrets(text: string, isAnswer = false): string {
    checkArgument('text', text, words);
    checkArgument('isAnswer', isAnswer, flag);
    return this.#masks.reduce((told, mask) => hideSecrets(told, mask, isAnswer), text);
  }

  /** Clock that dates recordings. */
  get clock(): Clock {
    return this.#clock;
  }

  /**
   * Ends all recordings, and resolves when their files are published. Calls continue. Undelivered events wait on disk.
   */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    for (const leave of this.#attended) leave();
    this.#forks.close();
    await Promise.all(this.recordings.map((recording) => recording.stop().catch(() => undefined)));
    await this.#tasks.settled();
    await this.#files.close();
    this.catalogue?.close();
    this.#lock.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The rules of this configuration, and those of the recordings in progress that began by another one. */
  get #masks(): readonly MaskAfterCalls[] {
    const begun = Array.from(this.#recordings.values(), ({ settings }) => settings);
    return [...new Set([this.#settings, ...begun])]
      .flatMap(({ given: { afterCalls, recording } }) => [afterCalls?.mask, recording?.mask])
      .filter((mask) => mask !== undefined);
  }

  async #meet(call: Call): Promise<void> {
    if (call.over) return;
    const wanted = await this.#isWanted(call);
    if (!wanted && this.#settings.resolved.recording.preRollMs === undefined) return;
    if (this.#closing.signal.aborted || this.#recordings.has(call)) return;
    await this.#open(call, wanted).catch((error: unknown) => {
      // An unanswered call has no voice to record.
      if (!(call.over && call.history.every(({ status }) => status !== 'INPROGRESS'))) throw error;
    });
  }

  /** True when the policy includes a call now. */
  #isWanted(call: Call): Promise<boolean> {
    return isWanted(call, this.#settings.resolved, () => this.#clock.unixMs());
  }

  async #open(call: Call, begin: boolean): Promise<CallRecording> {
    const server = this.#servers.get(call);
    if (!server) throw new JackfieldError('ERR_INVALID_STATE', `Call ${call.id} was not passed to meet().`);
    const recording = await recordCall(call, server, {
      ...this.#recordOptions(call, begin),
      signal: this.#closing.signal,
      input: this.#settings.resolved.consent ? 'mixed' : false,
      listeners: [{ opened: (voice) => this.#forks.opened(voice, this.#settings.given.fork, begin) }],
    });
    this.#begun(recording, begin);
    return recording;
  }

  #recordOptions(call: CallControl, begin: boolean): RecordCallOptions {
    const name = `${this.#clock.unixMs()}-${call.id}-${++this.#opened}.wav`;
    const file = join(recordingFolder(this.#settings.resolved.folder), name);
    const further = tagsFor(call, this.#settings.given, (error) => this.failed('tagsOf', error));
    return {
      ...recordOptionsFor(further, this.#settings.given, this.#settings.resolved, begin),
      ...{ file, clock: this.#clock, encoders: this.#encoders },
    };
  }

  /** Registers a started recording, and publishes its files as they complete. */
  #begun(recording: CallRecording, begin: boolean, announces = begin): void {
    const { call } = recording;
    const settings = this.#settings;
    this.#recordings.set(call, { recording, settings });
    this.emit('recording', recording, begin);
    if (announces) this.#announce(recording);
    if (begin) this.#analyse(recording);
    this.#track(this.#follow(recording, settings), call);
    // On a virtual clock the end of the streams takes no time.
    void call.ended().then(
      () => during(this.#clock, recording.finished).catch(() => undefined),
      () => undefined,
    );
    // The recorder was closed during the opening: nothing else would end this recording.
    if (this.#closing.signal.aborted) void recording.stop().catch(() => undefined);
  }

  #announce(recording: CallRecording): void {
    const { consent } = this.#settings.resolved;
    if (consent) this.#track(announceRecording(recording, consent, this.#clock), recording.call);
  }

  #analyse(recording: CallRecording): void {
    const analysed = analyseRecorded(recording, this.#settings.given.analyse, this.#clock, (event) =>
      this.emit('heard', recording, event),
    );
    this.#track(
      analysed.then((call) => void (call && this.emit('analysed', recording, call))),
      recording.call,
    );
  }

  async #follow(recording: CallRecording, settings: RecorderSettings): Promise<void> {
    const { call } = recording;
    try {
      await followRecording(recording, {
        discardBelowMs: this.#settings.resolved.discardBelowMs,
        publish: (segment) => this.#files.publish(segment, 'recording.finished', settings),
        discard: (segment) => this.#files.discard(segment),
        failed: (error) => this.#failed(error, call),
      });
    } finally {
      this.#recordings.delete(call);
    }
  }

  #track(work: Promise<void>, call: CallControl): void {
    this.#tasks.add(work.catch((error: unknown) => this.#failed(error, call)));
  }

  #failed(error: unknown, call: CallControl | undefined): void {
    this.emit('failed', asError(error), call);
  }
}
