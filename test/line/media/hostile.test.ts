import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import type { DialectName } from '../../../src/line/dialect/dialect-names.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import type { MediaEvent, WireMessage } from '../../../src/line/dialect/media-event.js';
import type { MediaConnection } from '../../../src/line/media/media-connection.js';
import { type MediaEnd, MediaSession } from '../../../src/line/media/media-session.js';
import { memoryConnections } from '../../../src/line/media/memory-connection.js';
import { turn } from '../../turns.js';
import { eventsOf, startedPair, UUID } from '../dialect/sample-events.js';

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const DEEP_OBJECT = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
/** 10 MB: whole frames of AudioSocket, each of 0x4141 bytes and its head. */
const BIG = new Uint8Array(628 * (0x4141 + 3)).fill(0x41);
const media = (payload: unknown, id = '') =>
  JSON.stringify({ event: 'media', streamSid: id, stream_id: id, media: { payload } });

/** What strangers send, whatever the dialect. */
const MESSAGES: [string, WireMessage][] = [
  ['nothing', new Uint8Array(0)],
  ['an empty text', ''],
  ['one byte', Uint8Array.of(7)],
  ['10 MB', BIG],
  ['10 MB of text', 'x'.repeat(10 * 1024 * 1024)],
  ['a list 10,000 deep', DEEP],
  ['an object 10,000 deep', DEEP_OBJECT],
  ['a brace', '{'],
  ['null', 'null'],
  ['a number', '7'],
  ['a list', '[]'],
  ['an object without anything', '{}'],
  ['names of a prototype', '{"__proto__":{"event":"start"},"constructor":1,"event":"constructor"}'],
  ['a type that is a list', '{"event":["start"],"type":["start"]}'],
  ['an unknown event', '{"event":"toString","type":"hasOwnProperty"}'],
  ['audio before anything', media('AAAA')],
  ['audio of another call', media('AAAA', 'another')],
  ['audio that is no base64', media('!!!!')],
  ['audio that is a number', media(7)],
  ['a start without anything', '{"event":"start","type":"start"}'],
  ['a rate of none', '{"type":"start","format":{"sampleRate":"NaN","channels":1e9}}'],
  ['a rate of too much', '{"type":"start","format":{"sampleRate":1e12,"channels":1}}'],
  ['a digit of many', '{"event":"dtmf","dtmf":{"digit":"12"},"digit":"\\u0000"}'],
  ['half a protobuf', Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0x7f)],
  ['a protobuf of fields', new Uint8Array(4000).fill(0x08)],
  ['a line of words', `MEDIA_START ${'a:b '.repeat(10_000)}`],
];

/** One session whose other end is a stranger. */
function strangerTo(dialect: Dialect, role: 'provider' | 'application') {
  const [near, far]: [MediaConnection, MediaConnection] = memoryConnections();
  const events: MediaEvent[] = [];
  const ends: MediaEnd[] = [];
  far.listen({ message: () => undefined, drained: () => undefined, closed: () => undefined });
  const session = new MediaSession({
    ...{ dialect, role, connection: near, clock: new VirtualClock(), start: { id: UUID, parameters: {} } },
    listener: {
      started: (start) => events.push(start),
      event: (event) => events.push(event),
      ended: (end) => ends.push(end),
    },
  });
  session.open();
  return { far, events, ends, session };
}

