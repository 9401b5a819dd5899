import { describe, expect, it } from 'vitest';
import {
  mergeSiprecMetadata,
  readSiprecMetadata,
  speakerOf,
} from '../../../src/line/siprec/siprec-metadata.js';
import { randomFrom } from '../../random.js';

/** As RFC 7865 has it. */
const STANDARD = `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns='urn:ietf:params:xml:ns:recording:1' xmlns:apkt="http://acmepacket.com/siprec/extensiondata">
  <datamode>complete</datamode>
  <group group_id="7+OTCyoxTmqmqyA/1weDAg=="><associate-time>2010-12-16T23:41:07Z</associate-time></group>
  <session session_id="hVpd7YQgRW2nD22h7q60JQ==">
    <sipSessionID>ab30317f1a784dc48ff824d0d3715d86;remote=47755a9de7794ba387653f2099600ef2</sipSessionID>
    <start-time>2010-12-16T23:41:07Z</start-time>
  </session>
  <participant participant_id="srfBElmCRp2QB23b7Mpk0w==">
    <nameID aor="sip:bob@biloxi.com"><name xml:lang="it">Bob</name></nameID>
  </participant>
  <participant participant_id="zSfPoSvdSDCmU3A3TRDxAw==">
    <nameID aor="sip:Paul@biloxi.com"><name xml:lang="it">Paul</name></nameID>
  </participant>
  <stream stream_id="UAAMm5GRQKSCMVvLyl4rFw==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>96</label></stream>
  <stream stream_id="i1Pz3to5hGk8fuXl+PbwCw==" session_id="hVpd7YQgRW2nD22h7q60JQ=="><label>97</label></stream>
  <participantstreamassoc participant_id="srfBElmCRp2QB23b7Mpk0w==">
    <send>i1Pz3to5hGk8fuXl+PbwCw==</send><recv>UAAMm5GRQKSCMVvLyl4rFw==</recv>
  </participantstreamassoc>
  <participantstreamassoc participant_id="zSfPoSvdSDCmU3A3TRDxAw==">
    <send>UAAMm5GRQKSCMVvLyl4rFw==</send><recv>i1Pz3to5hGk8fuXl+PbwCw==</recv>
  </participantstreamassoc>
  <apkt:ucid>00FA08001900014D</apkt:ucid>
  <apkt:callingParty>sip:1001@example.com</apkt:callingParty>
</recording>`;

/** The same call as other clients tell of it. */
const DIALECTS: readonly (readonly [string, (text: string) => string])[] = [
  [
    'a prefix',
    (text) => text.replaceAll(/<(\/?)(?!\?|apkt|\/apkt)(\w)/g, '<$1rec:$2').replace('xmlns=', 'xmlns:rec='),
  ],
  [
    'another root',
    (text) =>
      text.replace('<recording ', '<recording_metadata ').replace('</recording>', '</recording_metadata>'),
  ],
  ['another namespace', (text) => text.replace('ns:recording:1', 'ns:siprec')],
  ['an older namespace', (text) => text.replace('ns:recording:1', 'ns:recording')],
  [
    'id in place of participant_id',
    (text) => text.replaceAll('<participant participant_id', '<participant id'),
  ],
  [
    'ids as elements',
    (text) =>
      text.replaceAll(
        /<participant participant_id="([^"]+)">/g,
        '<participant><participant_id>$1</participant_id>',
      ),
  ],
  ['dataMode', (text) => text.replaceAll('datamode', 'dataMode')],
  [
    'the address as an element',
    (text) => text.replaceAll(/<nameID aor="([^"]+)">/g, '<nameID><aor>$1</aor>'),
  ],
  ['addresses without a scheme', (text) => text.replaceAll('aor="sip:', 'aor="')],
  ['send as an attribute', (text) => text.replaceAll(/<send>([^<]+)<\/send>/g, '<send id="$1"/>')],
  ['send with an id in it', (text) => text.replaceAll(/<send>([^<]+)<\/send>/g, '<send><id>$1</id></send>')],
  [
    'send within the participant',
    (text) => {
      const sends = [...text.matchAll(/<send>[^<]+<\/send>/g)].map(([send]) => send);
      return text
        .replaceAll(/<participantstreamassoc[\s\S]*?<\/participantstreamassoc>/g, '')
        .replaceAll('</nameID>', () => `</nameID>${sends.shift()}`);
    },
  ],
  ['a byte order mark, and no declaration', (text) => `\ufeff${text.slice(text.indexOf('?>') + 2)}`],
];

