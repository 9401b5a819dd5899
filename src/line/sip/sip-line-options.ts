import { z } from 'zod';
import { invalidArgument } from '../../base/errors.js';
import { issuesText } from '../../base/request-error.js';
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
  'Expected a header that SIP does not set itself',
);
const TEXT = z.string().regex(/^[^\r\n\0]{0,300}$/, 'Expected one line of at most 300 characters');
/** Headers that are added to a call. */
const ownHeaders = z.record(OWN_HEADER, TEXT);
const USER = z.string().regex(/^[^\s@<>"]{1,100}$/, 'Expected a name without spaces');

const port = (usual: number) => z.int().min(0).max(65_535).default(usual);
const listenAt = (usual: number) => ({ host: HOST.default('0.0.0.0'), port: port(usual) });

const listen = z.strictObject({
  udp: z.strictObject(listenAt(5060)).optional().describe('UDP port. 0 lets the system choose.'),
  tcp: z.strictObject(listenAt(5060)).optional(),
  tls: z
    .strictObject({
      ...listenAt(5061),
      keyFile: FILE.optional().describe('Private key of the certificate, as PEM.'),
      certFile: FILE.optional(),
      caFile: FILE.optional().describe(
        'CA certificates to check peers against. Default: the certificates that Node trusts.',
      ),
      clientCertificates: z
        .boolean()
        .default(false)
        .describe('True when every client must present a certificate.'),
    })
    .optional(),
});

const trunk = z.strictObject({
  uri: URI.describe(
    'SIP URI that calls are sent to: sip:trunk.example.com, with ;transport=tls and a port if needed.',
  ),
  user: USER.optional().describe('User name for digest authentication, if the trunk asks for it.'),
  password: z.string().max(300).optional(),
  addresses: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f.:]+(?:\/\d{1,3})?$/i, 'Expected an address, or a network such as 192.0.2.0/24'),
    )
    .default([])
    .describe('Other source addresses of its calls, besides those of its URI.'),
  names: z
    .array(HOST)
    .default([])
    .describe('Names that the certificate of a trunk may have when it calls over TLS.'),
});

const account = z.strictObject({
  address: URI.describe('Address of the account at the provider: sip:100@example.com.'),
  user: USER.optional().describe(
    'User name for digest authentication. Default: the user part of the address.',
  ),
  password: z.string().max(300),
  registrar: URI.optional().describe('Registrar. Default: the host of the address.'),
  proxy: URI.optional().describe('Outbound proxy.'),
  expiresSeconds: z.int().min(60).max(86_400).default(600),
});

const phone = z.strictObject({
  user: USER,
  password: z.string().min(1).max(300),
  number: NUMBER.optional().describe(
    'Number of the phone: users of the exchange call it, and calls of the phone show it.',
  ),
});

const media = z.strictObject({
  address: HOST.optional().describe(
    'Address to receive voice on. Default: the address of the first port in listen.',
  ),
  ports: z
    .strictObject({ from: z.int().min(1024).max(65_534), to: z.int().min(1025).max(65_535) })
    .optional()
    .describe('Port range for voice. Default: the system chooses.'),
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
    .describe('Ends a call after this time without received audio, in seconds; 0 for never.'),
});

const limits = z.strictObject({
  calls: z.int().min(1).max(10_000).default(30).describe('Most calls at once, both directions together.'),
  callsPerMinute: z
    .int()
    .min(1)
    .max(60_000)
    .default(60)
    .describe('Most new calls per minute, each direction.'),
  requestsPerSecond: z
    .int()
    .min(1)
    .max(10_000)
    .default(20)
    .describe(
      'Most requests per second from an address other than the trunk, not counting those of its calls.',
    ),
  numbers: z.array(PREFIX).min(1).default(['+']).describe('Prefixes of numbers that may be called.'),
  barred: z
    .array(PREFIX)
    .default([])
    .describe('Prefixes of numbers that must not be called. They take precedence.'),
  costPerDay: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Highest cost of all calls of a day (UTC) by their tariffs, in units of the currency: calls in progress are ended at this cost. With this limit, a number without a tariff is not called.',
    ),
  costPerMinute: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Highest cost of a minute, in units of the currency; with this limit, a number without a tariff is not called.',
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
    advertised: HOST.optional().describe('Public address of this machine behind a NAT.'),
    trunk: trunk.optional(),
    account: account.optional(),
    phones: z.array(phone).max(10_000).default([]).describe('Phones that register with this line.'),
    realm: TEXT.default('jackfield').describe('Realm for digest authentication of phones.'),
    digest: z
      .array(z.enum(['SHA-256', 'MD5']))
      .min(1)
      .default(['MD5'])
      .describe(
        'Hash algorithms for digest authentication of phones, the preferred one first. Older phones fail on unknown algorithms.',
      ),
    to: USER.optional().describe('Handle that receives calls to a number that no user has.'),
    onward: z
      .enum(['none', 'phones', 'all'])
      .default('phones')
      .describe(
        'Incoming calls that may be forwarded to a line when no user has the number. phones: calls of registered phones, to any number that a line allows; calls of the trunk or the provider reach only registered phones. all: also calls of the trunk or the provider. none: no calls.',
      ),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/)
      .optional()
      .describe('Country of incoming numbers without a country code, such as GB.'),
    numbers: z
      .enum(['+', '00', 'digits'])
      .default('+')
      .describe('Format of called numbers: with +, with 00, or only the digits.'),
    caller: NUMBER.optional().describe(
      'Number that outgoing calls show. Default: the user of the account, or the handle.',
    ),
    asserted: z.boolean().default(false).describe('True to send the number also as P-Asserted-Identity.'),
    diversion: z
      .boolean()
      .default(false)
      .describe('True to name the forwarding user of a call in a Diversion header.'),
    headers: ownHeaders.default({}).describe('Headers of every outgoing call.'),
    kept: z
      .array(TOKEN)
      .max(32)
      .default([])
      .describe('Headers of incoming calls to include in the event "call".'),
    subject: TOKEN.optional().describe(
      'Header of incoming calls that clients see as SUBJECT of the call, such as X-Account.',
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
        'Interval of OPTIONS requests to check the trunk, in seconds; 0 for none. Without an answer, calls use the next line.',
      ),
    sessionSeconds: z.int().min(90).max(86_400).default(1800).describe('Session timer.'),
  })
  .refine(
    ({ trunk, account, phones }) => trunk !== undefined || account !== undefined || phones.length > 0,
    'Expected a trunk, an account, or phones',
  )
  .refine(
    ({ trunk, account }) => !trunk || !account,
    'Expected either a trunk or an account: for both, make two lines',
  );

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