describe.each(Object.values(DIALECTS))('$name', (dialect: Dialect) => {
  it.each(['provider', 'application'] as const)(
    'as %s answers any input with events or typed errors',
    (role) => {
      for (const [what, message] of MESSAGES) {
        const given = { format: dialect.format };
        const started = startedPair(dialect)[role];
        for (const codec of [dialect.codec(role, given), started]) {
          try {
            for (const event of codec.read(message)) {
              expect(event.type, what).toMatch(/^[a-z-]+$/);
              if (event.type === 'audio') expect(event.samples).toBeInstanceOf(Int16Array);
            }
          } catch (error) {
            expect(error, what).toMatchObject({
              code: expect.stringMatching(/^ERR_(SYNTAX|LIMIT|UNSUPPORTED)$/),
            });
          }
        }
      }
    },
  );

  it('reads random bytes and texts, cut anywhere, and throws only typed errors', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const valid = startedPair(dialect);
    const samples = Object.values(eventsOf(dialect.format)).flatMap((event) => [
      ...dialect.codec('provider', { format: dialect.format }).write(event),
      ...valid.application.write(event),
    ]);
    for (let at = 0; at < 300; at++) {
      const codec = dialect.codec(at % 2 ? 'provider' : 'application', { format: dialect.format });
      for (let message = 0; message < 4; message++) {
        const of = samples[random(samples.length)] ?? '';
        const broken =
          typeof of === 'string'
            ? of.slice(0, random(of.length + 1)) +
              String.fromCharCode(random(200)) +
              of.slice(random(of.length + 1))
            : Uint8Array.from(of, (byte) => (random(50) === 0 ? random(256) : byte)).subarray(
                0,
                random(of.length + 1),
              );
        try {
          codec.read(broken);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(SYNTAX|LIMIT|UNSUPPORTED)$/) });
          break;
        }
      }
    }
  });

  it('ends a session whose peer violates it, and reads nothing more of it', async () => {
    const { far, events, ends } = strangerTo(dialect, 'application');
    const before = events.length;
    const breaking: WireMessage =
      dialect.transport === 'tcp' ? Buffer.from('GET / HTTP/1.1\r\n'.repeat(700)) : '{"event":';
    far.send(dialect.name === 'audio-fork' ? new Uint8Array(0) : breaking);
    far.send(breaking);
    await turn();
    expect(ends).toHaveLength(1);
    expect(events.length).toBeLessThanOrEqual(before + 1);
  });
});

const ROLES = ['provider', 'application'] as const;
type Role = (typeof ROLES)[number];
/** What becomes of a message: an error that ends the session, or an event with which it goes on; `-` is not possible. */
type Outcome = 'SYNTAX' | 'LIMIT' | 'nothing' | 'audio' | 'end' | 'other' | '-';

/** Hostile things in the order of the table below, each made for who reads it. */
const THINGS: readonly [what: string, make: (dialect: Dialect, reader: Role) => WireMessage | undefined][] = [
  ['no bytes', () => new Uint8Array(0)],
  ['10 MB', () => BIG],
  ['odd bytes', oddAudio],
  ['no base64', (dialect, reader) => withAudio(dialect, reader, '!!!!')],
  ['10,000 deep', () => DEEP_OBJECT],
  ['of another call', ofAnotherCall],
  [
    'a second start',
    (dialect, reader) => (reader === 'provider' ? undefined : writtenBy(dialect, 'provider', 'start').at(-1)),
  ],
  ['before the start', (dialect, reader) => writtenBy(dialect, otherOf(reader), 'audio').at(-1)],
  ['of the other kind', (dialect) => (isOfTexts(dialect) ? Uint8Array.of(1, 2, 3, 4) : 'hello')],
  ['unknown', () => '{"event":"x","type":"x","action":"x","command":"x"}'],
];
const BEFORE_START = THINGS.findIndex(([what]) => what === 'before the start');

