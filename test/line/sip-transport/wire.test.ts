import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import type { SessionMedia } from '../../../src/line/sip-call/session-host.js';
import { sdpBody } from '../../../src/line/sip-message/body.js';
import type { SipTls } from '../../../src/line/sip-transport/stream-transport.js';
import { certificate, hasOpenssl } from '../../certificate.js';

const HERE = { host: '127.0.0.1', port: 0 };
const media: SessionMedia = {
  offer: () => sdpBody('v=0'),
  answer: () => sdpBody('v=0'),
  take: () => undefined,
};

/** Calls from one endpoint to another; resolves to the names that the callee saw in the certificate. */
async function call(kind: 'udp' | 'tcp' | 'tls', tls: SipTls = {}): Promise<readonly string[]> {
  const ports = { [kind]: { ...HERE, ...tls } };
  let names: readonly string[] = [];
  await using callee = await SipEndpoint.open({
    ports,
    onInvite: async (invite) => {
      names = invite.flow.names;
      await invite.answer(media, { ended: () => undefined });
    },
  });
  await using caller = await SipEndpoint.open({ ports });
  const [{ port = 0 } = {}] = callee.addresses;
  await new Promise<void>((resolve, reject) => {
    caller.invite(
      { uri: `sip:bob@127.0.0.1:${port};transport=${kind}`, from: 'sip:alice@127.0.0.1', media },
      {
        ended: () => undefined,
        answered: (session) => void session.end().then(resolve),
        failed: ({ kind: why }) => reject(new Error(why)),
      },
    );
  });
  return names;
}

describe('a call', () => {
  it.each(['udp', 'tcp'] as const)('goes over %s', async (kind) => {
    expect(await call(kind)).toEqual([]);
  });

  describe.skipIf(!hasOpenssl)('over TLS (needs openssl)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jackfield-tls-'));
    let pem = { key: '', cert: '' };
    beforeAll(() => {
      const hosts = ['DNS:trunk.example.com', 'IP:127.0.0.1'];
      const { key, cert } = certificate(folder, 'trunk', hosts, 'trunk.example.com');
      pem = { key, cert };
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it('reports the certificate of each end', async () => {
      expect(await call('tls', { ...pem, ca: pem.cert, needsClientCertificate: true })).toEqual([
        'trunk.example.com',
      ]);
    });

    it('is not made to a peer with an untrusted certificate', async () => {
      await expect(call('tls', pem)).rejects.toThrow('transport');
    });
  });
});

describe('a connection', () => {
  it('answers keep-alives, and is closed after bytes that are not SIP', async () => {
    await using endpoint = await SipEndpoint.open({ ports: { tcp: HERE } });
    const [{ port = 0 } = {}] = endpoint.addresses;
    const socket = connect(port, '127.0.0.1');
    socket.write('\r\n\r\n');
    const [pong] = (await once(socket, 'data')) as [Buffer];
    expect(pong.toString()).toBe('\r\n');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect(endpoint.counts.malformed).toBe(1);
  });
});
