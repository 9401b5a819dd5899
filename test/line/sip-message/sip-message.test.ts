import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAddress, readUri } from '../../../src/line/sip-message/address.js';
import { splitHeaderList } from '../../../src/line/sip-message/headers.js';
import {
  readDatagram,
  readStream,
  type SipMessage,
  type SipRequest,
  writeMessage,
} from '../../../src/line/sip-message/sip-message.js';

const INVITE = [
  'INVITE sip:+15550123@example.com SIP/2.0',
  'v: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK776;rport, SIP / 2.0 / TCP first.example.com;branch=z9hG4bKabc',
  'Max-Forwards: 70',
  'f: Zoë <sip:zoe@example.com>;tag=49583',
  't: tel:+1-555-0123;phone-context=x',
  'i: 98asjd8@example.com',
  'CSEQ : 8 INVITE',
  'SUPPORTED: 100rel,',
  '  timer',
  'm: "Smith, \\"Z\\"" <sip:zoe@192.0.2.7>;q=0.7, <sip:+1;x=y@192.0.2.8>',
  'c: application/sdp',
  'l: 4',
  '',
  'v=0\n',
].join('\r\n');

const bytes = (text: string) => Buffer.from(text, 'utf8');

function request(message: ReturnType<typeof readDatagram>): SipRequest {
  if (message?.kind !== 'request') throw new Error(`no request: ${JSON.stringify(message)}`);
  return message;
}

