/** A message that is valid but unusual, or invalid in an interesting way, and the status that it gets. */
export interface TortureMessage {
  /** Name in RFC 4475 or RFC 5118. */
  readonly name: string;
  readonly text: string;
  /** Final status of the answer; nothing for what is not answered. */
  readonly status: number | undefined;
}

interface Parts {
  /** First line. */
  readonly line: string;
  /** Header lines in place of those of the same name, or besides; an empty text leaves a header out. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
}

function message({ line, headers = {}, body = '' }: Parts): string {
  const [method = ''] = line.split(' ');
  const all: Record<string, string | readonly string[]> = {
    Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw',
    'Max-Forwards': '70',
    From: 'I. Caller <sip:caller@example.net>;tag=323',
    To: 'J. User <sip:j.user@example.com>',
    'Call-ID': `torture.${line.length}.${JSON.stringify(headers).length}`,
    CSeq: `8 ${method}`,
    Contact: '<sip:caller@192.0.2.1>',
    'Content-Length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value)
      .filter((each) => each !== '')
      .map((each) => `${name}: ${each}`),
  );
  return [line, ...lines, '', body].join('\r\n');
}

const OPTIONS = 'OPTIONS sip:user@example.com SIP/2.0';
const REGISTER = 'REGISTER sip:example.com SIP/2.0';
/** Calls are refused so by an endpoint that takes none. */
const NO_CALLS = 480;
const given = (name: string, status: number | undefined, parts: Parts): TortureMessage => ({
  name,
  status,
  text: message(parts),
});

/** Messages after the descriptions of RFC 4475. */
export const RFC_4475: readonly TortureMessage[] = [
  {
    name: 'wsinv',
    // It has a tag in To, and belongs to no call.
    status: 481,
    text: [
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      'Content-Length   : 0',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      '',
      '',
    ].join('\r\n'),
  },
  given('intmeth', 501, {
    line: "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
  }),
  given('esc01', NO_CALLS, { line: 'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0' }),
  given('escnull', 405, {
    line: REGISTER,
    headers: { To: 'sip:null-%00-null@example.com', Contact: '<sip:%00@host5.example.com>' },
  }),
  given('esc02', 501, { line: 'RE%47IST%45R sip:registrar.example.com SIP/2.0' }),
  given('lwsdisp', 200, { line: OPTIONS, headers: { From: 'caller<sip:caller@example.com>;tag=323' } }),
  given('longreq', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: {
      From: `"${'I have a user name of extreme proportion'.repeat(8)}" <sip:caller@example.net>;tag=${'12982982982982982982982982982982'.repeat(12)}`,
      Via: Array.from({ length: 34 }, (_, at) => `SIP/2.0/TCP sip${34 - at}.example.com;branch=z9hG4bK${at}`),
    },
  }),
  {
    ...given('dblreq', 405, { line: REGISTER }),
    text: `${message({ line: REGISTER })}INVITE sip:joe@example.com SIP/2.0\r\n\r\n`,
  },
  given('semiuri', 200, { line: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0' }),
  given('transports', 200, {
    line: OPTIONS,
    headers: {
      Via: [
        'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw',
        'SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
        'SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bK2980unddj',
      ],
    },
  }),
  given('mpart01', NO_CALLS, {
    line: 'INVITE sip:127.0.0.1:5070 SIP/2.0',
    headers: { 'Content-Type': 'multipart/mixed;boundary=7a9cbec02ceef655' },
    body: '--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\0\x01\xff\r\n--7a9cbec02ceef655--\r\n',
  }),
  given('unreason', undefined, {
    line: 'SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe',
    headers: { CSeq: '35 INVITE' },
  }),
  given('noreason', undefined, { line: 'SIP/2.0 100 ', headers: { CSeq: '35 INVITE' } }),
  // Separators that say nothing are passed over: devices send them.
  given('badinv01', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { Via: 'SIP/2.0/UDP 192.0.2.15;;,;,,', Contact: '"Joe" <sip:joe@example.org>;;;;' },
  }),
  // A datagram ends where it ends: its length is the body's.
  given('clerr', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { 'Content-Length': '9999', 'Content-Type': 'application/sdp' },
    body: 'v=0\r\n',
  }),
  given('ncl', 400, { line: 'INVITE sip:user@example.com SIP/2.0', headers: { 'Content-Length': '-999' } }),
  given('scalar02', 400, {
    line: REGISTER,
    headers: { CSeq: '36893488147419103232 REGISTER', 'Max-Forwards': '300', Expires: '1000000000000' },
  }),
  given('scalarlg', undefined, {
    line: 'SIP/2.0 503 Service Unavailable',
    headers: { CSeq: '9292394834772304023312 OPTIONS', 'Retry-After': '949302838503028349304023988' },
  }),
  given('quotbal', 400, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { To: '"Mr. J. User <sip:j.user@example.com>' },
  }),
  given('ltgtruri', 400, { line: 'INVITE <sip:user@example.com> SIP/2.0' }),
  given('lwsruri', 400, { line: 'INVITE sip:user@example.com; lr SIP/2.0' }),
  given('lwsstart', 400, { line: 'INVITE  sip:user@example.com  SIP/2.0' }),
  given('trws', 400, { line: 'OPTIONS sip:remote-target@example.com SIP/2.0  ' }),
  given('escruri', NO_CALLS, { line: 'INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0' }),
  given('baddate', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { Date: 'Fri, 01 Jan 2010 16:00:00 EST' },
  }),
  given('regbadct', 405, {
    line: REGISTER,
    headers: { Contact: 'sip:user@example.com?Route=%3Csip:sip.example.com%3E' },
  }),
  given('badaspec', 400, { line: OPTIONS, headers: { To: '"Watson, Thomas" < sip:t.watson@example.org' } }),
  // Names without quotation marks are taken.
  given('baddn', 200, {
    line: OPTIONS,
    headers: { From: 'Bell, Alexander <sip:a.g.bell@example.com>;tag=43' },
  }),
  given('badvers', 505, { line: 'OPTIONS sip:t.watson@example.org SIP/7.0' }),
  given('mismatch01', 400, { line: OPTIONS, headers: { CSeq: '8 INVITE' } }),
  given('mismatch02', 400, { line: 'NEWMETHOD sip:user@example.com SIP/2.0', headers: { CSeq: '8 INVITE' } }),
  given('bigcode', undefined, {
    line: 'SIP/2.0 4294967301 better not break the receiver',
    headers: { CSeq: '8 INVITE' },
  }),
  given('badbranch', 200, { line: OPTIONS, headers: { Via: 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK' } }),
  given('insuf', undefined, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { 'Call-ID': '', From: '', To: '' },
  }),
  given('unkscm', 416, { line: 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0' }),
  given('novelsc', 416, { line: 'OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0' }),
  given('unksm2', 405, {
    line: REGISTER,
    headers: { To: 'isbn:2983792873', From: '<http://www.example.com>;tag=3234233' },
  }),
  given('bext01', 420, {
    line: OPTIONS,
    headers: {
      Require: 'nothingSupportsThis, nothingSupportsThisEither',
      'Proxy-Require': 'noProxiesSupportThis',
    },
  }),
  given('invut', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { 'Content-Type': 'application/unknownformat' },
    body: '<audio>',
  }),
  given('regaut01', 405, {
    line: REGISTER,
    headers: { Authorization: 'NoOneKnowsThisScheme opaque-data=here' },
  }),
  given('multi01', 400, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: {
      'Call-ID': ['multi01.98asdh', 'multi01.59sdfl'],
      From: ['sip:a@example.com;tag=1', 'sip:b@example.com;tag=2'],
    },
  }),
  given('mcl01', 400, { line: OPTIONS, headers: { 'Content-Length': ['13', '5'] } }),
  given('bcast', undefined, {
    line: 'SIP/2.0 200 OK',
    headers: { Via: 'SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23', CSeq: '8 INVITE' },
  }),
  given('zeromf', 200, { line: OPTIONS, headers: { 'Max-Forwards': '0' } }),
  given('cparam01', 405, {
    line: REGISTER,
    headers: { Contact: 'sip:+19725552222@gw1.example.net;unknownparam' },
  }),
  given('regescrt', 405, {
    line: REGISTER,
    headers: { Contact: '<sip:user@example.com?Route=%3Csip:sip.example.com%3E>' },
  }),
  given('sdp01', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { Accept: 'text/nobodyKnowsThis', 'Content-Type': 'application/sdp' },
    body: 'v=0\r\n',
  }),
  given('inv2543', NO_CALLS, {
    line: 'INVITE sip:UserB@example.com SIP/2.0',
    headers: {
      Via: 'SIP/2.0/UDP iftgw.example.com',
      From: '<sip:+13035551111@ift.client.example.net;user=phone>',
      'Max-Forwards': '',
    },
  }),
];

