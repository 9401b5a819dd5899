import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as jackfield from './all-names.js';

type Door = (...given: unknown[]) => unknown;

/** What no function expects, or expects least: made anew for each call, since a call may keep or change it. */
const nonsense = (): readonly unknown[] => [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e300,
  '',
  'x',
  {},
  [],
  () => undefined,
  new Int16Array(0),
  { nonsense: 1 },
  true,
];

/** Functions for which `x` is the name of a file or folder that they make. */
const MAKERS: readonly string[] = [
  'ControlServer.claim',
  'CampaignLog.open',
  'VoicemailArchive.open',
  'WavWriter.create',
];

/** How long a call may go on before the next is tried: one that has refused nothing waits for something. */
const PATIENCE_MS = 20;

const doors = new Map<string, Door>();
const unmade = new Set(privateConstructors());
collect('', jackfield, 2);

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
const home = process.cwd();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-door-'));
  process.chdir(folder);
  process.on('unhandledRejection', note);
});

afterEach(async () => {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
});

afterAll(() => {
  process.off('unhandledRejection', note);
  process.chdir(home);
});

describe('a public function takes nonsense, or refuses it with an error of its own', () => {
  it.each([...doors])('%s', async (name, call) => {
    const wrong = await Promise.all(
      [...lists()].map(async (given) => {
        const error = await outcome(call, given);
        if (error === undefined || error instanceof jackfield.JackfieldError) return [];
        return [`(${given.map(show).join(', ')}): ${error instanceof Error ? error.stack : String(error)}`];
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(wrong.flat().slice(0, 5)).toEqual([]);
    expect(unhandled.splice(0)).toEqual([]);
    const made = await readdir(folder);
    expect(made.length > 0, `made ${made.join(', ')}`).toBe(MAKERS.includes(name));
  });

  it('knows all that make something of a name', () => {
    expect(MAKERS.filter((name) => !doors.has(name))).toEqual([]);
  });
});

const client = { command: async () => undefined, on: () => undefined, search: async () => [] };
const object = { ...client, text: async () => '', id: 1 };
const server = { lease: async () => undefined };
const host = { call: async () => undefined };
const archive = { find: () => [], take: async () => undefined, store: async () => undefined };
const bot = { script: () => undefined };
const botCall = { listen: () => [], pause: async () => undefined, clock: jackfield.systemClock };
const samples = new Int16Array(320);
const input = { source: (async function* () {})(), format: jackfield.VOICE_FORMAT };
const flow = { data: { steps: {} } };

/** Every function with options: its own arguments, what its options need, and how it is called. */
const OPTIONS: readonly [name: string, call: (options: object) => unknown, needed?: object][] = [
  ['AnswerDetector.create', (options) => jackfield.AnswerDetector.create(options)],
  [
    'AnsweringMachine.start',
    (options) => jackfield.AnsweringMachine.start(options as never),
    { client, server, archive },
  ],
  ['attach', (options) => jackfield.attach('auto', options)],
  ['AutoGain', (options) => new jackfield.AutoGain(options)],
  ['BotHost', (options) => new jackfield.BotHost(options as never), { client, server }],
  ['ClippingDetector', (options) => new jackfield.ClippingDetector(options)],
  ['DbusTransport', (options) => new jackfield.DbusTransport(options)],
  ['DtmfDetector', (options) => new jackfield.DtmfDetector(options)],
  ['Exchange.start', (options) => jackfield.Exchange.start(options)],
  ['LevelMeter', (options) => new jackfield.LevelMeter(options)],
  ['LineFramer', (options) => new jackfield.LineFramer(options)],
  ['MacTransport', (options) => new jackfield.MacTransport(options)],
  ['Mixer', (options) => new jackfield.Mixer(options)],
  ['Mixer.addSource', (options) => new jackfield.Mixer().addSource(options)],
  [
    'OpusDecoder.create',
    (options) => jackfield.OpusDecoder.create(options as never),
    { format: jackfield.VOICE_FORMAT },
  ],
  [
    'OpusEncoder.create',
    (options) => jackfield.OpusEncoder.create(options as never),
    { format: jackfield.VOICE_FORMAT },
  ],
  ['Outbox', (options) => new jackfield.Outbox(options as never), { folder: 'x', channels: {} }],
  ['PcmServer', (options) => new jackfield.PcmServer(options)],
  [
    'PcmServer.lease',
    (options) => new jackfield.PcmServer().lease(options as never),
    { object: 'CALL 1', stream: 'output', direction: 'receive' },
  ],
  ['Prompts.open', (options) => jackfield.Prompts.open(options)],
  [
    'Recorder.start',
    (options) => jackfield.Recorder.start(client as never, server as never, options as never),
    { folder: 'x' },
  ],
  ['Resampler', (options) => new jackfield.Resampler(options as never), { from: 8000, to: 16_000 }],
  ['Room', (options) => new jackfield.Room(options)],
  ['SilenceDetector', (options) => new jackfield.SilenceDetector(options)],
  ['SilenceTrimmer', (options) => new jackfield.SilenceTrimmer(options)],
  ['TcpTransport', (options) => new jackfield.TcpTransport(options as never), { port: 4100 }],
  ['ToneDetector', (options) => new jackfield.ToneDetector(options)],
  ['VoiceDetector.create', (options) => jackfield.VoiceDetector.create(options)],
  ['VoicemailArchive.open', (options) => jackfield.VoicemailArchive.open('x', options)],
  ['WavWriter.create', (options) => jackfield.WavWriter.create('x', options)],
  ['WindowsTransport', (options) => new jackfield.WindowsTransport(options)],
  ['X11Transport', (options) => new jackfield.X11Transport(options)],
  ['answeringBot', (options) => jackfield.answeringBot(options as never), { account: 'jack', archive }],
  [
    'archiveVoicemails',
    (options) => jackfield.archiveVoicemails(client as never, archive as never, options as never),
    { route: { kind: 'file', folder: 'x' } },
  ],
  ['bot', (options) => jackfield.bot(() => undefined, options)],
  ['bridge', (options) => jackfield.bridge(botCall as never, botCall as never, options)],
  ['commandTranscriber', (options) => jackfield.commandTranscriber(options as never), { command: 'x' }],
  ['decodeWithFfmpeg', (options) => jackfield.decodeWithFfmpeg('x', options)],
  ['detectAnswer', (options) => jackfield.detectAnswer(botCall as never, options)],
  ['dither', (options) => jackfield.dither(new Float32Array(1), options)],
  ['drawSpectrogram', (options) => jackfield.drawSpectrogram(options as never), { input, output: 'x.svg' }],
  ['drawWaveform', (options) => jackfield.drawWaveform(options as never), { input, output: 'x.svg' }],
  ['dtmfSamples', (options) => jackfield.dtmfSamples('1', options)],
  ['encodeWav', (options) => jackfield.encodeWav(samples, options)],
  ['espeakEngine', (options) => jackfield.espeakEngine(options)],
  [
    'exportArchive',
    (options) => jackfield.exportArchive(archive as never, options as never),
    { format: 'csv', output: 'x' },
  ],
  ['flowBot', (options) => jackfield.flowBot(flow as never, options)],
  ['formatSkypeUri', (options) => jackfield.formatSkypeUri(options)],
  ['leaveVoicemail', (options) => jackfield.leaveVoicemail(client as never, 'jack', options)],
  ['listSoundDevices', (options) => jackfield.listSoundDevices(options)],
  ['mixPcm', (options) => jackfield.mixPcm([], options).next()],
  ['openCallVoice', (options) => jackfield.openCallVoice(object as never, server as never, options)],
  ['openMicrophone', (options) => jackfield.openMicrophone(options), { device: 'none' }],
  ['openSpeaker', (options) => jackfield.openSpeaker(options), { device: 'none' }],
  [
    'openVoicemailPort',
    (options) =>
      jackfield.openVoicemailPort(client as never, object as never, server as never, 'OUTPUT', options),
  ],
  ['parseCallList', (options) => jackfield.parseCallList('', options as never), { format: 'csv' }],
  ['parseFlow', (options) => jackfield.parseFlow('', options)],
  ['playVoicemail', (options) => jackfield.playVoicemail(object as never, 'call', options)],
  [
    'receiveVoicemail',
    (options) =>
      jackfield.receiveVoicemail(
        client as never,
        object as never,
        server as never,
        { write: () => undefined, end: () => undefined },
        options,
      ),
  ],
  [
    'recordCall',
    (options) => jackfield.recordCall(object as never, server as never, options as never),
    { file: 'x' },
  ],
  ['recordGreeting', (options) => jackfield.recordGreeting(client as never, options)],
  ['recoverRecording', (options) => jackfield.recoverRecording('x', options)],
  ['repairWav', (options) => jackfield.repairWav('x', options)],
  ['runCampaign', (options) => jackfield.runCampaign(host as never, bot as never, [], options)],
  ['serialize', (options) => jackfield.serialize({ kind: 'ping' }, options)],
  // timer: of no time at all.
  ['sleep', (options) => jackfield.sleep(jackfield.systemClock, 0, options)],
  [
    'testBot',
    (options) => jackfield.testBot(bot as never, () => Promise.resolve(), options as never),
    { exchange: { start: async () => undefined } },
  ],
  ['toneSamples', (options) => jackfield.toneSamples(options as never), { frequency: 1000, durationMs: 1 }],
  ['toFormat', (options) => jackfield.toFormat(input.source, input.format, input.format, options)],
  [
    'transcode',
    (options) => jackfield.transcode(options as never),
    { input: { ...input }, output: 'x.flac' },
  ],
  [
    'transcribeArchive',
    (options) => jackfield.transcribeArchive(archive as never, options as never),
    { transcriber: { transcribe: async () => ({ text: '' }) } },
  ],
  ['verifyRecording', (options) => jackfield.verifyRecording('x', options)],
  ['verifyWebhook', (options) => jackfield.verifyWebhook('', '', '', options)],
  ['waitForBeep', (options) => jackfield.waitForBeep(botCall as never, options)],
  [
    'webhook',
    (options) => jackfield.webhook(options as never),
    { url: 'http://localhost', secret: 'sixteen characters' },
  ],
];

describe.each(OPTIONS)('the options of %s', (_name, call, needed = {}) => {
  const tried = (options: object) => outcome(call as Door, [{ ...needed, ...options }]);

  it('are refused by name where there is none of that name, or its value is none', async () => {
    const unknown = await tried({ nonsense: 1 });
    expect(unknown).toMatchObject({ code: 'ERR_INVALID_ARG' });
    const { message } = unknown as Error;
    const names = /nonsense must be left out: there is only (.*); got/.exec(message)?.[1]?.split(', ') ?? [];
    expect(names.length, message).toBeGreaterThan(0);
    for (const name of names) {
      for (const value of [Number.NaN, 1n, Symbol('none')]) {
        const error = await tried({ [name]: value });
        expect(error, name).toMatchObject({ code: 'ERR_INVALID_ARG' });
        expect((error as Error).message).toMatch(new RegExp(`^(?:\\w+\\.)?${name} must be `));
      }
    }
  });
});

describe('values out of range', () => {
  const { publicKey } = generateKeyPairSync('ed25519');
  it.each<[string, () => unknown, string]>([
    ['a number of channels', () => jackfield.splitChannels(samples, -1), 'channels'],
    ['a version', () => jackfield.negotiateProtocol(Number.NaN), 'requested'],
    ['a port', () => new jackfield.TcpTransport({ port: 70_000 }), 'port'],
    [
      'tags',
      () => jackfield.recordCall(object as never, server as never, { file: 'x', tags: 5 as never }),
      'tags',
    ],
    ['how files are written', () => jackfield.WavWriter.create('x', { io: 'x' as never }), 'io'],
    [
      'a pause',
      () =>
        jackfield.archiveVoicemails(client as never, archive as never, {
          route: { kind: 'file', folder: 'x' } as never,
          retryMs: Number.NaN,
        }),
      'retryMs',
    ],
    [
      'a key',
      () => jackfield.answeringBot({ account: 'a', archive: archive as never, endKey: 'x' }),
      'endKey',
    ],
    [
      'a date',
      () =>
        jackfield.testBot(bot as never, () => Promise.resolve(), {
          exchange: { start: async () => undefined } as never,
          startsAt: new Date('none'),
        }),
      'startsAt',
    ],
    [
      'a key that signs nothing',
      () => jackfield.recordCall(object as never, server as never, { file: 'x', signingKey: publicKey }),
      'signingKey',
    ],
  ])('%s', async (_what, call, name) => {
    const error = await outcome(call, []);
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARG' });
    expect((error as Error).message).toMatch(new RegExp(`^${name} must be `));
  });

  it('refuses a recorder whose hook cannot be run', async () => {
    const hook = { command: 'jackfield-no-such-program' };
    const started = jackfield.Recorder.start(client as never, server as never, { folder: 'x', hook });
    await expect(started).rejects.toMatchObject({ code: 'ERR_TOOL' });
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Each value in each place, beside each other value. */
function* lists(): Generator<unknown[]> {
  yield [];
  const { length } = nonsense();
  for (let first = 0; first < length; first++) {
    yield [nonsense()[first]];
    for (let second = 0; second < length; second++) yield [nonsense()[first], nonsense()[second]];
    yield [0, 1, 2].map(() => nonsense()[first]);
  }
}

async function outcome(call: Door, given: unknown[]): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise((resolve) => {
      // timer: what takes nonsense may wait for ever, which is no fault.
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([call(...given), late]);
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  } finally {
    clearTimeout(timer);
  }
  return undefined;
}

/** Functions, classes and what hangs on them and on plain objects. */
function collect(prefix: string, from: object, depth: number): void {
  for (const name of Object.getOwnPropertyNames(from)) {
    if (['length', 'name', 'prototype', 'arguments', 'caller'].includes(name)) continue;
    const value: unknown = Reflect.get(from, name);
    if (typeof value === 'function') {
      const isClass = /^class\b/.test(Function.prototype.toString.call(value));
      if (!isClass) doors.set(`${prefix}${name}`, (...given) => Reflect.apply(value, from, given));
      else if (!unmade.has(name)) doors.set(name, (...given) => Reflect.construct(value, given));
      if (isClass) collect(`${prefix}${name}.`, value, depth - 1);
    } else if (depth > 0 && typeof value === 'object' && value?.constructor === Object) {
      collect(`${prefix}${name}.`, value, depth - 1);
    }
  }
}

/** Classes that only their own `create`, `open` or `of` makes. */
function privateConstructors(): string[] {
  const root = new URL('../src/', import.meta.url);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) =>
      readFileSync(new URL(name, root), 'utf8')
        .split(/^export (?:abstract )?class /m)
        .slice(1),
    )
    .filter((text) => /^ {2}private constructor\(/m.test(text))
    .map((text) => /^\w+/.exec(text)?.[0] ?? '');
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number') return String(value);
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? 'undefined');
}
