import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsualMedia } from '../../../src/line/websocket/usual-media.js';

const usual = new UsualMedia('sequenceNumber', ['streamSid', 'MZ"1']);

function message(payload: string, track = 'inbound'): string {
  const media = { track, chunk: '7', timestamp: '140', payload };
  return JSON.stringify({ event: 'media', sequenceNumber: '8', media, streamSid: 'MZ"1' });
}

describe('a message of audio', () => {
  it.each(['inbound', 'outbound'])(
    'of the track %s is read on the fast path in the form of the providers',
    (track) => {
      expect(usual.read(message('//8=', track))).toEqual({ track, chunk: 7, payload: '//8=' });
      expect(usual.read(message('', track))).toEqual({ track, chunk: 7, payload: '' });
    },
  );

  it.each([
    ['an escape in the audio', message('//8=').replace('//', '\\/\\/')],
    ['another stream', message('//8=').replace('MZ', 'MX')],
    ['a space', message('//8=').replace(',', ', ')],
    ['more behind it', `${message('//8=')}{}`],
    ['another field', message('//8=').replace('"chunk"', '"more":1,"chunk"')],
    ['a field of the same name', message('//8=').replace('"},', '","payload":"AAAA"},')],
    ['a field of the same name before it', message('//8=').replace('"track"', '"payload":"A","track"')],
    ['another order', message('//8=').replace(/("chunk":"7"),("timestamp":"140")/, '$2,$1')],
    ['a number instead of a text', message('//8=').replace('"7"', '7')],
    ['another event', message('//8=').replace('"media"', '"mark"')],
    ['another track', message('//8=', 'both')],
    ['no end', message('//8=').slice(0, -1)],
    ['nothing', ''],
  ])('with %s is left to the full parser', (_, text) => {
    expect(usual.read(text)).toBeUndefined();
  });

  it('that is read on the fast path has the meaning of its JSON', () => {
    const noise = fc.array(fc.tuple(fc.nat(120), fc.string({ maxLength: 3 })), { maxLength: 2 });
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), noise, (payload, changes) => {
        let text = message(payload);
        for (const [at, put] of changes) text = text.slice(0, at) + put + text.slice(at + put.length);
        const read = usual.read(text);
        // A control character in the audio is no JSON. It is no base64 either, which is checked by who decodes it.
        if (read && !/\p{Cc}/u.test(read.payload)) {
          const { event, media, streamSid } = JSON.parse(text);
          expect({ event, streamSid }).toEqual({ event: 'media', streamSid: 'MZ"1' });
          expect(read).toEqual({ track: media.track, chunk: Number(media.chunk), payload: media.payload });
        }
      }),
      { seed: 26, numRuns: 2000 },
    );
  });
});