describe('a message from the field', () => {
  it('is read with short names, folded lines, several values in a line, tel: and UTF-8 without quotation marks', () => {
    const { method, uri, headers, body } = request(readDatagram(bytes(INVITE)));
    expect([method, uri, body.toString()]).toEqual(['INVITE', 'sip:+15550123@example.com', 'v=0\n']);
    expect(headers.list('Via')).toHaveLength(2);
    expect(headers.list('Supported')).toEqual(['100rel', 'timer']);
    expect(readAddress(headers.get('From') ?? '')).toMatchObject({ name: 'Zoë', uri: 'sip:zoe@example.com' });
    expect(readUri(readAddress(headers.get('To') ?? '')?.uri ?? '')).toMatchObject({ user: '+1-555-0123' });
    expect(headers.list('Contact').map((each) => readAddress(each)?.name)).toEqual(['Smith, "Z"', '']);
  });

  it('is read with bare line feeds', () => {
    const { headers, body } = request(readDatagram(bytes(INVITE.replaceAll('\r\n', '\n'))));
    expect([headers.get('Call-ID'), body.toString()]).toEqual(['98asjd8@example.com', 'v=0\n']);
  });

  it.each([
    ['too long', 'l: 4000', 'v=0\n'],
    ['too short', 'l: 2', 'v='],
    ['missing', 'x-none: 0', 'v=0\n'],
  ])('is read from a datagram although its length is %s', (_, length, body) => {
    const read = request(readDatagram(bytes(INVITE.replace('l: 4', length))));
    expect(read.body.toString()).toBe(body);
  });

  it('is ignored when it has only line breaks', () => {
    expect(['', '\r\n\r\n', '\0\0'].map((text) => readDatagram(bytes(text)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['To twice', 'i: 98', 'To: <sip:a@b>\r\ni: 98', 400],
    ['no Call-ID', 'i: 98asjd8@example.com', 'x: 1', 400],
    ['two lengths', 'l: 4', 'l: 4\r\nContent-Length: 5', 400],
    ['a negative length', 'l: 4', 'l: -4', 400],
    ['another method in CSeq', 'CSEQ : 8 INVITE', 'CSeq: 8 BYE', 400],
    ['a CSeq that is too large', 'CSEQ : 8 INVITE', 'CSeq: 4294967296 INVITE', 400],
    ['an open quotation mark', 'f: Zoë', 'f: "Zoë', 400],
    ['no Via', 'v: SIP/2.0/UDP', 'v: XXX/', 400],
    ['Max-Forwards 300', 'Max-Forwards: 70', 'Max-Forwards: 300', 400],
    ['another version', 'SIP/2.0', 'SIP/7.0', 505],
    ['a URI with a space', 'sip:+15550123@', 'sip:+1555 0123@', 400],
    ['a line of 40,000 characters', 'l: 4', `x: ${'x'.repeat(40_000)}`, 413],
    ['1000 lines', 'l: 4', 'x: 1\r\n'.repeat(1000).trim(), 413],
  ])('is refused with %s', (_, from, to, status) => {
    expect(readDatagram(bytes(INVITE.replace(from, to)))).toMatchObject({ kind: 'malformed', status });
  });
});

describe('a stream', () => {
  const whole = bytes(`\r\n\r\n${INVITE}${INVITE.replace('8 INVITE', '9 INVITE')}`);

  /** Messages of the stream, cut into pieces. */
  function read(pieces: readonly Buffer[]): SipMessage[] {
    const found: SipMessage[] = [];
    let unread = Buffer.alloc(0);
    for (const piece of pieces) {
      unread = Buffer.concat([unread, piece]);
      for (let step = readStream(unread); step && step.end !== 'lost'; step = readStream(unread)) {
        unread = Buffer.from(unread.subarray(step.end));
        if (step.message && step.message.kind !== 'malformed') found.push(step.message);
      }
    }
    return found;
  }

  it('is read the same wherever it is cut', () => {
    const numbers = (pieces: readonly Buffer[]) =>
      read(pieces).map(({ headers, body }) => [headers.get('CSeq'), `${body}`]);
    const expected = [
      ['8 INVITE', 'v=0\n'],
      ['9 INVITE', 'v=0\n'],
    ];
    for (let at = 0; at <= INVITE.length + 8; at++) {
      expect(numbers([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
    }
    expect(numbers([...whole].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it.each([
    ['a head without an end', 'x'.repeat(70_000)],
    ['a length that is no number', INVITE.replace('l: 4', 'l: four')],
    ['a body that is too long', INVITE.replace('l: 4', 'l: 999999')],
    ['what is no SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('is rejected after %s', (_, text) => {
    expect(readStream(bytes(text))).toMatchObject({ end: 'lost' });
  });
});

describe('messages that are written', () => {
  it('are read back unchanged', () => {
    const name = fc.constantFrom('Subject', 'X-Account', 'Via', 'Contact', 'Supported');
    const value = fc.string({ unit: fc.constantFrom(...'abc ,;="<>:@\\') }).map((text) => text.trim());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.uint8Array({ maxLength: 200 }), (fields, body) => {
        const message = request(readDatagram(bytes(INVITE)));
        for (const [key, text] of fields) message.headers.add(key, text);
        const again = request(readDatagram(writeMessage({ ...message, body: Buffer.from(body) })));
        const without = (from: SipMessage) => [...from.headers].filter(([key]) => key !== 'Content-Length');
        expect(without(again)).toEqual(without(message));
        expect([...again.body]).toEqual([...body]);
      }),
      { numRuns: 200 },
    );
  });

  it('cannot contain a value that breaks out of its header', () => {
    const message = request(readDatagram(bytes(INVITE)));
    message.headers.set('Subject', 'a\r\nX-Evil: 1\r\n\r\nBYE');
    expect(request(readDatagram(writeMessage(message))).headers.get('X-Evil')).toBeUndefined();
  });
});

describe('any bytes', () => {
  it('are read or refused without an exception, in bounded time', () => {
    const original = bytes(INVITE);
    const places = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { maxLength: 30 });
    fc.assert(
      fc.property(places, fc.nat(original.length), (changes, length) => {
        const mutated = Buffer.from(original.subarray(0, length));
        for (const [at, byte] of changes) if (at < length) mutated[at] = byte;
        const read = readDatagram(mutated);
        if (read && read.kind !== 'malformed') {
          for (const [, value] of read.headers) for (const part of splitHeaderList(value)) readAddress(part);
          readDatagram(writeMessage(read));
        }
        readStream(mutated);
      }),
      { numRuns: Number(process.env['JACKFIELD_SIP_MESSAGES'] ?? 2000), seed: 20_070_320 },
    );
  });
});
