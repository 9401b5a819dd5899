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

/** A side of a line may be silent for so long, in ms, before it is taken to be missing: silence is not sent. */
const LINE_SKEW_MS = 60_000;
const VOICE = having('legs', 'close');

/**
 * Records the calls of a client, by policy, into a folder: names and publishes the files, catalogues them, tells
 * the hook and the webhook, and finishes what an earlier process left behind.
 */
export class Recorder extends FencedEmitter<RecorderEvents> implements AsyncDisposable {
  readonly catalogue: Catalogue | undefined;
  #settings: RecorderSettings;
  readonly #clock: Clock;
  readonly #forks: RecordedForks;
  readonly #lock: FolderLock;
  readonly #files: RecorderFiles;
  readonly #encoders: EncoderSlots;
  /** Calls of several clients have the same ids. */
  readonly #recordings = new Map<CallControl, CallRecording>();
  readonly #tasks = new TaskSet((error) => this.#failed(error, undefined));
  readonly #attended: (() => void)[] = [];
  readonly #servers = new WeakMap<CallControl, PcmServer>();
  #opened = 0;
  /** Fires when the recorder is closed: an opening that waits for its endpoint is given up. */
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
    // Each call that is being opened listens.
    setMaxListeners(0, this.#closing.signal);
    this.catalogue = catalogue;
    this.#files = new RecorderFiles(settings, {
      ...{ clock: this.#clock, encoders: this.#encoders, catalogue },
      emitter: this,
    });
  }

  /**
   * Begins to record the calls of a client, and to finish what was left behind.
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
   * Makes a recorder that has no client yet: it records the calls of those that it is told to {@link attend}, and what
   * it is given one by one ({@link meet}, {@link listen}). It begins to finish what was left behind.
   *
   * @throws ERR_INVALID_ARG; ERR_FILE when the folder or a prompt cannot be used; ERR_INVALID_STATE when another recorder, of this
   * process or another one, uses it; ERR_UNSUPPORTED without the package `libsql`.
   */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const resolved = resolveRecorderOptions(options);
    await checkMeans(options);
    await makeFolder(recordingFolder(resolved.folder));
    const lock = FolderLock.take(resolved.folder, 'recorded to');
    let catalogue: Catalogue | undefined;
    try {
      // Loaded here: only a recorder with a catalogue needs a database and its schemas.
      if (resolved.catalogue)
        catalogue = await (await import('../archive/catalogue.js')).Catalogue.recovered(resolved.folder);
      // What is there now is of an earlier process; what comes from now on is not.
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
   * Tries what a recorder with these options needs, and makes none: programs, models, prompts, keys.
   *
   * @throws as {@link Recorder.open}, but for what has to do with the folder.
   */
  static async check(options: RecorderOptions): Promise<void> {
    resolveRecorderOptions(options);
    await checkMeans(options);
  }

  /** Records the calls of this client, too, by policy, until the recorder is closed. @throws ERR_INVALID_ARG. */
  attend(client: Client, server: PcmServer): void {
    checkArgument('client', client, CLIENT);
    checkArgument('server', server, SERVER);
    const onCall = (call: Call) => this.meet(call, server);
    client.on('call', onCall);
    this.#attended.push(() => client.off('call', onCall));
  }

  /** Takes a call that it does not attend: records it where the policy wants that. Failures are told by `failed`. */
  meet(call: Call, server: PcmServer): void {
    checkArgument('call', call, LIVE_CALL);
    checkArgument('server', server, SERVER);
    this.#servers.set(call, server);
    this.#track(during(this.#clock, this.#meet(call)), call);
  }

  /**
   * Prepares the recording of a call whose voice another part opens, such as a bot: what it says and hears is
   * recorded, from the first sample. Resolves to the listener that is to be given to it; to undefined where the policy
   * does not want the call, or where it cannot be recorded, which is told by `failed`.
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

  /** Calls that are being recorded, or held in memory. */
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
   * Records a call that the policy does not, from its pre-roll on where there is one.
   * @throws what {@link recordCall} throws.
   */
  async record(call: Call): Promise<CallRecording> {
    checkArgument('call', call, LIVE_CALL);
    const held = this.#recordings.get(call);
    if (!held) return await this.#open(call, true);
    if (held.begun) return held;
    await held.begin();
    this.#forks.begun(call, this.#settings.given.fork);
    this.#announce(held);
    this.#analyse(held);
    return held;
  }

  /**
   * Records a call whose voice is open already, from now on: one that comes over a line, without an endpoint. The
   * policy is not asked, and nothing is announced in it.
   *
   * @param tags Further tags; what is changed in them while the call goes on is in the sidecar, too.
   * @throws what {@link recordVoice} throws; ERR_CLOSED once the recorder is closed.
   */
  async recordVoice(voice: CallVoice, tags: Record<string, string> = {}): Promise<CallRecording> {
    checkArgument('voice', voice, VOICE);
    checkArgument('tags', tags, TAGS);
    if (this.#closing.signal.aborted) throw new JackfieldError('ERR_CLOSED', 'The recorder is closed.');
    const { readClass = 'batched', ...options } = this.#recordOptions(voice.call, true);
    Object.assign(tags, options.tags);
    const { fork, analyse } = this.#settings.given;
    // Who listens meanwhile wants it at once.
    const inBatches = readClass === 'batched' && !fork && !analyse;
    for (const stream of [voice.remote, voice.microphone])
      if (stream && inBatches) stream.readClass = 'batched';
    const recording = await recordVoice(voice, { maxSkewMs: LINE_SKEW_MS, io: 'sync', ...options, tags });
    this.#forks.opened(voice, fork, true);
    this.#begun(recording, true, false);
    return recording;
  }

  /** True when keys that are pressed in calls are masked in recordings, and so are not to be told of. */
  get masksKeys(): boolean {
    const { afterCalls, recording } = this.#settings.given;
    return [afterCalls?.mask, recording?.mask].some((mask) => mask !== undefined && mask.cards !== false);
  }

  /**
   * A text about a call without what is masked in recordings, for logs and events: card numbers and phrases.
   *
   * @param isAnswer True for what the other party said or pressed: of that, digits are told as `*`, and numbers of more
   *   than three digits not at all. Default false.
   * @throws ERR_INVALID_ARG
   */
  withoutSecrets(text: string, isAnswer = false): string {
    checkArgument('text', text, words);
    checkArgument('isAnswer', isAnswer, flag);
    const { afterCalls, recording } = this.#settings.given;
    const masks = [afterCalls?.mask, recording?.mask].filter((mask) => mask !== undefined);
    return masks.reduce((told, mask) => hideSecrets(told, mask, isAnswer), text);
  }

  /** Time by which it dates recordings. */
  get clock(): Clock {
    return this.#clock;
  }

  /** Ends all recordings; resolves when their files are published. Calls go on. Undelivered events wait on disk. */
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

  async #meet(call: Call): Promise<void> {
    if (call.over) return;
    const wanted = await this.#isWanted(call);
    if (!wanted && this.#settings.resolved.recording.preRollMs === undefined) return;
    if (this.#closing.signal.aborted || this.#recordings.has(call)) return;
    await this.#open(call, wanted).catch((error: unknown) => {
      // A call that nobody has answered has no voice to record.
      if (!(call.over && call.history.every(({ status }) => status !== 'INPROGRESS'))) throw error;
    });
  }

  /** True when the policy records a call now. */
  #isWanted(call: Call): Promise<boolean> {
    return isWanted(call, this.#settings.resolved, () => this.#clock.unixMs());
  }

  async #open(call: Call, begin: boolean): Promise<CallRecording> {
    const server = this.#servers.get(call);
    if (!server) throw new JackfieldError('ERR_INVALID_STATE', `Call ${call.id} was not given to meet().`);
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

  /** A recording is there: from now on it is followed to its place in the folder. */
  #begun(recording: CallRecording, begin: boolean, announces = begin): void {
    const { call } = recording;
    this.#recordings.set(call, recording);
    this.emit('recording', recording, begin);
    if (announces) this.#announce(recording);
    if (begin) this.#analyse(recording);
    this.#track(this.#follow(recording), call);
    // The end of its streams takes no time on a virtual clock.
    void call.ended().then(
      () => during(this.#clock, recording.finished).catch(() => undefined),
      () => undefined,
    );
    // It was opened while the recorder was being closed: nothing else ends it.
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

  async #follow(recording: CallRecording): Promise<void> {
    const { call } = recording;
    try {
      await followRecording(recording, {
        discardBelowMs: this.#settings.resolved.discardBelowMs,
        publish: (segment) => this.#files.publish(segment, 'recording.finished'),
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
