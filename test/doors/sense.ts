import { openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FedStream } from '../../src/stream/fed-stream.js';
import * as jackfield from '../all-names.js';
import type { Cast } from './cast.js';
import type { Door, Parameter } from './public-types.js';

const nobody = {
  connect: () => {
    throw new jackfield.JackfieldError('ERR_ATTACH_UNAVAILABLE', 'Nobody is here.');
  },
};
const sidecar = {};
/** A stream that is over. */
const ended = () => {
  const stream = new FedStream(new jackfield.VirtualClock());
  stream.end({ kind: 'closed' });
  return stream;
};

/** Arguments that are right, by `door:parameter`, type or parameter, where what the types say is not enough. */
const SENSE: Readonly<Record<string, () => unknown>> = {
  CallListOptions: () => ({ format: 'csv' }),
  'BotCall#hold:work': () => async () => undefined,
  work: () => async () => undefined,
  'Prompts#preload:what': () => [],
  'Prompts#ready:what': () => [],
  'Prompts#faults:what': () => [],
  'Group#set:property': () => 'DISPLAYNAME',
  cause: () => ({ kind: 'hung-up' }),
  'Conversation#end:cause': () => ({ kind: 'hung-up' }),
  'mapChannels:gains': () => [[1]],
  'toFormat:to': () => jackfield.VOICE_FORMAT,
  'toFormat:from': () => jackfield.VOICE_FORMAT,
  'samplesToMs:samples': () => 1,
  'playVoicemail:to': () => 'call',
  'Voicemail#reached:status': () => 'PLAYED',
  AudioIntake: () => ({ publish: async () => undefined }),
  'ObjectCollection#known:id': () => 1,
  'ObjectCollection#get:id': () => 1,
  'ObjectCollection#search:what': () => 'CALLS',
  'Chats#search:what': () => 'CHATS',
  'Groups#search:what': () => 'GROUPS',
  'Client#search:what': () => 'CALLS',
  'Client#alter:action': () => 'HANGUP',
  'Client#get:property': () => 'STATUS',
  'Client#alter:id': () => 1,
  'Client#set:id': () => 'desk',
  'Client#get:id': () => 1,
  'Client#alter:object': () => 'CALL',
  'Client#set:object': () => 'USER',
  'Client#get:object': () => 'CALL',
  Int16Array: () => new Int16Array(320),
  Float32Array: () => new Float32Array(320),
  Uint8Array: () => new Uint8Array(320),
  samples: () => new Int16Array(320),
  PcmFormat: () => jackfield.VOICE_FORMAT,
  format: () => jackfield.VOICE_FORMAT,
  PcmSource: () => (async function* () {})(),
  AsyncIterable: () => (async function* () {})(),
  PcmSink: () => ({ write: () => undefined, end: () => undefined }),
  AlignedSink: () => ({ write: () => undefined, final: () => undefined, flushed: () => undefined }),
  AlignerContext: () => ({}),
  'WavWriter.of:fd': () => openSync(join(tmpdir(), `fd-${process.pid}.wav`), 'w'),
  'ControlDesk#obey:name': () => 'status',
  OpenTelemetryApi: () => ({ trace: { getTracer: () => ({}), setSpan: () => ({}) }, ROOT_CONTEXT: {} }),
  clock: () => new jackfield.VirtualClock(),
  Clock: () => new jackfield.VirtualClock(),
  AbortSignal: () => new AbortController().signal,
  Hours: () => ({ from: '09:00', to: '17:00' }),
  timezone: () => 'UTC',
  url: () => 'http://localhost',
  address: () => 'http://127.0.0.1:9',
  conversation: () => '8:bob',
  'AccountClient#edit:message': () => '1',
  'AccountClient#delete:message': () => '1',
  'AccountClient#markRead:message': () => '1',
  secret: () => 'sixteen characters',
  channels: () => ({}),
  digits: () => '1',
  'RtpSession#sendDigit:digit': () => '1',
  keys: () => '1',
  targets: () => ['echo123'],
  'Call#redirect:targets': () => [],
  'VoiceStream#set:targets': () => [],
  'formatStreamTargets:targets': () => [],
  'runCampaign:targets': () => [],
  'Attempt#transfer:targets': () => [],
  value: () => 'x',
  parameter: () => 'WALLPAPER',
  what: () => 'x',
  Party: () => ({ speak: () => undefined, hear: () => undefined, leave: async () => undefined }),
  SpeechEngine: () => jackfield.melodyEngine(),
  'BotCall#gather:prompt': () => [],
  TranscodeInput: () => 'x.wav',
  Transcriber: () => ({ transcribe: async () => ({ text: '' }) }),
  TimelineFollower: () => ({ advance: () => undefined, end: () => undefined }),
  MemoryEndpoint: () => nobody,
  Identity: () => ({ handle: 'somebody', fullName: 'Somebody', network: 'P2P' }),
  RobotBehaviour: () => ({ ringMs: 0, outcome: 'answer', steps: [], stay: true }),
  SocketClaim: () => ({ release: () => undefined }),
  ControlHooks: () => ({ reload: async () => [], drained: () => undefined }),
  MetricsState: () => ({ calls: () => new Map(), recordings: () => 0, endpoints: () => new Map() }),
  FileHandle: () => ({
    stat: async () => ({ size: 0 }),
    read: async () => ({ bytesRead: 0 }),
    close: async () => undefined,
  }),
  ServerSnapshot: () => ({ totals: {}, streams: [] }),
  TranscriptRequest: () => ({}),
  AttemptFailure: () => ({ failure: 'x', detail: 'x' }),
  ArchiveRoute: () => ({ kind: 'file', folder: 'x' }),
  from: () => 8000,
  to: () => 16_000,
  property: () => 'FULLNAME',
  NameCommand: () => ({ kind: 'ping' }),
  PlainReply: () => ({ kind: 'ping' }),
  'answering:command': () => ({}),
  'answering:message': () => ({}),
  handle: () => 'desk',
  status: () => 'FINISHED',
  'attach:to': () => new jackfield.MemoryTransport(nobody as never),
  'readCampaign:source': () => ({ list: 'x' }),
  'exportArchive:format': () => 'csv',
  'campaignReport:format': () => 'csv',
  'writeTranscript:format': () => 'vtt',
  'audioSocketLine:url': () => 'tcp://127.0.0.1:9',
  'webSocketLine:url': () => 'ws://127.0.0.1:9',
  'fork:url': () => 'ws://127.0.0.1:9',
  'fork:source': ended,
  'analyse:source': ended,
  RtpPacket: () => ({
    ...{ payloadType: 0, marker: false, sequence: 0, timestamp: 0, ssrc: 0 },
    payload: Buffer.alloc(160),
  }),
  RtpConnection: () => ({ remote: { address: '127.0.0.1', port: 9 }, codec: 'PCMU', payloadType: 0 }),
  IncomingCalls: () => ({ clock: new jackfield.VirtualClock(), place: () => true, failed: () => undefined }),
  LedgerSpan: () => ({ from: 0, samples: 1, kind: 'missing' }),
  SaidPart: () => ({ leg: 0, text: 'x', from: 0, to: 1, words: [] }),
  LineQuality: () => ({ codec: 'PCMU', scale: 'narrowband', basis: 'x' }),
  'transcode:output': () => 'x.flac',
  'drawWaveform:output': () => 'x.svg',
  'drawSpectrogram:output': () => 'x.svg',
  'mixChannels:from': () => 1,
  'mixChannels:to': () => 2,
  'canCallMove:from': () => 'RINGING',
  'canCallMove:to': () => 'INPROGRESS',
  'canVoicemailMove:from': () => 'BLANK',
  'canVoicemailMove:to': () => 'RECORDING',
  'transportAt:address': () => 'tcp:1',
  'Exchange#deposit:to': () => 'jack',
  'Exchange#receiveSms:sms': () => ({ to: 'jack', from: '+3725551', body: 'x' }),
  'Exchange#receiveSms:to': () => 'jack',
  'Exchange#receiveSms:from': () => '+3725551',
  'SmsCollection#search:what': () => 'SMSS',
  'SmsCollection#known:id': () => 1,
  'SmsCollection#get:id': () => 1,
  'SmsCollection#create:to': () => '+3725551',
  'SmsCollection#send:to': () => '+3725551',
  'Sms#setNumbers:numbers': () => ['+3725551'],
  SmsDispatch: () => ({
    ...{ numbers: [], taken: () => undefined, refused: () => undefined },
    ...{ delivered: () => undefined, failed: () => undefined },
  }),
  'Exchange#deposit:from': () => ({ handle: 'desk' }),
  'new User:sender': () => ({ command: async () => undefined }),
  'Catalogue#add:sidecar': () => sidecar,
};

