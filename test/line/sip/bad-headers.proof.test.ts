import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { KNOWN_HEADERS, type SipHeader } from '../../../src/line/sip-message/headers.js';
import type { SipMessage } from '../../../src/line/sip-message/sip-message.js';
import { idOf, statuses } from '../../exchange/talking.js';
import { EPOCH_MS } from '../../exchange/world.js';
import { site } from './line-stage.js';
import { MemoryNetwork } from './memory-network.js';

const TRUNK = { host: '10.0.0.3', port: 5060 };
const OFFICE = { host: '10.0.0.1', port: 5060 };
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';

/** A call with every header that a line looks at. */
const HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['Via', 'SIP/2.0/UDP 10.0.0.3:5060;branch=z9hG4bKBRANCH;rport'],
  ['Max-Forwards', '70'],
  ['Record-Route', '<sip:10.0.0.3;lr>'],
  ['From', '"Ann" <sip:+15550777@10.0.0.3>;tag=BRANCH'],
  ['To', '<sip:parrot@10.0.0.1>'],
  ['Call-ID', 'BRANCH'],
  ['CSeq', '1 INVITE'],
  ['Contact', '<sip:ann@10.0.0.3>'],
  ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE'],
  ['Supported', 'timer, 100rel'],
  ['Require', 'timer'],
  ['Session-Expires', '1800;refresher=uac'],
  ['Min-SE', '90'],
  ['P-Asserted-Identity', '<sip:+15550777@10.0.0.3>'],
  ['Privacy', 'none'],
  ['Diversion', '<sip:+15550778@10.0.0.3>;reason=no-answer'],
  ['History-Info', '<sip:+15550779@10.0.0.3>;index=1, <sip:parrot@10.0.0.1>;index=1.1'],
  ['Replaces', 'x;to-tag=1;from-tag=2'],
  ['Authorization', 'Digest username="a", realm="jackfield", nonce="b", uri="sip:c", response="d"'],
  ['X-Account', '17'],
  ['Content-Type', 'application/sdp'],
  ['Content-Length', String(SDP.length)],
];
/** Headers that a line knows, and has no use for in a call. */
const OTHERS = KNOWN_HEADERS.filter((name) => HEADERS.every(([used]) => used !== name));

const CHANGES: Readonly<Record<string, (name: string, value: string) => string>> = {
  missing: () => '',
  doubled: (name, value) => `${name}: ${value}\r\n${name}: ${value}\r\n`,
  'doubled otherwise': (name, value) => `${name}: ${value}\r\n${name}: other\r\n`,
  oversized: (name, value) => `${name}: ${value}${'x'.repeat(30_000)}\r\n`,
  empty: (name) => `${name}:\r\n`,
  nonsense: (name) => `${name}: "<;,=\\%zz\xff\0>@[::\r\n`,
  'numbers that are none': (name) => `${name}: 99999999999999999999;refresher=;index=-1 NaN\r\n`,
  'many values': (name, value) => `${name}: ${Array(400).fill(value).join(', ')}\r\n`,
};

it('a call with any invalid header is accepted or refused, and the line keeps working', async () => {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const { w, line } = await site(network, clock, '10.0.0.1', {
    trunk: { uri: 'sip:10.0.0.3' },
    to: 'bob',
    kept: ['X-Account'],
    subject: 'X-Account',
    phones: [{ user: 'door', password: 'secret' }],
    limits: { calls: 1000, callsPerMinute: 1000 },
  });
  const answered = new Set<string>();
  const listening = network.host(TRUNK.host)({
    message: (message) => {
      if (message.kind === 'response') answered.add(message.headers.get('Call-ID') ?? '');
    },
    failed: () => undefined,
    refused: () => undefined,
  });
  let count = 0;
  const send = (changed: string, change: (name: string, value: string) => string) => {
    const branch = `b${++count}`;
    const lines = HEADERS.filter(([name]) => name !== 'Replaces' || name === changed)
      .map(([name, value]) => [name, value.replace('BRANCH', branch)] as const)
      .map(([name, value]) => (name === changed ? change(name, value) : `${name}: ${value}\r\n`));
    network.send(TRUNK, OFFICE, `INVITE sip:bob@10.0.0.1 SIP/2.0\r\n${lines.join('')}\r\n${SDP}`);
    return branch;
  };
  const plain: string[] = [];
  for (const [name] of HEADERS) for (const change of Object.values(CHANGES)) send(name, change);
  for (const name of OTHERS) {
    const lines = `${CHANGES['nonsense']?.(name, '')}${CHANGES['oversized']?.(name, 'x')}`;
    send('X-Account', (account, value) => `${account}: ${value}\r\n${lines}`);
  }
  plain.push(send('', () => ''));
  await clock.advance(2000);
  expect(w.failures).toEqual([]);
  expect(answered).toContain(plain[0]);
  // What has no Via, Call-ID or From that can be read cannot be answered; everything else is.
  expect(answered.size).toBeGreaterThan(count * 0.8);
  await clock.advance(120_000);
  expect([w.failures, line.calls]).toEqual([[], 0]);
  await listening.close();
  await w[Symbol.asyncDispose]();
});