/** A row for each dialect and who reads it. */
const TABLE: Readonly<Record<DialectName, Readonly<Record<Role, string>>>> = {
  //                       no bytes 10 MB  odd   base64 deep  another second before kind   unknown
  audiosocket: {
    provider: '            nothing SYNTAX audio -      SYNTAX -      -      -      SYNTAX SYNTAX',
    application: '         nothing other  audio -      SYNTAX -      SYNTAX SYNTAX SYNTAX SYNTAX',
  },
  asterisk: {
    provider: '            audio   LIMIT  audio -      LIMIT  -      -      -      other  other',
    application: '         audio   LIMIT  audio -      LIMIT  SYNTAX SYNTAX SYNTAX other  other',
  },
  twilio: {
    provider: '            SYNTAX  SYNTAX audio SYNTAX LIMIT  SYNTAX -      -      SYNTAX SYNTAX',
    application: '         SYNTAX  SYNTAX audio SYNTAX LIMIT  SYNTAX SYNTAX SYNTAX SYNTAX SYNTAX',
  },
  telnyx: {
    provider: '            SYNTAX  SYNTAX audio SYNTAX LIMIT  -      -      -      SYNTAX other',
    application: '         SYNTAX  SYNTAX audio SYNTAX LIMIT  SYNTAX SYNTAX SYNTAX SYNTAX SYNTAX',
  },
  vonage: {
    provider: '            audio   audio  audio -      LIMIT  -      -      -      SYNTAX other',
    application: '         audio   audio  audio -      LIMIT  -      SYNTAX SYNTAX SYNTAX other',
  },
  'audio-fork': {
    provider: '            nothing audio  audio SYNTAX LIMIT  -      -      -      SYNTAX other',
    application: '         end     audio  audio -      LIMIT  -      SYNTAX audio  SYNTAX other',
  },
  jambonz: {
    provider: '            nothing audio  audio -      LIMIT  -      -      -      SYNTAX other',
    application: '         end     audio  audio -      LIMIT  -      SYNTAX audio  SYNTAX other',
  },
  rtpengine: {
    provider: '            SYNTAX  SYNTAX -     -      SYNTAX -      -      -      SYNTAX SYNTAX',
    application: '         nothing audio  audio -      SYNTAX -      audio  audio  SYNTAX SYNTAX',
  },
  pipecat: {
    provider: '            other   LIMIT  audio -      SYNTAX -      -      -      SYNTAX SYNTAX',
    application: '         other   LIMIT  audio -      SYNTAX -      -      -      SYNTAX SYNTAX',
  },
  'openai-realtime': {
    provider: '            SYNTAX  SYNTAX audio SYNTAX LIMIT  -      -      -      SYNTAX other',
    application: '         SYNTAX  SYNTAX audio SYNTAX LIMIT  -      other  SYNTAX SYNTAX other',
  },
  raw: {
    provider: '            audio   audio  audio -      LIMIT  -      -      -      SYNTAX other',
    application: '         audio   audio  audio -      LIMIT  -      SYNTAX SYNTAX SYNTAX other',
  },
};

const CASES = Object.values(DIALECTS).flatMap((dialect: Dialect) =>
  ROLES.map((role): [string, Role, Dialect] => [dialect.name, role, dialect]),
);