/** Gives a right argument for each parameter of `door`. */
export function senseFor(door: Door, cast: Cast): (parameter: Parameter) => unknown {
  const sense = ({ name, shape }: Parameter): unknown => {
    for (const key of [`${door.name}:${name}`, ...shape.names, name]) {
      const made = Object.hasOwn(SENSE, key) ? SENSE[key]?.() : cast.get(key);
      if (made !== undefined) return made;
    }
    const options = shape.options().filter(({ isNeeded }) => isNeeded);
    if (options.length > 0) return Object.fromEntries(options.map((each) => [each.name, sense(each)]));
    if (shape.words.length > 0) return shape.words[0];
    if (shape.kinds.has('number')) return 1;
    if (shape.kinds.has('string')) return 'x';
    if (shape.kinds.has('boolean')) return true;
    if (shape.kinds.has('list')) return [];
    if (shape.kinds.has('function')) return () => undefined;
    return {};
  };
  return sense;
}

/** Parameters that refusals call by what they are the value of. */
const NAMES: Readonly<Record<string, string>> = {
  value: 'value|FULLNAME|DISPLAYNAME|WALLPAPER',
  options: 'options|webhook',
};

/** The name by which refusals call a parameter. */
export function nameOf(name: string): string {
  return NAMES[name] ?? name;
}
