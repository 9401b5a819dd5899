import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { checkArgument, having, path } from '../base/check.js';
import { type Clock, systemClock } from '../base/time/clock.js';
import type { VoiceListener } from '../call/call-voice.js';
import type { Call } from '../control/call/call.js';
import { describeCall, recordedCall } from '../recording/call-facts.js';
import type { CallRecording } from '../recording/call-recording.js';
import { prepareRecording, type RecordVoiceOptions } from '../recording/record-call.js';
import { checkRecordOptions } from '../recording/record-options.js';
import { checkTemplate, DEFAULT_TEMPLATE, fillTemplate } from '../recording/recorder/recording-path.js';

/** Listens to a call's voice, and records it. */
export interface CallTape extends VoiceListener {
  /** The recording. @throws ERR_INVALID_STATE until the call's voice is open. */
  readonly recording: CallRecording;
}

/** Prepares recordings of calls whose voice a bot opens: a `Recorder`. */
export interface CallTaper {
  /**
   * Resolves to the listener that records this call; to undefined when it is not recorded.
   *
   * @param clock Clock of the bots, for a recorder that has no clock of its own.
   */
  listen(call: Call, clock?: Clock): Promise<CallTape | undefined>;
}

/** Options of recordings that a bot makes without a `Recorder`. */
export interface TapeOptions extends Omit<RecordVoiceOptions, 'file'> {
  /** Folder of the recordings. */
  readonly folder: string;
  /**
   * Path of a recording in the folder, without ending, as a `Recorder` takes it. Default
   * `{date}/{time}-{partner}-{id}`.
   */
  readonly template?: string;
}

const TAPER = having('listen');

/** Makes a taper from a recorder or from options. @throws ERR_INVALID_ARG for options that are not valid. */
export function taperOf(record: CallTaper | TapeOptions): CallTaper {
  if (TAPER.accepts(record)) return record as CallTaper;
  const { folder, template = DEFAULT_TEMPLATE, ...options } = record as TapeOptions;
  checkArgument('record.folder', folder, path);
  checkRecordOptions({ ...options, file: folder });
  checkTemplate(template);
  return {
    listen: (call, clock) => tape(call, { folder, template }, { ...(clock && { clock }), ...options }),
  };
}

async function tape(
  call: Call,
  { folder, template }: Required<Pick<TapeOptions, 'folder' | 'template'>>,
  options: Omit<RecordVoiceOptions, 'file'>,
): Promise<CallTape> {
  await describeCall(call);
  const { partner, type } = recordedCall(call);
  const path = fillTemplate(template, {
    startedAt: new Date((options.clock ?? systemClock).unixMs()),
    partner,
    call: call.id,
    id: randomUUID(),
    segment: 1,
    direction: type.startsWith('INCOMING') ? 'in' : 'out',
  });
  const file = join(folder, `${path}.wav`);
  return await prepareRecording(call, { ...options, file, input: true, microphone: false });
}
