import { describe, expect, it } from 'vitest';
import { readUri } from '../../../src/line/sip-message/address.js';
import { resolveTargets, type SipResolver } from '../../../src/line/sip-transport/resolve.js';

const resolver: SipResolver = {
  naptr: async (name) =>
    name === 'naptr.example.com'
      ? [
          { order: 20, preference: 1, service: 'SIP+D2U', replacement: '_sip._udp.example.com' },
          { order: 10, preference: 1, service: 'SIPS+D2T', replacement: '_sips._tcp.example.com' },
        ]
      : [],
  srv: async (name) =>
    ({
      '_sip._udp.example.com': [
        { priority: 2, weight: 0, port: 5080, name: 'backup.example.com' },
        { priority: 1, weight: 10, port: 5060, name: 'a.example.com' },
        { priority: 1, weight: 90, port: 5070, name: 'b.example.com' },
      ],
      '_sips._tcp.example.com': [{ priority: 1, weight: 0, port: 5061, name: 'a.example.com' }],
    })[name] ?? [],
  addresses: async (name) =>
    ({
      'a.example.com': ['192.0.2.1'],
      'b.example.com': ['192.0.2.2'],
      'backup.example.com': ['192.0.2.3'],
      'plain.example.com': ['192.0.2.9', '2001:db8::9'],
    })[name] ?? [],
};

async function found(
  text: string,
  random = 0.5,
  kinds: readonly ('UDP' | 'TCP' | 'TLS')[] = ['UDP', 'TCP', 'TLS'],
) {
  const uri = readUri(text);
  if (!uri) throw new Error(`no URI: ${text}`);
  const targets = await resolveTargets(uri, kinds, resolver, () => random);
  return targets.map(({ kind, host, port }) => `${kind} ${host} ${port}`);
}

describe('the addresses of a URI (RFC 3263)', () => {
  it.each([
    ['sip:192.0.2.7', ['UDP 192.0.2.7 5060']],
    ['sip:192.0.2.7:5099;transport=tcp', ['TCP 192.0.2.7 5099']],
    ['sips:[2001:db8::1]', ['TLS 2001:db8::1 5061']],
    ['sip:plain.example.com:5099', ['UDP 192.0.2.9 5099', 'UDP 2001:db8::9 5099']],
    ['sip:plain.example.com', ['UDP 192.0.2.9 5060', 'UDP 2001:db8::9 5060']],
    [
      'sip:x@example.com',
      ['UDP 192.0.2.2 5070', 'UDP 192.0.2.1 5060', 'UDP 192.0.2.3 5080', 'TLS 192.0.2.1 5061'],
    ],
    ['sips:x@example.com', ['TLS 192.0.2.1 5061']],
    [
      'sip:naptr.example.com',
      ['TLS 192.0.2.1 5061', 'UDP 192.0.2.2 5070', 'UDP 192.0.2.1 5060', 'UDP 192.0.2.3 5080'],
    ],
    ['sip:nowhere.example.com', []],
  ])('of %s', async (uri, expected) => {
    expect(await found(uri)).toEqual(expected);
  });

  it('are ordered by the weighted draw', async () => {
    expect((await found('sip:example.com', 0.01))[0]).toBe('UDP 192.0.2.1 5060');
  });

  it('are empty when there is no such transport', async () => {
    expect(await found('sip:192.0.2.7;transport=tls', 0.5, ['UDP'])).toEqual([]);
  });
});