/** Messages after the descriptions of RFC 5118: addresses of IPv6. */
export const RFC_5118: readonly TortureMessage[] = [
  given('ipv6-good', 405, {
    line: 'REGISTER sip:[2001:db8::10] SIP/2.0',
    headers: {
      To: 'sip:user@example.com',
      From: 'sip:user@example.com;tag=81x2',
      Via: 'SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111',
    },
  }),
  given('ipv6-bad', 400, { line: 'REGISTER sip:2001:db8::10 SIP/2.0' }),
  given('port-ambiguous', 405, { line: 'REGISTER sip:[2001:db8::10:5070] SIP/2.0' }),
  given('port-unambiguous', 405, { line: 'REGISTER sip:[2001:db8::10]:5070 SIP/2.0' }),
  given('via-received-param-with-delim', 200, {
    line: OPTIONS,
    headers: { Via: 'SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3' },
  }),
  given('via-received-param-no-delim', 200, {
    line: OPTIONS,
    headers: { Via: 'SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3' },
  }),
  given('ipv6-in-sdp', NO_CALLS, {
    line: 'INVITE sip:user@[2001:db8::10] SIP/2.0',
    headers: { Contact: '<sip:user@[2001:db8::20]>', 'Content-Type': 'application/sdp' },
    body: 'v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\ns=-\r\nc=IN IP6 2001:db8::20\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0 2\r\n',
  }),
  given('mult-ip-in-header', 405, {
    line: 'REGISTER sip:user@example.com SIP/2.0',
    headers: { Contact: '"Contact" <sip:user@[2001:db8::1]>, <sip:user@192.0.2.1>' },
  }),
  given('ipv4-mapped-ipv6', NO_CALLS, {
    line: 'INVITE sip:user@example.com SIP/2.0',
    headers: { Contact: '<sip:user@[::ffff:192.0.2.10]:19823>' },
  }),
];