describe.each(CASES)('%s, read by the %s', (_, reader, dialect) => {
  const row = TABLE[dialect.name as DialectName][reader].trim().split(/ +/) as Outcome[];
  it.each(THINGS.map(([what, make], at) => [what, row[at] ?? '-', make, at] as const))(
    '%s: %s',
    async (_, outcome, make, at) => {
      const message = make(dialect, reader);
      if (outcome === '-') {
        const starts = at === BEFORE_START && (reader === 'provider' || dialect.startsByConnecting);
        expect(starts || message === undefined).toBe(true);
        return;
      }
      if (message === undefined) throw new Error('This can be said.');
      const { far, events, ends, session } = strangerTo(dialect, reader);
      const good = startedPair(dialect);
      const begun = dialect
        .codec('provider', { format: dialect.format })
        .write(eventsOf(dialect.format).start);
      if (reader === 'application' && at !== BEFORE_START) for (const each of begun) far.send(each);
      await turn();
      const before = events.length;
      far.send(message);
      await turn();
      const types = events.slice(before).map(({ type }) => type);
      if (outcome === 'SYNTAX' || outcome === 'LIMIT') {
        expect(types).toEqual([]);
        expect(ends).toEqual([
          { kind: 'failed', error: expect.objectContaining({ code: `ERR_${outcome}` }) },
        ]);
        // It says which format is meant, in a sentence, and nothing that the stranger wrote.
        expect(ends[0]?.error?.message).toMatch(/^[\w '()]+.* .*\.$/);
        expect(ends[0]?.error?.message.length).toBeLessThan(300);
      } else if (outcome === 'end') expect(ends).toEqual([{ kind: 'ended' }]);
      else {
        expect([...new Set(types)].filter((type) => type !== 'start')).toEqual(
          outcome === 'nothing' ? [] : [outcome],
        );
        expect(session.ignored > 0).toBe(outcome === 'other');
        expect(ends).toEqual([]);
      }
      // A session that goes on has the next audio of its own call, and one that is over nothing.
      const count = events.length;
      for (let chunk = 0; chunk < 2; chunk++)
        for (const each of good[otherOf(reader)].write(eventsOf(dialect.format).audio)) far.send(each);
      await turn();
      const isOver = ends.length > 0 || !dialect.says[otherOf(reader)].includes('audio');
      expect(events.slice(count).some(({ type }) => type === 'audio')).toBe(!isOver);
    },
  );
});

it('audio after a clear, or of another item, does not continue half a sample', async () => {
  const { far, events } = strangerTo(DIALECTS.raw, 'provider');
  const samples = Int16Array.of(1, 2, 300);
  for (const between of ['{"type":"clear"}', '{"type":"item","item":"2"}']) {
    far.send(Uint8Array.of(7, 0, 7));
    far.send(between);
    far.send(new Uint8Array(samples.buffer));
    await turn();
    expect(events.at(-1)).toMatchObject({ type: 'audio', samples });
  }
});

it('an unreadable first message is reported with the hint that the peer may use another dialect', async () => {
  const { far, ends } = strangerTo(DIALECTS.twilio, 'application');
  far.send('MEDIA_START connection_id:1');
  await turn();
  expect(ends[0]?.error?.message).toMatch(
    /got a text of 27 characters that is not\. If the other end uses another/,
  );
});

function otherOf(role: Role): Role {
  return role === 'provider' ? 'application' : 'provider';
}

function isOfTexts({ name }: Dialect): boolean {
  return ['twilio', 'telnyx', 'openai-realtime'].includes(name);
}

/** Messages of a started session that say an event. */
function writtenBy(dialect: Dialect, role: Role, type: 'audio' | 'dtmf' | 'start'): readonly WireMessage[] {
  const { format } = dialect;
  const codec = type === 'start' ? dialect.codec(role, { format }) : startedPair(dialect)[role];
  return codec.write(eventsOf(format)[type]);
}

/** A message of audio in base64, with other audio. */
function withAudio(dialect: Dialect, reader: Role, audio: string): WireMessage | undefined {
  const message = writtenBy(dialect, otherOf(reader), 'audio').at(-1);
  const isText = typeof message === 'string' && BASE64.test(message);
  return isText ? message.replace(BASE64, `"${audio}"`) : undefined;
}
const BASE64 = /"[A-Za-z0-9+/]{40,}=*"/;

/** Audio of three bytes. */
function oddAudio(dialect: Dialect, reader: Role): WireMessage | undefined {
  const text = withAudio(dialect, reader, 'AAAA');
  const kind = writtenBy(dialect, otherOf(reader), 'audio').at(-1)?.[0];
  if (text !== undefined || kind === undefined) return text;
  if (dialect.name === 'audiosocket') return Uint8Array.of(Number(kind), 0, 3, 1, 2, 3);
  // Frame { audio { audio 0x010203 } }
  return dialect.name === 'pipecat' ? Uint8Array.of(0x12, 5, 0x1a, 3, 1, 2, 3) : Uint8Array.of(1, 2, 3);
}

/** What names another call. */
function ofAnotherCall(dialect: Dialect, reader: Role): WireMessage | undefined {
  const messages = (['audio', 'dtmf'] as const).flatMap((type) => writtenBy(dialect, otherOf(reader), type));
  const named = messages.find((message) => typeof message === 'string' && message.includes(UUID));
  return typeof named === 'string' ? named.replaceAll(UUID, 'another') : undefined;
}
