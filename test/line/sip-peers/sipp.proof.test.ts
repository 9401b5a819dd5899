import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/time/clock.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { type SipLine, sipLine } from '../../../src/line/sip/sip-line.js';
import type { SipLineOptions } from '../../../src/line/sip/sip-line-options.js';
import { RobotDestination } from '../../../src/switch/robot.js';
import { Client } from '../../exchange/world.js';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';
import { expects, HAS_SIPP, receives, requests, responds, sdp, sipp, waits } from './sipp.js';

const LISTEN = { udp: { host: '127.0.0.1', port: 0 } };
/** Keeps the number of a response that is to be acknowledged. */
const RSEQ =
  '<action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/></action>';
const ANSWERS = { ringMs: 0, outcome: 'answer', steps: [], stay: true } as const;

describe.skipIf(!HAS_SIPP)('SIPp (needs sip-tester)', () => {
  let exchange: Exchange;
  let alice: Client;
  let incoming: SipLine;
  let phones: SipLine;
  let count = 0;
  const failures: unknown[] = [];

  beforeAll(async () => {
    const identity = { handle: 'parrot', fullName: 'Parrot', network: 'P2P' } as const;
    exchange = await Exchange.start({
      users: [{ handle: 'alice' }, { handle: 'bob' }],
      robots: [new RobotDestination(identity, ANSWERS, systemClock)],
    });
    exchange.on('failure', (error) => failures.push(error));
    alice = new Client(exchange, 'alice');
    incoming = sipLine({
      listen: LISTEN,
      trunk: { uri: 'sip:127.0.0.1' },
      to: 'parrot',
      limits: { callsPerMinute: 1000 },
    });
    await exchange.addLine(incoming, { prefixes: ['+99'] });
    phones = sipLine({
      listen: LISTEN,
      phones: [{ user: '+15550777', password: 'secret' }],
      digest: ['MD5'],
    });
    await exchange.addLine(phones, { prefixes: ['+98'] });
  });

  afterAll(async () => {
    await exchange?.close();
    expect(failures).toEqual([]);
  });

  /** Has SIPp call the parrot, or somebody else. */
  async function called(steps: readonly string[], who = 'parrot', line = incoming, args: string[] = []) {
    const [{ port = 0 } = {}] = line.addresses;
    return await sipp(steps, await freePort(), ['-s', who, ...args, `127.0.0.1:${port}`]);
  }

  const rung = [expects(100, undefined, true), expects(180, undefined, true)];
  it.each([
    {
      what: 'gives a call up while it rings',
      who: 'bob',
      steps: [
        requests('INVITE', 1, [], sdp()),
        expects(100, undefined, true),
        expects(180),
        // The CANCEL and the ACK of the 487 belong to the transaction of the INVITE.
        requests('CANCEL', 1).replace('[branch]', '[branch-3]').replace('[peer_tag_param]', ''),
        expects(200, 'CSeq: 1 CANCEL'),
        expects(487, 'CSeq: 1 INVITE'),
        requests('ACK', 1).replace('[branch]', '[branch-6]'),
      ],
    },
    {
      what: 'acknowledges that it rings (PRACK)',
      who: 'parrot',
      steps: [
        requests('INVITE', 1, ['Require: 100rel'], sdp()),
        expects(100, undefined, true),
        expects(180).replace('></recv>', `>${RSEQ}</recv>`),
        requests('PRACK', 2, ['RAck: [$rseq] 1 INVITE']),
        expects(200, 'CSeq: 2 PRACK'),
        expects(200, 'CSeq: 1 INVITE'),
        requests('ACK', 1),
        requests('BYE', 3),
        expects(200),
      ],
    },
    {
      what: 'is told what is wrong with a request, and calls all the same',
      who: 'parrot',
      steps: [
        requests('INVITE', 1, ['Max-Forwards: 71'], sdp()),
        expects(400, 'Bad Max-Forwards'),
        requests('ACK', 1),
        requests('INVITE', 2, ['Subject: folded', '  and quoted \xe9'], sdp()).replace(
          '[peer_tag_param]',
          '',
        ),
        ...rung,
        expects(200),
        requests('ACK', 2),
        requests('BYE', 3),
        expects(200),
      ],
    },
  ])('$what', async ({ who, steps }) => {
    expect(await called(steps, who)).toEqual({ code: 0, errors: '' });
    await until(() => incoming.calls === 0);
  });

  it('registers as a phone, and calls, with a password each time', async () => {
    const secret = '[authentication username=+15550777 password=secret]';
    const register = (cseq: number, extra: readonly string[]) =>
      requests('REGISTER', cseq, extra)
        .replace('[peer_tag_param]', '')
        .replace('To: <sip:[service]@', 'To: <sip:+15550777@');
    const run = await called(
      [
        register(1, []),
        expects(401).replace('<recv ', '<recv auth="true" '),
        register(2, [secret]),
        expects(200, 'expires='),
        requests('INVITE', 3, [], sdp()).replace('[peer_tag_param]', ''),
        expects(100, undefined, true),
        expects(401).replace('<recv ', '<recv auth="true" '),
        requests('ACK', 3),
        requests('INVITE', 4, [secret], sdp()).replace('[peer_tag_param]', ''),
        ...rung,
        expects(200),
        requests('ACK', 4),
        requests('BYE', 5),
        expects(200),
      ],
      'parrot',
      phones,
    );
    expect(run).toEqual({ code: 0, errors: '' });
    expect(phones.registered).toEqual(['+15550777']);
  });

  /** Calls SIPp through a line of its own. */
  async function calls(steps: string[], options: Partial<NonNullable<SipLineOptions['trunk']>> = {}) {
    const port = await freePort();
    const number = `+1555010${count++}`;
    const line = sipLine({ listen: LISTEN, trunk: { uri: `sip:127.0.0.1:${port}`, ...options } });
    await exchange.addLine(line, { prefixes: [number] });
    const run = sipp(steps, port);
    const id = alice.send(`CALL ${number}`)[0]?.split(' ')[1];
    const reaches = (status: string) => until(() => alice.told(`CALL ${id} STATUS`).at(-1) === status);
    return { id, run, reaches, line };
  }

  const answered = [
    receives('INVITE'),
    responds('180 Ringing'),
    responds('200 OK', [], sdp()),
    receives('ACK'),
  ];

  it('calls, talks, updates the session, holds with the right directions, and hangs up', async () => {
    const run = await called([
      requests('INVITE', 1, ['Supported: timer', 'Session-Expires: 1800;refresher=uac'], sdp()),
      expects(100, undefined, true),
      expects(180, undefined, true),
      expects(200, 'refresher=uac'),
      requests('ACK', 1),
      requests('UPDATE', 2, [], sdp('sendrecv', 2)),
      expects(200, 'a=sendrecv'),
      requests('INVITE', 3, [], sdp('sendonly', 3)),
      expects(100, undefined, true),
      expects(200, 'a=recvonly'),
      requests('ACK', 3),
      requests('INVITE', 4, [], sdp('inactive', 4)),
      expects(100, undefined, true),
      expects(200, 'a=inactive'),
      requests('ACK', 4),
      requests('INVITE', 5, [], sdp('sendrecv', 5)),
      expects(100, undefined, true),
      expects(200, 'a=sendrecv'),
      requests('ACK', 5),
      requests('BYE', 6),
      expects(200),
    ]);
    expect(run).toEqual({ code: 0, errors: '' });
    await until(() => incoming.calls === 0);
  });

  it('is answered, put on hold by the user, resumed, and hung up', async () => {
    const call = await calls([
      ...answered,
      receives('INVITE', 'a=sendonly'),
      responds('200 OK', [], sdp('recvonly', 2)),
      receives('ACK'),
      receives('INVITE', 'a=sendrecv'),
      responds('200 OK', [], sdp('sendrecv', 3)),
      receives('ACK'),
      receives('BYE'),
      responds('200 OK'),
    ]);
    await call.reaches('INPROGRESS');
    alice.send(`ALTER CALL ${call.id} HOLD`);
    await call.reaches('LOCALHOLD');
    alice.send(`ALTER CALL ${call.id} RESUME`);
    await call.reaches('INPROGRESS');
    await until(() => call.line.counts.received >= 4);
    alice.send(`ALTER CALL ${call.id} HANGUP`);
    expect(await call.run).toEqual({ code: 0, errors: '' });
  });

  it('asks for credentials, and gets them', async () => {
    const call = await calls(
      [
        receives('INVITE'),
        responds('407 Proxy Authentication Required', [
          'Proxy-Authenticate: Digest realm="sipp", nonce="47ebe028cda119c35d4877b383027d28da013815", algorithm=MD5, qop="auth"',
        ]),
        receives('ACK'),
        receives('INVITE', 'username=&quot;me&quot;.*qop=auth'),
        responds('200 OK', [], sdp()),
        receives('ACK'),
        receives('BYE'),
        responds('200 OK'),
      ],
      { user: 'me', password: 'secret' },
    );
    await call.reaches('INPROGRESS');
    alice.send(`ALTER CALL ${call.id} HANGUP`);
    expect(await call.run).toEqual({ code: 0, errors: '' });
  });

  it('is heard before the answer, by a response that is acknowledged', async () => {
    const call = await calls([
      receives('INVITE', 'Supported:.*100rel'),
      responds('183 Session Progress', ['Require: 100rel', 'RSeq: 17'], sdp()),
      receives('PRACK', 'RAck: 17 '),
      responds('200 OK'),
      waits(300),
      '<send retrans="500"><![CDATA[\n\nSIP/2.0 486 Busy Here\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\nCSeq: 1 INVITE\nContent-Length: 0\n\n]]></send>',
    ]);
    await call.reaches('EARLYMEDIA');
    alice.send(`ALTER CALL ${call.id} HANGUP`);
    await call.run;
  });

  it('redirects the call to another port, where it is cancelled', async () => {
    const other = await freePort();
    const call = await calls([
      receives('INVITE'),
      responds('302 Moved Temporarily', [`Contact: <sip:elsewhere@127.0.0.1:${other}>`]),
      receives('ACK'),
    ]);
    const second = sipp(
      [
        receives('INVITE', 'sip:elsewhere@'),
        responds('180 Ringing'),
        receives('CANCEL'),
        responds('200 OK'),
        waits(100),
      ],
      other,
    );
    expect(await call.run).toEqual({ code: 0, errors: '' });
    await call.reaches('RINGING');
    alice.send(`ALTER CALL ${call.id} HANGUP`);
    expect(await second).toEqual({ code: 0, errors: '' });
  });
});
