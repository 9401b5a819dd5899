import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../../src/base/deferred.js';
import { systemClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { commandSpeechEngine } from '../../../src/bot/prompt/command-speech-engine.js';
import { espeakEngine } from '../../../src/bot/prompt/espeak-engine.js';
import { httpSpeechEngine } from '../../../src/bot/prompt/http-speech-engine.js';
import { openPrompts } from '../../../src/bot/prompt/open-prompts.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { speechOfBytes } from '../../../src/bot/prompt/speech-bytes.js';
import { BOT_HANDLE } from '../../../src/bot/test/bot-handle.js';
import { TestHouse } from '../../../src/bot/test/test-house.js';
import { TestTranscript } from '../../../src/bot/test/test-transcript.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { collectSamples, concatSamples } from '../../../src/voice/stage.js';
import { until } from '../../turns.js';
import { hasTool } from '../../voice/fixtures.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Asked {
  readonly request: IncomingMessage;
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
}

/** A service of speech; gives what it was asked, and its address. */
async function service(answer: (asked: Asked) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part) => {
      text += String(part);
    });
    request.on('end', () => {
      asked.push({ request, response, body: JSON.parse(text) as Record<string, unknown> });
      answer(asked.at(-1) as Asked);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/audio/speech` };
}

const half = (level: number, count = 8000) => {
  const samples = new Int16Array(count).fill(level);
  return Buffer.from(samples.buffer);
};

describe('speech of a service', () => {
  it('is said from its first sound on, while the service holds the rest back, and is kept', async () => {
    const release = deferred<void>();
    const { asked, url } = await service(({ response }) => {
      response.writeHead(200, { 'content-type': 'audio/pcm' });
      // An odd byte is at the end of the first piece.
      const all = Buffer.concat([half(1000), half(2000)]);
      response.write(all.subarray(0, 16_001));
      void release.promise.then(() => response.end(all.subarray(16_001)));
    });
    const engine = httpSpeechEngine({
      url,
      token: 'key',
      voice: 'ash',
      sampleRate: 16_000,
      settings: { x: 1 },
    });
    const prompts = await Prompts.open({ engine });
    const source = prompts.render([{ text: 'good day' }, { tone: 440, ms: 10 }])[Symbol.asyncIterator]();
    const first = await source.next();
    expect((first.value as Int16Array).every((sample) => sample === 1000)).toBe(true);
    release.resolve();
    const rest: Int16Array[] = [first.value as Int16Array];
    for (let next = await source.next(); !next.done; next = await source.next()) rest.push(next.value);
    const whole = concatSamples(rest);
    expect(whole).toHaveLength(16_160);
    expect(whole.filter((sample) => sample === 1000)).toHaveLength(8000);
    expect(await prompts.samples({ text: 'good day' })).toHaveLength(16_000);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.request.headers.authorization).toBe('Bearer key');
    expect(asked[0]?.body).toEqual({
      ...{ model: 'tts-1', input: 'good day', voice: 'ash', response_format: 'pcm', x: 1 },
    });
  });

  it('is requested with the key of a file, in the given header, as commands and configurations name it', async () => {
    const { asked, url } = await service(({ response }) => response.writeHead(200).end(half(1000)));
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-speech-'));
    const tokenFile = join(folder, 'key');
    await writeFile(tokenFile, 'the-key\n');
    const speech = { url, tokenFile, tokenHeader: 'xi-api-key', model: 'm', sampleRate: 16_000 };
    const prompts = await openPrompts({ speech });
    expect(await prompts.samples({ text: 'good day' })).toHaveLength(8000);
    expect(asked[0]?.request.headers['xi-api-key']).toBe('the-key');
    expect(asked[0]?.body).toMatchObject({ model: 'm', voice: 'alloy' });
    await rm(folder, { recursive: true });
    await expect(openPrompts({ speech: { url, tokenFile } })).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('that two callers hear for the first time at once is kept once, and whole', async () => {
    const cacheFolder = await mkdtemp(join(tmpdir(), 'jackfield-speech-'));
    const { asked, url } = await service(({ response }) => {
      // No two times are the same.
      response.writeHead(200).end(half(asked.length, 8000 + 4000 * asked.length));
    });
    const engine = httpSpeechEngine({ url, sampleRate: 16_000 });
    const prompts = await Prompts.open({ engine, cacheFolder });
    const say = () => collectSamples(prompts.render({ text: 'good day' }));
    const heard = await Promise.all([say(), say(), say()]);
    expect(heard.map((samples) => samples.length - 4000 * (samples[0] ?? 0))).toEqual([8000, 8000, 8000]);
    const kept = await prompts.samples({ text: 'good day' });
    expect(heard).toContainEqual(kept);
    const later = await Prompts.open({ engine, cacheFolder });
    expect(await collectSamples(later.render({ text: 'good day' }))).toEqual(kept);
    expect(asked).toHaveLength(3);
    await rm(cacheFolder, { recursive: true });
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['refuses the key', (response) => response.writeHead(401).end('{"error":"no"}'), 'ERR_FORBIDDEN'],
    ['has no room', (response) => response.writeHead(503).end(), 'ERR_PEER'],
    [
      'answers in words',
      (response) => response.setHeader('content-type', 'application/json').end('{}'),
      'ERR_SYNTAX',
    ],
    ['gives nothing', (response) => response.end(), 'ERR_SYNTAX'],
    ['says nothing', () => undefined, 'ERR_TIMEOUT'],
    ['stops to speak', (response) => response.write(half(1)), 'ERR_TIMEOUT'],
    ['breaks off', (response) => response.write(half(1), () => response.destroy()), 'ERR_PEER'],
    ['sends 8 bits', (response) => response.end(wavOf({ bits: 8 })), 'ERR_UNSUPPORTED'],
  ])('that %s fails with a typed error', async (_, answer, code) => {
    const { url } = await service(({ response }) => answer(response));
    // Those that are to answer have the time for it, however busy the machine is.
    const limit = code === 'ERR_TIMEOUT' ? { timeoutMs: 200 } : {};
    const prompts = await Prompts.open({ engine: httpSpeechEngine({ url, ...limit }) });
    await expect(collectSamples(prompts.render({ text: 'a' }))).rejects.toMatchObject({ code });
    await expect(prompts.samples({ text: 'b' })).rejects.toMatchObject({ code });
  });

  it('that answers with text fails without waiting for its end', async () => {
    const { asked, url } = await service(({ response }) => {
      response.setHeader('content-type', 'text/plain').write('one moment');
    });
    // A service may take any time that a wait may last.
    const engine = httpSpeechEngine({ url, timeoutMs: Number.POSITIVE_INFINITY });
    await expect(engine.speak('a', { language: 'en' })).rejects.toMatchObject({ code: 'ERR_SYNTAX' });
    const { response } = asked[0] as Asked;
    if (!response.closed) await once(response, 'close');
  });

  it.each(['presses a key', 'hangs up'])('is given up when the caller %s', async (what) => {
    const { asked, url } = await service(({ response }) => {
      response.writeHead(200, { 'content-type': 'audio/pcm' }).write(half(9000));
    });
    const prompts = await Prompts.open({ engine: httpSpeechEngine({ url, sampleRate: 16_000 }) });
    const house = await TestHouse.open(['caller'], systemClock, new TestTranscript(systemClock), {
      exchange: Exchange,
      prompts,
    });
    const [caller] = house.people;
    if (!caller) return;
    const speaks = bot(async (call) => {
      await call.say({ text: 'a long story' }, { bargeIn: 'digit' });
      await call.gather({ max: 1 });
    });
    const ended = once(house.host, 'result');
    await house.host.attend(speaks);
    await caller.dials(BOT_HANDLE);
    await until(() => caller.heard().some((sample) => sample > 8000));
    const closed = once(asked[0]?.response as ServerResponse, 'close');
    if (what === 'hangs up') await caller.hangsUp();
    else await caller.presses('5');
    await closed;
    if (what !== 'hangs up') await caller.leaves();
    expect((await ended)[0]).not.toHaveProperty('error');
    await house.close();
  });
});

/** A WAV, whose header says what is asked for. */
function wavOf({ bits = 16, rate = 24_000, channels = 1, length = -1, extra = false, tail = '' } = {}) {
  const data = half(500, 240);
  const list = Buffer.from('LIST\x04\0\0\0INFO', 'latin1');
  const head = Buffer.alloc(36);
  head.write('RIFF\xff\xff\xff\xffWAVEfmt ', 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt16LE(bits, 34);
  const mark = Buffer.alloc(8);
  mark.write('data', 'latin1');
  mark.writeUInt32LE(length < 0 ? data.length : length, 4);
  return Buffer.concat([head, ...(extra ? [list] : []), mark, data, Buffer.from(tail, 'latin1')]);
}

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('speech in bytes', () => {
  const raw = { sampleRate: 16_000, channels: 1 };

  it('is read the same however it is cut, with any header', async () => {
    const wavs = fc.record({
      rate: fc.constantFrom(8000, 22_050, 24_000, 48_000),
      channels: fc.constantFrom(1, 2),
      length: fc.constantFrom(-1, 0, 0xffff_ffff, 0x7fff_f000),
      extra: fc.boolean(),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(wavs, sizes, async (given, pieces) => {
        // Behind samples of a known length there may be more that is no sound.
        const tail = given.length === -1 ? 'LIST\x02\0\0\0hi' : '';
        const { format, samples } = await speechOfBytes(cut(wavOf({ ...given, tail }), pieces), raw, 'it');
        expect(format).toEqual({ sampleRate: given.rate, channels: given.channels });
        expect(await collectSamples(samples)).toEqual(new Int16Array(240).fill(500));
      }),
      { numRuns: 50 },
    );
  });

  it('without a header has the configured format', async () => {
    const { format, samples } = await speechOfBytes(cut(half(82, 50), [1, 3]), raw, 'it');
    expect(format).toBe(raw);
    expect(await collectSamples(samples)).toEqual(new Int16Array(50).fill(82));
  });
});

describe('speech of a command', () => {
  it('is played while the command makes the rest, and ends the command when the call is over', async () => {
    const args = ['-c', 'cat >/dev/null; head -c 6400 /dev/zero; exec sleep 600'];
    const { samples, format } = (await commandSpeechEngine({
      ...{ command: 'sh', args, sampleRate: 16_000 },
    }).stream?.('hello', { language: 'en' })) ?? { samples: undefined, format: undefined };
    expect(format).toEqual({ sampleRate: 16_000, channels: 1 });
    let count = 0;
    for await (const part of samples ?? []) {
      count += part.length;
      if (count >= 3200) break;
    }
    expect(count).toBe(3200);
  });

  it('that fails or is missing throws an error with its own message', async () => {
    const said = (command: string, ...args: string[]) =>
      commandSpeechEngine({ command, args }).speak('a', { language: 'xx' });
    await expect(said('sh', '-c', 'echo no voice {language} >&2; exit 3')).rejects.toMatchObject({
      ...{ code: 'ERR_TOOL', message: expect.stringContaining('no voice xx') },
    });
    await expect(said('no-such-program')).rejects.toMatchObject({ code: 'ERR_TOOL' });
  });

  it.skipIf(!hasTool('espeak-ng'))('comes from espeak-ng in pieces (needs espeak-ng)', async () => {
    const spoken = await espeakEngine().stream?.('one two three four five', { language: 'en' });
    const whole = await espeakEngine().speak('one two three four five', { language: 'en' });
    expect(spoken?.format).toEqual(whole.format);
    if (spoken) expect(await collectSamples(spoken.samples)).toEqual(whole.samples);
    expect(whole.samples.length).toBeGreaterThan(16_000);
  });
});
