import { z } from 'zod';
import { invalidArgument } from '../../base/errors.js';
import { issuesText } from '../../base/refusal.js';
import { RTP_CODECS } from '../rtp/rtp-codec.js';

const PREFIX = z.string().regex(/^\+\d{0,20}$/, 'Expected a + and digits, such as +44');
const NUMBER = z.string().regex(/^\+\d{3,20}$/, 'Expected a number with its +, such as +15550123');
const URI = z.string().regex(/^sips?:[^\s<>"]{1,255}$/i, 'Expected a SIP URI, such as sip:trunk.example.com');
const HOST = z.string().regex(/^[a-z0-9_.:-]{1,255}$/i, 'Expected an address or a name');
const FILE = z.string().min(1).max(4096);
const TOKEN = z
  .string()
  .regex(/^[a-z0-9.!%*_+`'~-]{1,64}$/i, 'Expected the name of a header, such as X-Account');
/** Headers that every call needs. The line sets them itself. */
const RESERVED =
  /^(?:via|from|to|call-id|cseq|contact|max-forwards|route|record-route|content-(?:length|type)|(?:proxy-)?authorization|[viftmlc])$/i;
const OWN_HEADER = TOKEN.refine(
  (name) => !RESERVED.test(name),
  'Expected a header that a call can do without',
);
const TEXT = z.string().regex(/^[^\r\n\0]{0,300}$/, 'Expected one line of at most 300 characters');
/** Headers that are added to a call. */
const ownHeaders = z.record(OWN_HEADER, TEXT);
const USER = z.string().regex(/^[^\s@<>"]{1,100}$/, 'Expected a name without spaces');

const port = (usual: number) => z.int().min(0).max(65_535).default(usual);
const listenAt = (usual: number) => ({ host: HOST.default('0.0.0.0'), port: port(usual) });

const listen = z.strictObject({
  udp: z.strictObject(listenAt(5060)).optional().describe('Datagrams. 0 lets the system choose the port.'),
  tcp: z.strictObject(listenAt(5060)).optional(),
  tls: z
    .strictObject({
      ...listenAt(5061),
      keyFile: FILE.optional().describe('Key of the certificate, as PEM.'),
      certFile: FILE.optional(),
      caFile: FILE.optional().describe(
        'Certificates that peers are checked by. Default: those of the system.',
      ),
      clientCertificates: z
        .boolean()
        .default(false)
        .describe('True when every client has to show a certificate.'),
    })
    .optional(),
});

const trunk = z.strictObject({
  uri: URI.describe(
    'Where calls go: sip:trunk.example.com, with ;transport=tls and a port where they are needed.',
  ),
  user: USER.optional().describe('Name for its challenges, where it asks for one.'),
  password: z.string().max(300).optional(),
  addresses: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f.:]+(?:\/\d{1,3})?$/i, 'Expected an address, or a network such as 192.0.2.0/24'),
    )
    .default([])
    .describe('Addresses that its calls come from, besides those of its URI.'),
  names: z.array(HOST).default([]).describe('Names in the certificate of a trunk that calls over TLS.'),
});

const account = z.strictObject({
  address: URI.describe('Your address there: sip:100@example.com.'),
  user: USER.optional().describe('Name for its challenges. Default: the user of the address.'),
  password: z.string().max(300),
  registrar: URI.optional().describe('Default: the host of the address.'),
  proxy: URI.optional().describe('Outbound proxy.'),
  expiresSeconds: z.int().min(60).max(86_400).default(600),
});

const phone = z.strictObject({
  user: USER,
  password: z.string().min(1).max(300),
  number: NUMBER.optional().describe(
    'Number by which users of the exchange call it, and that its calls show.',
  ),
});

const media = z.strictObject({
  address: HOST.optional().describe(
    'Address to receive voice on. Default: that of the first port in listen.',
  ),
  ports: z
    .strictObject({ from: z.int().min(1024).max(65_534), to: z.int().min(1025).max(65_535) })
    .optional()
    .describe('Ports for voice. Default: the choice of the system.'),
  codecs: z
    .array(z.enum(RTP_CODECS as [string, ...string[]]))
    .min(1)
    .default(['PCMA', 'PCMU', 'G722']),
  ptimeMs: z.literal([10, 20, 30, 40, 60]).default(20),
  srtp: z.enum(['accepted', 'required']).default('accepted'),
  timeoutSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(120)
    .describe('A call in which nothing is heard for so long is over; 0 for never.'),
});

const limits = z.strictObject({
  calls: z.int().min(1).max(10_000).default(30).describe('Calls at once, both ways.'),
  callsPerMinute: z.int().min(1).max(60_000).default(60).describe('New calls in a minute, each way.'),
  requestsPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe('Requests in a second of an address that is not the trunk, beside those of its calls.'),
  numbers: z.array(PREFIX).min(1).default(['+']).describe('Beginnings of the numbers that may be called.'),
  barred: z
    .array(PREFIX)
    .default([])
    .describe('Beginnings of numbers that may not be called, whatever else fits.'),
  costPerDay: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Highest cost of all calls of a day (UTC) by their tariffs, in units of the currency: calls that go on are cut off there. A number without a tariff is not called then.',
    ),
  costPerMinute: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Highest cost of a minute, in units of the currency; a number without a tariff is not called then.',
    ),
});

const tariff = z.strictObject({
  prefix: PREFIX,
  rate: z.int().min(0),
  precision: z.int().min(0).max(6),
  currency: z.string().regex(/^[A-Z]{3}$/),
});

/** Schema of a line's options, as in a file. */
export const sipLineSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: TEXT.optional().describe('Name in reports. Default: the address of the trunk or account.'),
    listen: listen.default({ udp: { host: '0.0.0.0', port: 5060 } }),
    advertised: HOST.optional().describe('Address by which the outside reaches this machine, behind a NAT.'),
    trunk: trunk.optional(),
    account: account.optional(),
    phones: z.array(phone).max(10_000).default([]).describe('Phones that register here.'),
    realm: TEXT.default('jackfield').describe('Realm of the challenges to phones.'),
    digest: z
      .array(z.enum(['SHA-256', 'MD5']))
      .min(1)
      .default(['MD5'])
      .describe(
        'Hashes of the challenges to phones, the preferred one first. Older phones give up at one they do not know.',
      ),
    to: USER.optional().describe('Handle that is called where the number called is that of nobody.'),
    onward: z
      .enum(['none', 'phones', 'all'])
      .default('phones')
      .describe(
        'Calls that come in and may go on by a line where the number is that of no user. phones: those of phones that register here, to any number that a line allows; those of the trunk or the provider reach phones that register at a line, and no other number. all: those of the trunk or the provider as well. none: no call.',
      ),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/)
      .optional()
      .describe('Country of numbers without their code that come in, such as GB.'),
    numbers: z
      .enum(['+', '00', 'digits'])
      .default('+')
      .describe('Form of the numbers that are called: with +, with 00, or the digits alone.'),
    caller: NUMBER.optional().describe(
      'Number that calls show. Default: the user of the account, or the handle.',
    ),
    asserted: z.boolean().default(false).describe('True to send the number as P-Asserted-Identity, too.'),
    diversion: z
      .boolean()
      .default(false)
      .describe('True to say in a Diversion header who has forwarded a call.'),
    headers: ownHeaders.default({}).describe('Headers of every call that goes out.'),
    kept: z
      .array(TOKEN)
      .max(32)
      .default([])
      .describe('Headers of calls that come in, to be told with the event call.'),
    subject: TOKEN.optional().describe(
      'Header of calls that come in whose text clients see as SUBJECT of the call, such as X-Account.',
    ),
    transfers: z.boolean().default(true).describe('True to follow REFER, within the limits.'),
    media: media.default(media.parse({})),
    tariffs: z.array(tariff).max(100_000).default([]),
    limits: limits.default(limits.parse({})),
    keepAliveSeconds: z
      .int()
      .min(0)
      .max(3600)
      .default(0)
      .describe(
        'Time between two questions (OPTIONS) whether the trunk is there; 0 for none. Without an answer, calls go by the next line.',
      ),
    sessionSeconds: z.int().min(90).max(86_400).default(1800).describe('Session timer.'),
  })
  .refine(
    ({ trunk, account, phones }) => trunk !== undefined || account !== undefined || phones.length > 0,
    'Expected a trunk, an account, or phones',
  )
  .refine(({ trunk, account }) => !trunk || !account, 'Expected a trunk or an account: two lines for both');

/** Options of {@link sipLine}. */
export type SipLineOptions = z.input<typeof sipLineSchema>;

/** Options of a line, with the defaults filled in. */
export type SipLineSettings = z.output<typeof sipLineSchema>;

/** Checks headers that are added to one call. @throws ERR_INVALID_ARG */
export function checkedHeaders(headers: unknown): Readonly<Record<string, string>> {
  const read = ownHeaders.safeParse(headers);
  if (read.success) return read.data;
  throw invalidArgument('headersFor', `headers of a call (${issuesText(read.error.issues)})`, headers);
}

/** JSON Schema of a line, for editors. */
export function sipLineJsonSchema(): object {
  return z.toJSONSchema(sipLineSchema, { io: 'input' });
}
