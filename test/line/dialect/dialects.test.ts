import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import { dialectTables } from '../../../src/line/dialect/dialect-table.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import {
  type MediaEventType,
  type MediaFormat,
  type MediaRole,
  TO_APPLICATION,
  TO_PROVIDER,
  type WireMessage,
} from '../../../src/line/dialect/media-event.js';
import { encodeAudio } from '../../../src/line/dialect/wire-audio.js';
import { readProtobuf, writeProtobuf } from '../../../src/line/websocket/protobuf.js';
import { copy, eventsOf, said, startedPair, tone } from './sample-events.js';

/** A dialect with each of its versions. */
const CASES = Object.values(DIALECTS).flatMap((dialect: Dialect) =>
  (dialect.variants.length > 0 ? dialect.variants : [undefined]).map(
    (variant): [string, Dialect, string | undefined] => [
      variant === undefined ? dialect.name : `${dialect.name} ${variant}`,
      dialect,
      variant,
    ],
  ),
);
/** Events that a closed connection tells where no message does. */
const BY_CLOSING: readonly MediaEventType[] = ['end'];

describe.each(CASES)('%s', (_, dialect, variant) => {
  const pair = () => startedPair(dialect, variant === undefined ? {} : { variant });

  it('sends the messages of its table, and no others', () => {
    for (const role of ['provider', 'application'] as const satisfies readonly MediaRole[]) {
      const all: readonly MediaEventType[] = role === 'provider' ? TO_APPLICATION : TO_PROVIDER;
      for (const type of all) {
        if (type === 'start') continue;
        const both = pair();
        const event = eventsOf(both.format)[type as 'audio'];
        const survives = said(both, role, event).some((each) => each.type === type);
        const isTold = dialect.says[role].includes(type);
        expect(survives, `${type} of the ${role}`).toBe(isTold && (survives || !BY_CLOSING.includes(type)));
      }
    }
  });

  it('begins with its start, or by connecting', () => {
    const { begun, format } = pair();
    if (dialect.startsByConnecting) return expect(begun).toEqual([]);
    expect(begun).toEqual([expect.objectContaining({ type: 'start', format })]);
  });

  it('carries audio both ways without losing a sample', () => {
    for (const role of ['provider', 'application'] as const) {
      if (!dialect.says[role].includes('audio')) continue;
      const both = pair();
      const { format } = both;
      const wave = tone(format, 100);
      const heard = [0, 1, 2, 3, 4].flatMap((at) => {
        const length = wave.length / 5;
        const samples = wave.subarray(at * length, (at + 1) * length);
        return said(both, role, { ...eventsOf(format).audio, samples } as never);
      });
      const joined = heard.flatMap((event) => (event.type === 'audio' ? [...event.samples] : []));
      expect(joined).toHaveLength(wave.length);
      const worst = Math.max(...joined.map((sample, at) => Math.abs(sample - (wave[at] ?? 0))));
      expect(worst).toBeLessThanOrEqual(format.encoding.startsWith('s16') ? 0 : 260);
    }
  });

  it('carries samples that are cut in two, and begins anew after a clear', () => {
    for (const format of formatsOf(dialect)) {
      const { provider, application } = startedPair(dialect, { format, ...(variant && { variant }) });
      const audio = eventsOf(format).audio;
      // Frames of AudioSocket and pieces of playAudio stand alone.
      const [first = ''] = application.write(audio);
      if (first === '' || dialect.name === 'audiosocket' || first.includes('playAudio' as never)) continue;
      const bytes = encodeAudio(tone(format), format.encoding);
      const hear = (part: Uint8Array) =>
        application
          .write(audio)
          .flatMap((message) => provider.read(withBytes(message, part)))
          .flatMap((event) => (event.type === 'audio' ? [...event.samples] : []));
      const whole = hear(bytes);
      expect([...hear(bytes.subarray(0, 7)), ...hear(bytes.subarray(7))]).toEqual(whole);
      if (!dialect.says.application.includes('clear')) continue;
      hear(bytes.subarray(0, 7));
      provider.cut?.();
      expect(hear(bytes)).toEqual(whole);
    }
  });

  it('carries digits, marks and the heard position', () => {
    for (const role of ['provider', 'application'] as const) {
      for (const type of ['dtmf', 'mark', 'marked', 'heard', 'tool', 'tool-result', 'text'] as const) {
        if (!dialect.says[role].includes(type)) continue;
        const both = pair();
        const event = eventsOf(both.format)[type];
        const { durationMs, heard, ...rest } = { durationMs: 0, heard: true, ...event };
        expect(said(both, role, event)).toContainEqual(expect.objectContaining(rest));
      }
    }
  });
});

describe.each(Object.values(DIALECTS).filter((each: Dialect) => each.transport === 'tcp'))(
  '$name as a stream of bytes',
  (dialect: Dialect) => {
    it('is read alike for any cut', () => {
      const { provider } = startedPair(dialect);
      const events = eventsOf(dialect.format);
      const wire = [events.start, events.audio, events.dtmf, events.audio]
        .flatMap((event) => dialect.codec('provider', { format: dialect.format }).write(event))
        .map((message) => Buffer.from(message as Uint8Array));
      expect(provider).toBeDefined();
      const bytes = Buffer.concat(wire);
      const read = (pieces: Uint8Array[]) => {
        const codec = dialect.codec('application', { format: dialect.format });
        const all = pieces.flatMap((piece) => codec.read(copy(piece)));
        const samples = all.flatMap((event) => (event.type === 'audio' ? [...event.samples] : []));
        return { samples, others: all.filter(({ type }) => type !== 'audio') };
      };
      const whole = read([bytes]);
      for (let at = 0; at <= bytes.length; at += 7)
        expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      expect(read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
    });
  },
);

it('docs has the tables of the dialects', () => {
  const docs = readFileSync(new URL('../../../docs/media-servers.md', import.meta.url), 'utf8');
  expect(docs).toContain(`\n${dialectTables()}\n`);
});

/** Formats of a dialect: each encoding at its first rate. */
function formatsOf({ format, rates }: Dialect): MediaFormat[] {
  return Object.entries(rates).map(([encoding, [sampleRate = 8000]]) => ({
    ...{ ...format, sampleRate },
    encoding: encoding as MediaFormat['encoding'],
  }));
}

/** A message of audio with other bytes of audio. */
function withBytes(message: WireMessage, bytes: Uint8Array): WireMessage {
  if (typeof message === 'string')
    return message.replace(/"[A-Za-z0-9+/]{40,}=*"/, `"${Buffer.from(bytes).toString('base64')}"`);
  // A frame of Pipecat: { 2: { 3: audio, 4: rate, 5: channels } }
  if (message[0] !== 0x12) return bytes;
  const audio = readProtobuf(message).get(2);
  if (!(audio instanceof Uint8Array)) throw new Error('This is a frame of audio.');
  const fields = readProtobuf(audio);
  const numbers = [4, 5].map((field): [number, number] => [field, Number(fields.get(field))]);
  return writeProtobuf([[2, writeProtobuf([[3, bytes], ...numbers])]]);
}
