import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import type { MediaEvent, WireMessage } from '../../../src/line/dialect/media-event.js';
import type { MediaConnection } from '../../../src/line/media/media-connection.js';
import { type MediaEnd, MediaSession } from '../../../src/line/media/media-session.js';
import { memoryConnections } from '../../../src/line/media/memory-connection.js';
import { turn } from '../../turns.js';
import { eventsOf, startedPair } from '../dialect/sample-events.js';

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const DEEP_OBJECT = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
const BIG = new Uint8Array(10 * 1024 * 1024).fill(0x41);
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
    ...{ dialect, role, connection: near, clock: new VirtualClock() },
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
    'as %s takes what strangers send with typed errors alone',
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

  it('reads random bytes and texts, cut anywhere, without anything but typed errors', () => {
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

  it('ends a session that breaks it, and takes nothing more of it', async () => {
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
