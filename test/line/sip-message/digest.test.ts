import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  DigestGuard,
  readChallenge,
  realmOf,
  strongest,
} from '../../../src/line/sip-message/digest.js';
import { DigestClient } from '../../../src/line/sip-message/digest-client.js';
import {
  readDatagram,
  type SipRequest,
  type SipResponse,
} from '../../../src/line/sip-message/sip-message.js';
import { responseTo } from '../../../src/line/sip-transport/transaction-layer.js';

const BODY = Buffer.alloc(0);
const ME = { user: 'Mufasa', password: 'Circle of Life' };
const signed = { method: 'GET', uri: '/dir/index.html', body: BODY };
const response = (value: string) => /response="([0-9a-f]+)"/.exec(value)?.[1];

const REGISTER = [
  'REGISTER sip:example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1',
  'From: <sip:me@example.com>;tag=1',
  'To: <sip:me@example.com>',
  'Call-ID: one',
  'CSeq: 7 REGISTER',
  '',
  '',
].join('\r\n');

function register(): SipRequest {
  const read = readDatagram(Buffer.from(REGISTER));
  if (read?.kind !== 'request') throw new Error('no request');
  return read;
}

describe('an answer to a challenge', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of RFC 7616 with %s', (algorithm, expected) => {
    const challenge = readChallenge(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    );
    if (!challenge) throw new Error('no challenge');
    const value = answerChallenge(challenge, ME, signed, 1, 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ');
    expect(response(value)).toBe(expected);
  });

  it('is that of RFC 2617, and of RFC 2069 where there is no qop', () => {
    const given = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"';
    const [withQop, without] = [readChallenge(`${given}, qop="auth"`), readChallenge(given)];
    if (!withQop || !without) throw new Error('no challenge');
    const old = { user: 'Mufasa', password: 'Circle Of Life' };
    expect(response(answerChallenge(withQop, old, signed, 1, '0a4f113b'))).toBe(
      '6629fae49393a05397450978507c4ef1',
    );
    expect(response(answerChallenge(without, old, signed))).toBe('670fd8c2df070c60b045671b8b24ff02');
  });

  it('uses the strongest known algorithm of several', () => {
    const values = [
      'Digest realm="a", nonce="1", algorithm=MD5',
      'Digest realm="a", nonce="1", algorithm=SHA-256',
      'Digest realm="a", nonce="1", algorithm=X',
      'Basic realm="a"',
    ];
    expect(strongest(values)?.algorithm).toBe('SHA-256');
    expect(strongest(['Basic realm="a"', 'Digest realm="a", nonce="1", qop="other"'])).toBeUndefined();
  });
});