describe('SIPREC metadata', () => {
  it('are read from the example of the standard', () => {
    const metadata = readSiprecMetadata(STANDARD);
    expect(metadata).toMatchObject({
      isComplete: true,
      session: 'hVpd7YQgRW2nD22h7q60JQ==',
      callIds: [expect.stringMatching(/^ab30317f/), '00FA08001900014D'] as string[],
      streams: [{ label: '96' }, { label: '97' }],
      extensions: { callingparty: 'sip:1001@example.com' },
    });
    expect(speakerOf(metadata, '97')).toMatchObject({ name: 'Bob', address: 'sip:bob@biloxi.com' });
    expect(speakerOf(metadata, '96')?.name).toBe('Paul');
    expect(speakerOf(metadata, '98')).toBeUndefined();
  });

  it.each(DIALECTS)('%s', (_, dialect) => {
    const metadata = readSiprecMetadata(dialect(STANDARD));
    expect(metadata.isComplete).toBe(true);
    expect(metadata.participants.map(({ name }) => name)).toEqual(['Bob', 'Paul']);
    expect(speakerOf(metadata, '97')?.address).toMatch(/^(sip:)?bob@biloxi\.com$/);
    expect(speakerOf(metadata, '96')?.address).toMatch(/^(sip:)?Paul@biloxi\.com$/);
  });

  it('names no speaker when two are mixed in a stream, or none is given', () => {
    const mixed = STANDARD.replaceAll(/<send>[^<]+<\/send>/g, '<send>UAAMm5GRQKSCMVvLyl4rFw==</send>');
    expect(speakerOf(readSiprecMetadata(mixed), '96')).toBeUndefined();
    expect(
      speakerOf(readSiprecMetadata(STANDARD.replaceAll(/<send>[^<]+<\/send>/g, '')), '96'),
    ).toBeUndefined();
  });

  it('apply a partial update to the state, and replace it with a complete one', () => {
    const before = readSiprecMetadata(STANDARD.replace('>Paul<', '>Unknown<'));
    const change = readSiprecMetadata(`<recording><datamode>partial</datamode>
      <participant participant_id="zSfPoSvdSDCmU3A3TRDxAw=="><nameID aor="tel:+1555"><name>Carol</name></nameID></participant>
    </recording>`);
    const after = mergeSiprecMetadata(before, change);
    expect(speakerOf(after, '96')).toMatchObject({ name: 'Carol', address: 'tel:+1555' });
    expect(speakerOf(after, '97')?.name).toBe('Bob');
    expect(after.extensions).toEqual(before.extensions);
    expect(mergeSiprecMetadata(after, before)).toBe(before);
  });

  it.each([
    ['a document type', '<!DOCTYPE r [<!ENTITY a "aaaa">]><recording>&a;</recording>', 'ERR_SYNTAX'],
    ['what is no XML', 'v=0', 'ERR_SYNTAX'],
    ['another document', '<html/>', 'ERR_SYNTAX'],
    ['a document that is cut', STANDARD.slice(0, 900), 'ERR_SYNTAX'],
    ['one that is too large', `<recording>${'<a/>'.repeat(70_000)}</recording>`, 'ERR_LIMIT'],
    ['one that is too deep', '<recording>'.repeat(20_000), 'ERR_LIMIT'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => readSiprecMetadata(text)).toThrow(expect.objectContaining({ code }));
  });

  it('are limited in size', () => {
    const many = `<recording>${'<participant id="x"><name>y</name><send>z</send></participant>'.repeat(3000)}<v>${'w'.repeat(50_000)}</v></recording>`;
    const metadata = readSiprecMetadata(many);
    expect(metadata.participants).toHaveLength(200);
    expect(metadata.extensions['v']).toHaveLength(1000);
  });

  it('survive any damage, or are refused with a typed error', () => {
    const random = randomFrom(9);
    for (let run = 0; run < 500; run++) {
      const text = [...STANDARD];
      for (let n = 0; n < 1 + random() * 5; n++) {
        text.splice(
          Math.floor(random() * text.length),
          Math.floor(random() * 20),
          ...['<', '>', '"', '&', '/', ' '].slice(Math.floor(random() * 6)),
        );
      }
      try {
        expect(readSiprecMetadata(text.join('')).participants).toBeInstanceOf(Array);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_(SYNTAX|LIMIT)$/) as string });
      }
    }
  });
});