/** Headers of a response, by the status that they belong to. */
const ANSWERS: Readonly<Record<number, readonly [own: readonly SipHeader[], becomes: string]>> = {
  183: [
    [
      ['Require', '100rel'],
      ['RSeq', '7'],
    ],
    'RINGING',
  ],
  200: [
    [
      ['Contact', '<sip:lines@10.0.0.3>'],
      ['Record-Route', '<sip:10.0.0.3;lr>'],
      ['Allow', 'INVITE, ACK, BYE, CANCEL, UPDATE'],
      ['Supported', 'timer'],
      ['Session-Expires', '1800;refresher=uac'],
      ['Content-Type', 'application/sdp'],
    ],
    'INPROGRESS',
  ],
  302: [[['Contact', '<sip:+15550900@10.0.0.3>']], 'FAILED'],
  401: [
    [['WWW-Authenticate', 'Digest realm="a", nonce="b", qop="auth,auth-int", algorithm=SHA-256']],
    'FAILED',
  ],
  407: [[['Proxy-Authenticate', 'Digest realm="a", nonce="b", stale=true']], 'FAILED'],
  422: [[['Min-SE', '200']], 'FAILED'],
  486: [[['Reason', 'Q.850;cause=17;text="busy"']], 'BUSY'],
  503: [[['Retry-After', '30 (later);duration=60']], 'FAILED'],
};
/** Those that each response has. */
const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const;

describe('a call ends, and the line keeps working, when the other end', () => {
  it.each(Object.entries(ANSWERS))('answers %s with any invalid header', async (status, [own, becomes]) => {
    const clock = new VirtualClock(EPOCH_MS);
    const network = new MemoryNetwork(clock);
    const { w, line } = await site(network, clock, '10.0.0.1', {
      trunk: { uri: 'sip:10.0.0.3', user: 'office', password: 'secret' },
      limits: { calls: 1000, callsPerMinute: 1000 },
    });
    let wrong:
      | { readonly name: string; readonly change: (name: string, value: string) => string }
      | undefined;
    const answer = (request: SipMessage) => {
      if (request.kind !== 'request' || request.method === 'ACK') return;
      const text = (name: string, value: string) =>
        name === wrong?.name ? wrong.change(name, value) : `${name}: ${value}\r\n`;
      const copied = COPIED.map((name) => text(name, String(request.headers.get(name) ?? '')));
      const isInvite = request.method === 'INVITE';
      const lines = isInvite ? own.map(([name, value]) => text(name, value)) : [];
      const body = isInvite && status === '200' ? SDP : '';
      network.send(
        TRUNK,
        OFFICE,
        `SIP/2.0 ${isInvite ? status : 200} So\r\n${copied.join('')}${lines.join('')}${text('Content-Length', String(body.length))}\r\n${body}`,
      );
    };
    const listening = network.host(TRUNK.host)({
      message: answer,
      failed: () => undefined,
      refused: () => undefined,
    });
    const alice = w.client('alice');
    const call = async () => {
      const id = idOf(alice.send('CALL +15550900')[0]);
      await clock.advance(2000);
      return id;
    };
    const names = [...COPIED, ...own.map(([name]) => name), 'Content-Length'];
    for (const name of names) {
      for (const change of Object.values(CHANGES)) {
        wrong = { name, change };
        const id = await call();
        alice.send(`SET CALL ${id} STATUS FINISHED`);
        await clock.advance(500);
        expect(['FINISHED', 'CANCELLED', 'BUSY', 'FAILED', 'REFUSED']).toContain(statuses(alice, id).at(-1));
      }
    }
    // Servers that have failed are tried again in their time.
    await clock.advance(200_000);
    wrong = undefined;
    const id = await call();
    expect(statuses(alice, id).at(-1)).toBe(becomes);
    alice.send(`SET CALL ${id} STATUS FINISHED`);
    await clock.advance(120_000);
    expect([w.failures, line.calls]).toEqual([[], 0]);
    await listening.close();
    await w[Symbol.asyncDispose]();
  });
});
