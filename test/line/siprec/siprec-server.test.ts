import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { openUdp } from '../../../src/line/rtp/rtp-transport.js';
import { readDatagram } from '../../../src/line/sip-message/sip-message.js';
import type { SipTransport, TransportListener } from '../../../src/line/sip-transport/sip-transport.js';
import { SiprecServer, type SiprecServerOptions } from '../../../src/line/siprec/siprec-server.js';
import { turn, until } from '../../turns.js';

const SDP = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
  .concat([1, 2].flatMap((label) => ['m=audio 40000 RTP/AVP 8', `a=label:${label}`, 'a=sendonly']))
  .concat('')
  .join('\r\n');

/** The first of four free ports. */
async function fourPorts(): Promise<number> {
  for (;;) {
    const pair = await openUdp('127.0.0.1', undefined);
    const next = { from: pair.port + 2, to: pair.port + 3 };
    const other = await openUdp('127.0.0.1', next).catch(() => undefined);
    await Promise.all([pair.close(), other?.close()]);
    if (other) return pair.port;
  }
}

/** Recording client whose requests come in the same turn, on a server with ports for one call. */
async function stage(options: SiprecServerOptions = {}) {
  const clock = new VirtualClock();
  const answers: string[] = [];
  const whole: string[] = [];
  let listener: TransportListener | undefined;
  const flow = {
    ...{ kind: 'UDP' as const, remote: { host: '10.0.0.1', port: 5060 }, names: [] },
    send: async (bytes: Buffer) => {
      whole.push(bytes.toString());
      answers.push(bytes.toString().split('\r\n', 1)[0] ?? '');
    },
  };
  const transport = (given: TransportListener): SipTransport => {
    listener = given;
    return {
      ...{ kind: 'UDP', local: { host: '10.0.0.2', port: 5060 } },
      flowTo: () => flow,
      close: async () => undefined,
    };
  };
  const from = await fourPorts();
  const server = await SiprecServer.open({
    clock,
    transports: [transport],
    address: '127.0.0.1',
    rtpPorts: { from, to: from + 3 },
    ...options,
  });
  const say = (method: string, call: string, body = '') => {
    const text = [
      `${method} sip:record@10.0.0.2 SIP/2.0`,
      `Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK${call}`,
      `From: <sip:sbc@10.0.0.1>;tag=${call}`,
      'To: <sip:record@10.0.0.2>',
      `Call-ID: ${call}`,
      `CSeq: 1 ${method}`,
      'Contact: <sip:sbc@10.0.0.1>',
      ...(body ? ['Content-Type: application/sdp'] : []),
      `Content-Length: ${body.length}`,
    ].join('\r\n');
    const message = readDatagram(Buffer.from(`${text}\r\n\r\n${body}`));
    if (message) listener?.message(message, flow);
  };
  /** All ports of the range can be had. */
  const givenBack = async () => {
    const pairs = await Promise.all(
      [0, 2].map((n) => openUdp('127.0.0.1', { from: from + n, to: from + n + 1 })),
    );
    await Promise.all(pairs.map((pair) => pair.close()));
  };
  const close = async () => {
    const closing = server.close();
    await turn();
    await clock.advance(5000);
    await closing;
  };
  return { clock, server, answers, whole, say, givenBack, close };
}

it('a call that is given up while its ports are opened releases them and its place', async () => {
  const told: unknown[] = [];
  const { clock, server, answers, say, givenBack, close } = await stage({
    maxSessions: 1,
    onSession: (session) => told.push(session.callId),
  });
  server.on('refused', (status) => told.push(status));
  say('INVITE', 'a', SDP);
  say('CANCEL', 'a');
  await until(() => answers.includes('SIP/2.0 487 Request Terminated'));
  for (let turns = 0; turns < 20; turns++) await turn();
  await givenBack();
  await clock.advance(100);
  say('INVITE', 'b', SDP);
  await until(() => answers.includes('SIP/2.0 200 OK') && told.length > 0);
  await until(() => server.sessions.length === 1);
  expect(told).toEqual(['b']);
  await close();
});

it('a call counts towards the limit from its INVITE on', async () => {
  const { server, answers, say, close } = await stage({ maxSessions: 1 });
  say('INVITE', 'a', SDP);
  say('INVITE', 'b', SDP);
  await until(() => server.sessions.length === 1);
  expect(answers.filter((line) => line.includes('503'))).toHaveLength(1);
  await close();
});

it('a server closes its sessions when it closes', async () => {
  const { server, say, givenBack, close } = await stage();
  say('INVITE', 'a', SDP);
  await close();
  expect(server.sessions).toEqual([]);
  await givenBack();
});

it('a call that is given up while the recorder starts is over, without an event of refusal', async () => {
  const failures: unknown[] = [];
  let ready = (_: unknown): void => undefined;
  const { server, say, givenBack, close } = await stage({
    onSession: () => new Promise((_, reject) => (ready = reject)),
  });
  server.on('refused', (status) => failures.push(status));
  server.on('failure', (error) => failures.push(error));
  say('INVITE', 'a', SDP);
  await until(() => server.sessions.length === 1);
  say('CANCEL', 'a');
  await until(() => server.sessions.length === 0);
  ready(new Error('the streams are over'));
  for (let turns = 0; turns < 10; turns++) await turn();
  await givenBack();
  expect(failures).toEqual([]);
  await close();
});

it('a server behind a NAT announces its public address, and receives on its own address', async () => {
  const { whole, say, close, server } = await stage({ advertised: '203.0.113.5' });
  say('INVITE', 'a', SDP);
  await until(() => server.sessions.length === 1 && whole.some((text) => text.startsWith('SIP/2.0 200')));
  const answer = whole.find((text) => text.startsWith('SIP/2.0 200')) ?? '';
  expect(answer).toMatch(/^Contact: <sip:[^>]*203\.0\.113\.5/m);
  expect(answer).toMatch(/^c=IN IP4 203\.0\.113\.5\r$/m);
  expect(answer).not.toContain('127.0.0.1');
  await close();
});

it.each([
  ['without a key', {}, 'ports.tls.key'],
  ['with files, which are not read here', { keyFile: 'key.pem', certFile: 'cert.pem' }, 'keyFile'],
])('a TLS port %s is refused', async (_, tls, named) => {
  const ports = { tls: { host: '127.0.0.1', port: 0, ...tls } };
  const opening = SiprecServer.open({ ports });
  await expect(opening).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG',
    message: expect.stringContaining(named),
  });
});
