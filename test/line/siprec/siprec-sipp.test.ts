import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SiprecMetadata } from '../../../src/line/siprec/siprec-metadata.js';
import { SiprecServer } from '../../../src/line/siprec/siprec-server.js';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';
import { expects, HAS_SIPP, requests, sipp } from '../sip-peers/sipp.js';

/** Description with a stream for each label. */
const voices = (labels: readonly string[], direction = 'sendonly', address = '[local_ip]') =>
  [
    ...['v=0', 'o=sbc 1 1 IN IP4 [local_ip]', 's=-', `c=IN IP4 ${address}`, 't=0 0'],
    ...labels.flatMap((label) => [
      'm=audio [media_port] RTP/AVP 8',
      'a=rtpmap:8 PCMA/8000',
      `a=label:${label}`,
      `a=${direction}`,
    ]),
    '',
  ].join('\n');

/** Metadata as the standard has them, of Ann and whoever is given. */
const standard = (name: string, mode = 'complete') =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>${mode}</datamode>`,
    '<participant participant_id="p1"><nameID aor="sip:ann@example.com"><name>Ann</name></nameID></participant>',
    `<participant participant_id="p2"><nameID aor="sip:bob@example.com"><name>${name}</name></nameID></participant>`,
    '<stream stream_id="a"><label>1</label></stream><stream stream_id="b"><label>2</label></stream>',
    '<participantstreamassoc participant_id="p1"><send>a</send></participantstreamassoc>',
    '<participantstreamassoc participant_id="p2"><send>b</send></participantstreamassoc></recording>',
  ].join('\n');
/** The same of a client with a root, a namespace and ids of its own; what is said is within the participants. */
const dialect = [
  '<rm:recording_metadata xmlns:rm="urn:ietf:params:xml:ns:siprec"><rm:dataMode>complete</rm:dataMode>',
  '<rm:participant id="p1"><rm:aor>ann@example.com</rm:aor><rm:name>Ann</rm:name><rm:send><rm:id>a</rm:id></rm:send></rm:participant>',
  '<rm:participant id="p2"><rm:aor>bob@example.com</rm:aor><rm:name>Bob</rm:name><rm:send><rm:id>b</rm:id></rm:send></rm:participant>',
  '<rm:stream id="a"><rm:label>1</rm:label></rm:stream><rm:stream id="b"><rm:label>2</rm:label></rm:stream>',
  '</rm:recording_metadata>',
].join('\n');

type Part = readonly [type: string, content: string];
const SDP = 'application/sdp';
const XML = 'application/rs-metadata+xml';

/** A request whose body has these parts. */
const told = (method: string, cseq: number, parts: readonly Part[]) =>
  requests(
    method,
    cseq,
    ['Require: siprec'],
    [
      ...parts.flatMap(([type, content]) => ['--part', `Content-Type: ${type}`, '', content]),
      '--part--',
      '',
    ].join('\n'),
  ).replace(
    `Content-Type: ${SDP}\nContent-Length`,
    'Content-Type: multipart/mixed;boundary=part\nContent-Length',
  );

const trying = expects(100, undefined, true);
const answered = (pattern?: string) => expects(200, pattern);
const begun = (parts: readonly Part[], pattern?: string) => [
  told('INVITE', 1, parts),
  trying,
  answered(pattern),
  requests('ACK', 1),
];
const over = [requests('BYE', 9), expects(200)];
const both = voices(['1', '2']);

describe.skipIf(!HAS_SIPP)('recording clients by SIPp (needs sip-tester)', () => {
  let server: SiprecServer;
  const seen: { readonly metadata: SiprecMetadata[]; readonly paused: boolean[] } = {
    metadata: [],
    paused: [],
  };

  beforeAll(async () => {
    server = await SiprecServer.open({
      ports: { udp: { host: '127.0.0.1', port: 0 } },
      onSession: (session) => {
        session.on('metadata', (metadata) => seen.metadata.push(metadata));
        session.on('paused', (paused) => seen.paused.push(paused));
      },
    });
  });
  afterAll(() => server?.close());

  it.each<[string, string[], { names: string[]; paused?: boolean[] }]>([
    [
      'as the standard has it',
      begun(
        [
          [SDP, both],
          [XML, standard('Bob')],
        ],
        'a=label:2',
      ),
      { names: ['Ann', 'Bob'] },
    ],
    [
      'the parts the other way round',
      begun([
        [XML, standard('Bob')],
        [SDP, both],
      ]),
      { names: ['Ann', 'Bob'] },
    ],
    [
      'a dialect, its type misspelt, and a third part',
      begun([
        [SDP, both],
        ['text/plain', 'hello'],
        ['application/rs-metadata-xml', dialect],
      ]),
      { names: ['Ann', 'Bob'] },
    ],
    [
      'a dummy party that an UPDATE with metadata alone corrects',
      [
        ...begun([
          [SDP, both],
          [XML, standard('anonymous')],
        ]),
        told('UPDATE', 2, [[XML, standard('Bob', 'partial')]]),
        expects(200),
      ],
      { names: ['Ann', 'Bob'] },
    ],
    [
      'a pause by 0.0.0.0, and its end, without metadata',
      [
        ...begun([
          [SDP, both],
          [XML, standard('Bob')],
        ]),
        requests('INVITE', 2, [], voices(['1', '2'], 'sendonly', '0.0.0.0')),
        trying,
        answered('a=inactive'),
        requests('ACK', 2),
        requests('INVITE', 3, [], both),
        trying,
        answered('a=recvonly'),
        requests('ACK', 3),
      ],
      { names: ['Ann', 'Bob'], paused: [true, false] },
    ],
    [
      'inactive first, then another party, in a re-INVITE',
      [
        ...begun([
          [SDP, voices(['1', '2'], 'inactive')],
          [XML, standard('Bob')],
        ]),
        told('INVITE', 2, [
          [SDP, both],
          [XML, standard('Carol')],
        ]),
        trying,
        answered('a=recvonly'),
        requests('ACK', 2),
      ],
      { names: ['Ann', 'Carol'], paused: [true, false] },
    ],
    [
      'one mixed stream',
      begun(
        [
          [SDP, voices(['a_leg'])],
          [XML, standard('Bob')],
        ],
        'a=label:a_leg',
      ),
      { names: ['Ann', 'Bob'] },
    ],
  ])('%s', async (_, steps, { names, paused = [] }) => {
    seen.metadata.length = 0;
    seen.paused.length = 0;
    const { port = 0 } = server.addresses[0] ?? {};
    const { code, errors } = await sipp([...steps, ...over], await freePort(), [
      '-s',
      'record',
      `127.0.0.1:${port}`,
    ]);
    expect([code, errors]).toEqual([0, '']);
    expect(seen.metadata.at(-1)?.participants.map(({ name }) => name)).toEqual(names);
    expect(seen.paused).toEqual(paused);
    await until(() => server.sessions.length === 0);
  });
});
