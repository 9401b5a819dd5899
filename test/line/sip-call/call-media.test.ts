import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { answeringDirection, readDescription } from '../../../src/line/sip-call/call-description.js';
import { CallMedia, type SrtpPolicy } from '../../../src/line/sip-call/call-media.js';
import { sdpBody } from '../../../src/line/sip-message/body.js';

const offer = (...lines: string[]) =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n');
const KEY = `inline:${Buffer.alloc(30, 1).toString('base64')}`;

const open: CallMedia[] = [];
async function media(srtp: SrtpPolicy = 'accepted') {
  const made = await CallMedia.open({
    clock: systemClock,
    address: '127.0.0.1',
    codecs: ['PCMA', 'PCMU', 'G722', 'opus'],
    ptimeMs: 20,
    srtp,
    timeoutMs: 0,
  });
  open.push(made);
  return made;
}
const answerTo = async (text: string, made?: CallMedia) =>
  (await (made ?? (await media())).answer(sdpBody(text))).content.toString();

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

describe('an answer', () => {
  it.each([
    ['sendrecv', false, 'sendrecv'],
    ['sendonly', false, 'recvonly'],
    ['recvonly', false, 'sendonly'],
    ['inactive', false, 'inactive'],
    ['sendrecv', true, 'sendonly'],
    ['sendonly', true, 'inactive'],
  ] as const)('to %s, with a hold here %s, is %s', (offered, isHeld, expected) => {
    expect(answeringDirection(offered, isHeld)).toBe(expected);
  });

  it('takes the telephone events that have the clock of the codec', async () => {
    const lines = [
      'm=audio 40000 RTP/AVP 8 100 101',
      'a=rtpmap:100 telephone-event/48000',
      'a=rtpmap:101 telephone-event/8000',
    ];
    const answer = await answerTo(offer(...lines));
    expect(answer).toContain('a=rtpmap:101 telephone-event/8000');
    expect(answer).not.toContain('telephone-event/48000');
  });

  it('has a media line for every offered stream, and takes the first audio stream', async () => {
    const answer = await answerTo(
      offer(
        'm=image 40002 udptl t38',
        'm=video 40004 RTP/AVP 96',
        'm=audio 40000/2 RTP/AVP 0',
        'm=audio 40006 RTP/AVP 8',
      ),
    );
    const ports = [...answer.matchAll(/^m=(\w+) (\d+)/gm)].map(
      ([, type, port]) => `${type} ${port === '0' ? 'no' : 'yes'}`,
    );
    expect(ports).toEqual(['image no', 'video no', 'audio yes', 'audio no']);
  });

  it.each([
    ['200 streams', Array.from({ length: 200 }, (_, at) => `m=audio ${40_000 + at} RTP/AVP 0`)],
    ['no voice', ['m=video 40000 RTP/AVP 96']],
    ['no codec in common', ['m=audio 40000 RTP/AVP 18', 'a=rtpmap:18 G729/8000']],
    ['encryption without a key', ['m=audio 40000 RTP/SAVP 8']],
  ])('is refused for %s', async (_, lines) => {
    await expect(answerTo(offer(...lines))).rejects.toMatchObject({ status: 488 });
  });

  it('is encrypted by the key of the suite that it takes, with the tag of the offer', async () => {
    const answer = await answerTo(
      offer(
        'm=audio 40000 RTP/SAVP 8',
        `a=crypto:7 AES_CM_128_HMAC_SHA1_32 ${KEY}`,
        `a=crypto:8 UNKNOWN ${KEY}`,
      ),
    );
    expect(answer).toMatch(/m=audio \d+ RTP\/SAVP 8/);
    expect(answer.match(/a=crypto:.*/g)).toEqual([
      expect.stringMatching(/^a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:.{40}/),
    ]);
    await expect(answerTo(offer('m=audio 40000 RTP/AVP 8'), await media('required'))).rejects.toMatchObject({
      status: 488,
    });
  });

  it('recognises a hold, also in its old form, and its end', async () => {
    const made = await media();
    const told: boolean[] = [];
    made.events = { held: (on) => told.push(on), digit: () => undefined, lost: () => undefined };
    const voice = ['m=audio 40000 RTP/AVP 8'];
    await answerTo(offer(...voice), made);
    expect(await answerTo(offer(...voice, 'a=sendonly'), made)).toContain('a=recvonly');
    await answerTo(offer(...voice), made);
    expect(await answerTo(offer(...voice).replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'), made)).toContain(
      'a=recvonly',
    );
    await answerTo(offer(...voice), made);
    expect(told).toEqual([true, false, true, false]);
  });

  it('keeps the payload types of codecs, also in later offers', async () => {
    const made = await media();
    await answerTo(offer('m=audio 40000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2'), made);
    expect(made.offer().content.toString()).toMatch(/m=audio \d+ RTP\/AVP 96 .*\r\n/);
  });
});

describe('a description', () => {
  it('has its codecs in order, also those without rtpmap, and also a single one', () => {
    const read = readDescription(offer('m=audio 40000 RTP/AVP 9'));
    expect(read?.voice?.codecs).toEqual([{ codec: 'G722', payloadType: 9 }]);
    expect(readDescription('nonsense')).toBeUndefined();
  });
});