function refused(status: 401 | 407, ...challenges: string[]): SipResponse {
  const made = responseTo(register(), status);
  made.headers.add(status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate', ...challenges);
  return made;
}

describe('a client', () => {
  it('answers each realm, with the next CSeq and the same Call-ID', () => {
    const client = new DigestClient(ME);
    const again = client.answer(
      register(),
      refused(401, 'Digest realm="a", nonce="1", qop="auth"', 'Digest realm="b", nonce="2", qop="auth-int"'),
    );
    expect(
      again?.headers.lines('Authorization').map((line) => /realm="(\w)".*qop=([\w-]+)/.exec(line)?.slice(1)),
    ).toEqual([
      ['a', 'auth'],
      ['b', 'auth-int'],
    ]);
    expect([again?.headers.get('CSeq'), again?.headers.get('Call-ID')]).toEqual(['8 REGISTER', 'one']);
  });

  it('answers the challenge of a second proxy, and keeps the credentials for the first', () => {
    const client = new DigestClient(ME);
    const first = client.answer(register(), refused(407, 'Digest realm="a", nonce="1"'));
    const second = first && client.answer(first, refused(407, 'Digest realm="b", nonce="2"'));
    expect(second?.headers.lines('Proxy-Authorization')).toHaveLength(2);
  });

  it('tries again after a stale nonce, and gives up when the password is wrong', () => {
    const client = new DigestClient(ME);
    const first = client.answer(register(), refused(401, 'Digest realm="a", nonce="1"'));
    const second = first && client.answer(first, refused(401, 'Digest realm="a", nonce="2", stale=TRUE'));
    expect(second?.headers.get('Authorization')).toContain('nonce="2"');
    expect(second && client.answer(second, refused(401, 'Digest realm="a", nonce="3"'))).toBeUndefined();
    expect(
      new DigestClient(undefined).answer(register(), refused(401, 'Digest realm="a", nonce="1"')),
    ).toBeUndefined();
  });
});

describe('the realm of a challenge', () => {
  it.each([
    ['Digest realm="a, b", nonce="1"', 'a, b'],
    [String.raw`Digest nonce="1", REALM = "the \"inner\" one"`, 'the "inner" one'],
    ['Digest nonce="realm=x"', ''],
    ['Basic realm="a"', ''],
  ])('of %s is %j', (value, realm) => {
    expect(realmOf(value)).toBe(realm);
  });

  it('is read in one pass, also without its last quotation mark', () => {
    const hostile = `Digest nonce="1", realm="${'\\M'.repeat(30_000)}`;
    const again = new DigestClient(ME).answer(register(), refused(401, hostile));
    expect(again?.headers.lines('Authorization')).toHaveLength(1);
  });
});

describe('a server', () => {
  const request = { method: 'INVITE', uri: 'sip:bob@example.com', body: Buffer.from('v=0') };
  const passwordOf = (user: string) => (user === ME.user ? ME.password : undefined);

  function answered(guard: DigestGuard, count = 1, credentials = ME, index = 0) {
    const challenge = readChallenge(guard.challenges()[index] ?? '');
    if (!challenge) throw new Error('no challenge');
    return answerChallenge(challenge, credentials, request, count);
  }

  it.each([0, 1])('accepts an answer to its challenge %i once', (index) => {
    const guard = new DigestGuard('here', () => 1000, ['SHA-256', 'MD5']);
    const value = answered(guard, 1, ME, index);
    expect(guard.check([value], request, passwordOf)).toEqual({ kind: 'accepted', user: ME.user });
    expect(guard.check([value], request, passwordOf)).toEqual({ kind: 'refused', isStale: true });
    expect(guard.check([answered(guard, 2, ME, index)], request, passwordOf).kind).toBe('accepted');
  });

  it.each([
    ['a wrong password', { user: ME.user, password: 'x' }],
    ['an unknown user', { user: 'x', password: '' }],
  ])('refuses %s', (_, credentials) => {
    const guard = new DigestGuard('here', () => 1000);
    expect(guard.check([answered(guard, 1, credentials)], request, passwordOf)).toEqual({
      kind: 'refused',
      isStale: false,
    });
  });

  it('reports a nonce that is too old, or from another server', () => {
    let now = 1000;
    const guard = new DigestGuard('here', () => now);
    const value = answered(guard);
    now += 301_000;
    expect(guard.check([value], request, passwordOf)).toEqual({ kind: 'refused', isStale: true });
    const other = answered(new DigestGuard('here', () => now));
    expect(guard.check([other], request, passwordOf)).toEqual({ kind: 'refused', isStale: true });
  });

  it('refuses an answer for another body with auth-int', () => {
    const guard = new DigestGuard('here', () => 1000, ['MD5']);
    const challenge = readChallenge((guard.challenges()[0] ?? '').replace('auth,auth-int', 'auth-int'));
    if (!challenge) throw new Error('no challenge');
    const value = answerChallenge(challenge, ME, request);
    expect(guard.check([value], { ...request, body: Buffer.from('v=1') }, passwordOf).kind).toBe('refused');
    expect(guard.check([value], request, passwordOf).kind).toBe('accepted');
  });
});
