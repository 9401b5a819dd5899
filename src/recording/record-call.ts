import { dirname } from 'node:path';
import { checkArgument, having, object, optionsOf } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { Opening } from '../base/opening.js';
import type { CallControl } from '../call/call-control.js';
import {
  type CallVoice,
  type CallVoiceOptions,
  openCallVoice,
  VOICE_RULES,
  type VoiceListener,
} from '../call/call-voice.js';
import { hearOthersSpeech } from '../call/others-speech.js';
import { type Call, LIVE_CALL } from '../control/call/call.js';
import { makeFolder } from '../files/whole-file.js';
import { type Lease, SERVER, type StreamKind } from '../tcp/lease.js';
import type { PcmServer } from '../tcp/pcm-server.js';
import type { CallRecording } from './call-recording.js';
import { loadCompressed } from './file/compressed.js';
import { checkRecordOptions, type RecordCallOptions } from './record-options.js';
import { RecordingSetup } from './recording-setup.js';
import type { RecordingTrack } from './recording-track.js';

/**
 * Redirects a call's voice and records it as a stereo WAV. The left channel is the sent audio (the input, or the
 * microphone if there is no input), the right channel is the other party. Both are on one clock. The file is valid at
 * every moment; a kill loses at most 500 ms.
 *
 * @throws ERR_FILE when the file cannot be written; ERR_INVALID_ARG; ERR_LIMIT, before anything is started, when the
 * server cannot lease a port for each stream; errors of {@link openCallVoice}.
 */
export async function recordCall(
  call: Call,
  server: PcmServer,
  options: RecordCallOptions,
): Promise<CallRecording> {
  checkArgument('call', call, LIVE_CALL);
  checkArgument('server', server, SERVER);
  const setup = await checkedSetup(call, options);
  // Reserved first, so that a call that cannot be recorded does not disturb other recordings.
  using places = server.reserve(setup.streamCount);
  await setUp(setup, options);
  const prepared = new PreparedRecording(setup);
  await using opening = new Opening();
  const forget = hearOthersSpeech(server, `CALL ${call.id}`, (speech) => setup.joinSpeech(speech));
  opening.add(forget, (it) => it());
  await openCallVoice(call, places, {
    // Without a microphone the other party is still recorded. The local leg then never comes.
    onNoMicrophone: () => undefined,
    ...optionsOf<CallVoiceOptions>(options, VOICE_RULES),
    // Until the legs are aligned, the remote one is read immediately: it gives the position in the call.
    readClass: 'immediate',
    listeners: [prepared, ...(options.listeners ?? [])],
  });
  const { recording } = opening.done(prepared);
  recording.finished.then(forget, forget);
  return recording;
}

/**
 * Prepares the recording of a call whose voice is opened by other code, such as a bot. Pass the returned listener to
 * {@link openCallVoice}. It records from the first sample of the call.
 *
 * @param options `input` and `microphone` must be the values with which the voice is opened.
 * @throws ERR_FILE when the file cannot be written; ERR_INVALID_ARG.
 */
export async function prepareRecording(call: Call, options: RecordCallOptions): Promise<PreparedRecording> {
  checkArgument('call', call, LIVE_CALL);
  const setup = await checkedSetup(call, options);
  await setUp(setup, options);
  return new PreparedRecording(setup);
}

/** Options of {@link recordVoice}. */
export type RecordVoiceOptions = Omit<RecordCallOptions, keyof CallVoiceOptions>;

/**
 * Records a call with an open voice, from now on, for example beside a bot. The streams of the call are not redirected.
 *
 * @throws ERR_FILE when the file cannot be written; ERR_INVALID_ARG; ERR_INVALID_STATE when the streams have ended.
 */
export async function recordVoice(voice: CallVoice, options: RecordVoiceOptions): Promise<CallRecording> {
  checkArgument('voice', voice, VOICE);
  checkArgument('options', options, object);
  const { input, microphone } = voice;
  const streams = { input: input !== undefined, microphone: microphone !== undefined };
  const setup = await checkedSetup(voice.call, { ...options, ...streams });
  await using opening = new Opening();
  opening.add(await setUp(setup, options), (it) => it.discard());
  setup.joinOpen(voice);
  return opening.done(setup.begin(voice));
}

const VOICE = having('legs', 'close');

async function checkedSetup(call: CallControl, options: RecordCallOptions): Promise<RecordingSetup> {
  checkRecordOptions(options);
  const { mask, clock, preRollMs } = options;
  if (!mask) return new RecordingSetup(call, options);
  // Loaded only when masking is used.
  const { LiveMask } = await import('./masking/live-mask.js');
  return new RecordingSetup(call, options, await LiveMask.open(mask, { clock, preRollMs }));
}

async function setUp(setup: RecordingSetup, options: RecordVoiceOptions): Promise<RecordingTrack> {
  await makeFolder(dirname(options.file));
  await loadCompressed(options.outputs ?? []);
  await using opening = new Opening();
  const track = opening.add(setup.track, (it) => it.discard());
  if (options.preRollMs === undefined) await track.begin();
  return opening.done(track);
}

/** A recording that waits for the call's voice. Created by {@link prepareRecording}. */
export class PreparedRecording implements VoiceListener {
  readonly #setup: RecordingSetup;
  #recording: CallRecording | undefined;

  /** @internal */
  constructor(setup: RecordingSetup) {
    this.#setup = setup;
  }

  /** The recording. @throws ERR_INVALID_STATE until the call's voice is open. */
  get recording(): CallRecording {
    if (this.#recording) return this.#recording;
    throw new JackfieldError('ERR_INVALID_STATE', 'The voice of the call is not open.');
  }

  /** @internal */
  onLease(stream: StreamKind, lease: Lease, start: number, paced: boolean): void {
    this.#setup.join(stream, lease, start, paced);
  }

  /** @internal */
  opened(voice: CallVoice): void {
    this.#recording = this.#setup.begin(voice);
  }

  /** @internal */
  failed(): Promise<void> {
    return this.#setup.track.discard();
  }
}
