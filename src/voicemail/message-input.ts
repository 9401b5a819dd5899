import { object, path, rule, stream } from '../base/check.js';
import { invalidArgument } from '../base/errors.js';
import { type PcmFormat, type PcmSource, PTIME_MS, VOICE_FORMAT } from '../base/pcm.js';
import type { CancelTimer, Clock } from '../base/time/clock.js';
import type { Voicemail } from '../control/call/voicemail.js';
import type { Client } from '../control/client/client.js';
import { LedgerKeeper, type LegLedger } from '../stream/align/ledger.js';
import type { PlaybackReport } from '../stream/player.js';
import { ManualTimeline } from '../stream/sample-timeline.js';
import type { Lease } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import { type AudioFile, openAudio } from '../voice/audio-file.js';
import { toFormat } from '../voice/convert/to-format.js';
import { openVoicemailPort, requireRedirection, voicemailStream } from './voicemail-port.js';

/**
 * Source of a message. `'microphone'`: the endpoint's microphone. `file`: an audio file of any rate (in a format of
 * `openAudio`), sent through a port. `source`: PCM, sent through a port; `format` is 16 kHz mono by default.
 * `endpointFile`: a WAV file on the endpoint's disk, read by the endpoint with its own permissions.
 */
export type VoicemailInput =
  | 'microphone'
  | { readonly file: string }
  | { readonly source: PcmSource; readonly format?: PcmFormat }
  | { readonly endpointFile: string };

/** The rule of a {@link VoicemailInput}. */
export const INPUT = rule(
  "'microphone', { file }, { source } or { endpointFile }",
  (value) =>
    value === 'microphone' ||
    (object.accepts(value) &&
      (['file', 'endpointFile'].some((name) => path.accepts(Reflect.get(value as object, name))) ||
        stream.accepts(Reflect.get(value as object, 'source')))),
);

/** Options of {@link MessageInput}. */
export interface MessageInputOptions {
  readonly from: VoicemailInput;
  readonly server: PcmServer | undefined;
  readonly clock: Clock;
}

/** The audio of a message, held back until the tone. */
export class MessageInput {
  readonly #client: Client;
  readonly #from: VoicemailInput;
  readonly #server: PcmServer | undefined;
  readonly #clock: Clock;
  /** Stopped until the tone: audio sent earlier would be lost, or recorded as silence. */
  readonly #timeline = new ManualTimeline(VOICE_FORMAT.sampleRate);
  #cancelTimer: CancelTimer | undefined;
  #lease: Lease | undefined;
  #file: AudioFile | undefined;
  #playback: Promise<PlaybackReport> | undefined;
  #ledger: LegLedger | undefined;

  private constructor(client: Client, { from, server, clock }: MessageInputOptions) {
    this.#client = client;
    this.#from = from;
    this.#server = server;
    this.#clock = clock;
  }

  /**
   * Opens the source before the call is placed.
   *
   * @throws ERR_INVALID_ARG when `from` needs a server and there is none; ERR_UNSUPPORTED below protocol 8; ERR_FILE;
   * ERR_WAV.
   */
  static async open(client: Client, options: MessageInputOptions): Promise<MessageInput> {
    const { from, server } = options;
    const input = new MessageInput(client, options);
    if (from === 'microphone') return input;
    requireRedirection(client);
    if (!('endpointFile' in from) && !server) {
      throw invalidArgument('server', 'given, because the audio is sent through one of its ports', server);
    }
    if ('file' in from) input.#file = await openAudio(from.file);
    return input;
  }

  /** Account of all samples sent through the port; undefined until {@link close}, or when nothing was sent. */
  get ledger(): LegLedger | undefined {
    return this.#ledger;
  }

  /** Redirects the input of a message before its recording starts. @throws as {@link openVoicemailPort}. */
  async prepare(message: Voicemail, signal: AbortSignal): Promise<void> {
    if (this.#from === 'microphone' || 'endpointFile' in this.#from || !this.#server) return;
    this.#lease = await openVoicemailPort(this.#client, message, this.#server, 'INPUT', {
      timeline: this.#timeline,
      signal,
    });
  }

  /**
   * Sends the audio after the tone. Resolves at its end; never for a microphone or a file on the endpoint.
   *
   * @throws errors of the source.
   */
  async say(message: Voicemail, signal: AbortSignal): Promise<void> {
    if (this.#from !== 'microphone' && 'endpointFile' in this.#from) {
      const stream = voicemailStream(this.#client, message, 'INPUT');
      await stream.set([{ kind: 'file', path: this.#from.endpointFile }], { signal });
    }
    const source = this.#source();
    if (!source || !this.#lease) return new Promise(() => undefined);
    this.#run(this.#clock.now());
    // A late source delays the message instead of leaving a gap.
    this.#playback = this.#lease.player.play(source, { underrun: 'wait' }).finished;
    const { error } = await this.#playback;
    if (error) throw error;
  }

  /** Closes the source and the port. Idempotent. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    this.#timeline.end();
    await this.#lease?.close();
    await this.#file?.[Symbol.asyncDispose]();
    if (this.#lease) this.#ledger ??= await this.#account(this.#lease);
  }

  async #account(lease: Lease): Promise<LegLedger> {
    const ledger = new LedgerKeeper();
    const sent = await this.#playback;
    ledger.add('idle', sent?.from ?? 0);
    ledger.add('received', sent?.played ?? 0);
    ledger.add('idle', lease.stats.samplesSent - ledger.end, 'ended');
    return ledger.slice(0, ledger.end);
  }

  #source(): PcmSource | undefined {
    if (this.#file) return toFormat(this.#file.samples(), this.#file.format, VOICE_FORMAT);
    if (this.#from === 'microphone' || !('source' in this.#from)) return undefined;
    const { source, format = VOICE_FORMAT } = this.#from;
    return toFormat(source, format, VOICE_FORMAT);
  }

  #run(startedAt: number): void {
    const elapsedMs = this.#clock.now() - startedAt;
    this.#timeline.advanceTo(Math.floor((elapsedMs * VOICE_FORMAT.sampleRate) / 1000));
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + PTIME_MS, () => this.#run(startedAt));
  }
}
