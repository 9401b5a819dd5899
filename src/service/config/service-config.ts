import { z } from 'zod';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { ranged } from '../../base/ranged.js';
import { FROM_TIME, TO_TIME } from '../../base/time/hours.js';
import { checkTimeZone, WEEKDAYS } from '../../base/time/local-time.js';
import { agentConfigSchema } from '../../bot/agent/read-agent.js';
import { CAMPAIGN_RULES } from '../../bot/outbound/campaign-options.js';
import { SPEECH_ENGINES } from '../../bot/prompt/open-prompts.js';
import { recordConfigSchema } from '../../recording/recorder/recorder-config.js';
import { ANSWERING_RULES } from '../../voicemail/answering/answering-bot.js';
import { DAY } from '../calendar.js';
import { FEED_EVENT_TYPES } from '../feed/feed-event.js';

/** Longest handle or number in a rule, in characters. */
const MAX_PATTERN = 1000;
/** A name in a configuration. It appears in logs, metrics and commands. */
const NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;
const name = z
  .string()
  .regex(NAME, 'Expected a name of letters, digits, ".", "_" and "-", such as front-desk');
const file = z.string().min(1).max(4096);
const named = <T extends z.ZodType>(each: T) => z.record(name, each);
const times = {
  from: z.string().regex(FROM_TIME, 'Expected a time such as 09:30, in quotation marks'),
  to: z.string().regex(TO_TIME, 'Expected a time such as 17:30, or 24:00, in quotation marks'),
};
const weekdays = z.array(z.enum(WEEKDAYS)).min(1);
const hours = z.strictObject({ ...times, weekdays: weekdays.optional() });
const zone = z.string().min(1).refine(isZone, 'Expected a time zone such as Europe/Berlin, or UTC');
/** Handles or numbers of a rule. The limits keep the comparison with every call fast. */
const patterns = z.array(z.string().min(1).max(MAX_PATTERN)).min(1).max(10_000);
const day = z
  .string()
  .regex(DAY, 'Expected a day such as "2026-12-25", "12-25" for every year, or "2026-12-24/2027-01-01"');

/** Check for exactly one kind of bot, for zod. */
const ONE_WAY_TO_TALK = [
  ({ flow, script, agent, hooks }: { readonly [K in 'flow' | 'script' | 'agent' | 'hooks']?: unknown }) =>
    [flow, script, agent].filter((way) => way !== undefined).length === 1 &&
    (flow !== undefined || hooks === undefined),
  'Expected a flow, perhaps with hooks, or a script, or an agent',
] as const;

/** Values of `answer` in rules for the answering machine and for no answer. */
export const MACHINE = 'answering-machine';
export const NOBODY = 'nobody';

const endpoint = z.strictObject({
  attach: z.string().min(1).describe('Its address: tcp:4100, dbus, x11, ... or exchange:HANDLE.'),
  token: z.string().min(1).optional().describe('The secret shared with it.'),
  tokenFile: file.optional().describe('A file with that secret.'),
  tls: z.strictObject({ caFile: file, certFile: file, keyFile: file }).partial().optional(),
});

/** Common fields of webhooks and hooks. */
const hook = {
  events: z
    .array(z.enum(FEED_EVENT_TYPES))
    .min(1)
    .optional()
    .describe('Types of events. Default all but stream, step, digit and transcript.'),
  timeoutMs: z.number().min(100).max(600_000).optional().describe('Longest time that it may take.'),
};

const key = z.string().regex(/^[0-9*#]$/, 'Expected a key of 0-9, * and #, in quotation marks');

const speech = z.union(
  [
    z.enum(SPEECH_ENGINES),
    z.strictObject({
      url: z.string().min(1).describe('Whole address: https://api.openai.com/v1/audio/speech.'),
      voice: z.string().min(1).max(200).optional().describe('Default alloy.'),
      model: z.string().min(1).max(200).optional().describe('Default tts-1.'),
      format: z.enum(['pcm', 'wav']).optional().describe('Form of the sound. Default pcm.'),
      sampleRate: ranged(SAMPLE_RATE).optional().describe('Of pcm, in Hz. Default 24000.'),
      token: z
        .string()
        .min(1)
        .optional()
        .describe('The key for it; a variable of the environment can stand for it.'),
      tokenFile: file.optional().describe('A file with the key.'),
      tokenHeader: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Header that has the key: xi-api-key. Default "Authorization: Bearer".'),
    }),
  ],
  `Expected ${SPEECH_ENGINES.join(', ')} or { url: address of a service, and others }`,
);

/** Common fields of bots and campaigns. */
const talker = {
  flow: file.optional().describe('The flow, as YAML or JSON.'),
  hooks: file.optional().describe('JavaScript module that exports the hooks of the flow.'),
  script: file
    .optional()
    .describe('JavaScript module in place of a flow; its default export is called with each call.'),
  agent: agentConfigSchema.optional().describe('Voice agent in place of a flow.'),
  http: z
    .strictObject({
      hosts: z
        .array(z.string().min(1))
        .describe('Hosts that the flow may ask: api.example.org, *.example.org.'),
      privateAddresses: z
        .boolean()
        .optional()
        .describe('True when they may be in a private network, or on this machine. Default false.'),
    })
    .optional()
    .describe('Limits of the requests that the flow makes. Default: it makes none.'),
  prompts: file.optional().describe('Folder of recorded prompts.'),
  speech: speech.optional().describe('Speaks what has no recording. Default none.'),
  cache: file.optional().describe('Folder in which converted prompts and speech are kept.'),
};
const maxCalls = z.number().int().min(1).max(10_000).optional();

const bot = z
  .strictObject({
    ...talker,
    maxCalls: maxCalls.describe(
      'Calls at once, over all endpoints; the next rule that fits has the others. Default 100.',
    ),
  })
  .refine(...ONE_WAY_TO_TALK);

const campaign = z
  .strictObject({
    list: file.describe('Who is called: CSV with a column target, or JSON.'),
    ...talker,
    endpoint: name.optional().describe('The endpoint that calls. Needed where there are several.'),
    begin: z
      .enum(['at-once', 'on-demand'])
      .optional()
      .describe(
        'on-demand, the default: `ctl campaign-start` begins it. What ctl said last outlives a restart.',
      ),
    hours: z.strictObject(times).optional().describe('Calls are placed within these hours only.'),
    weekdays: weekdays.optional().describe('Calls are placed on these days only.'),
    timezone: zone.optional().describe('Zone of both. Default: that of the flow.'),
    concurrency: ranged(CAMPAIGN_RULES.concurrency).optional().describe('Calls at once. Default 1.'),
    callsPerMinute: z.number().min(0.001).max(6000).optional().describe('Default 30.'),
    callsPerSecond: z
      .number()
      .min(0.001)
      .max(100)
      .optional()
      .describe('Default: callsPerMinute alone limits.'),
    zones: z
      .record(z.string().min(1).max(20), zone)
      .optional()
      .describe('Zones by the beginning of a number: { "+44": Europe/London }.'),
    holidays: z
      .array(z.string().regex(/^\d{4}-\d\d-\d\d$/, 'Expected a day such as "2026-12-25"'))
      .max(10_000)
      .optional()
      .describe('Days without calls.'),
    doNotCall: file.optional().describe('File with those who must not be called, one a line.'),
    doNotCallKey: key.optional().describe('Key with which whoever is called is put into that file.'),
    attempts: ranged(CAMPAIGN_RULES.attempts).optional().describe('Calls to one target. Default 3.'),
    retryAfterMs: ranged(CAMPAIGN_RULES.retryAfterMs)
      .optional()
      .describe('Before a target is called again. Default 600000.'),
    ringMs: ranged(CAMPAIGN_RULES.ringMs).optional().describe('Longest ringing. Default 30000.'),
    log: file.optional().describe('Folder that knows who was called. Default: that of the recordings.'),
  })
  .refine(...ONE_WAY_TO_TALK);

/** Conditions on a call. All given conditions must hold. */
const conditions = {
  endpoints: z.array(name).min(1).optional().describe('Of these endpoints. Default all.'),
  callers: patterns.optional().describe('Handles or numbers; a * at the end stands for anything.'),
  called: patterns
    .optional()
    .describe('What was called: the number, or the handle of the account. As callers.'),
  status: z
    .array(z.string().min(1).max(100))
    .min(1)
    .optional()
    .describe('While the account has one of these statuses, such as AWAY or DND.'),
  hours: hours.optional(),
  days: z.array(name).min(1).optional().describe('On days of one of these calendars only.'),
  notDays: z.array(name).min(1).optional().describe('On no day of these calendars.'),
  timezone: zone.optional().describe('Zone of hours and days. Default that of the machine.'),
};
const ringMs = z.number().min(0).max(120_000).optional();

/** A file, text or prompt to play. */
const spoken = z.union(
  [
    file,
    z.strictObject({ text: z.string().min(1).max(2000) }),
    z.strictObject({ prompt: z.string().min(1).max(200) }),
  ],
  'Expected a file of sound, { text: words for the speech engine } or { prompt: name of a recording }',
);
const program = { command: file, args: z.array(z.string().max(10_000)).max(100).optional() };

const machine = z.strictObject({
  archive: file.describe('Folder of the messages.'),
  afterMs: ringMs.describe('Rings so long first, where the rule does not say. Default 20000.'),
  maxCalls: maxCalls.describe('Calls at once. Default 1000.'),
  greeting: spoken.optional().describe('Default: three rising tones.'),
  greetings: z
    .array(z.strictObject({ ...conditions, greeting: spoken }))
    .max(1000)
    .optional()
    .describe('Other greetings; the first whose conditions hold is said.'),
  reviewPrompt: spoken.optional().describe('Asks, after a key, what is to become of the message.'),
  goodbye: spoken.optional().describe('Said when the message is kept.'),
  prompts: talker.prompts,
  speech: talker.speech,
  cache: talker.cache,
  maxMs: ranged(ANSWERING_RULES.maxMs).optional(),
  silenceMs: ranged(ANSWERING_RULES.silenceMs).optional(),
  minMs: ranged(ANSWERING_RULES.minMs).optional(),
  endKey: z.union([key, z.literal('')], 'Expected a key of 0-9, * and #, or ""').optional(),
  keys: z.strictObject({ listen: key, again: key, keep: key, delete: key }).partial().optional(),
  encryptTo: z.array(z.string().min(1)).min(1).optional().describe('age recipients of the messages.'),
  language: z.string().min(1).max(100).optional().describe('Language of the messages.'),
  transcriber: z
    .strictObject({ ...program, timeoutMs: z.number().min(1000).max(86_400_000).optional() })
    .optional()
    .describe('Command that turns a message into text; {file} and {language} are filled in.'),
  hook: z
    .strictObject(program)
    .optional()
    .describe('Command that is told of each message, as JSON on its standard input. No shell line.'),
});

const rule = z.strictObject({
  name,
  priority: z
    .number()
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .optional()
    .describe('The highest that fits decides; of equals the first. Default 0.'),
  ...conditions,
  answer: z.string().min(1).describe(`A bot, ${MACHINE}, or ${NOBODY}: then the call goes on ringing.`),
  afterMs: ringMs.describe('Rings so long first. Default 0; of the machine, its own.'),
});

/** Schema of the configuration of `jackfield serve`; docs/service-config.schema.json is generated from it. */
export const serviceConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  include: z.array(file).optional().describe('Files that are merged in; what stands here goes before them.'),
  exchange: z
    .strictObject({
      scenario: file.describe('Its users, robots and numbers.'),
      stateFolder: file.optional(),
    })
    .optional()
    .describe('An exchange in this process. Endpoints are attached to it as exchange:HANDLE.'),
  endpoints: named(endpoint).refine((all) => Object.keys(all).length > 0, 'Expected one endpoint or more'),
  record: recordConfigSchema
    .omit({ $schema: true, attach: true, tls: true, tokenFile: true })
    .optional()
    .describe('Records calls, by policy.'),
  bots: named(bot).optional(),
  answeringMachine: machine.optional().describe('Takes messages, where a rule says so.'),
  campaigns: named(campaign).optional().describe('Calls to everybody on a list.'),
  calendars: named(z.array(day).max(10_000))
    .optional()
    .describe('Days that rules are about, such as holidays.'),
  rules: z.array(rule).max(10_000).optional().describe('Who answers. Without one that fits, nobody does.'),
  control: z.strictObject({ socket: file.optional() }).optional(),
  http: z
    .strictObject({
      port: z.number().int().min(0).max(65_535),
      host: z.string().min(1).optional().describe('Default 127.0.0.1.'),
      tls: z
        .strictObject({ certFile: file, keyFile: file })
        .optional()
        .describe('Certificate, with those between it and its root, and key (PEM). Default: plain HTTP.'),
    })
    .optional()
    .describe('Serves /metrics, /healthz, /readyz and the REST API.'),
  api: z
    .strictObject({
      tokens: named(
        z.strictObject({
          file: file.describe('A file with the token: 16 characters or more.'),
          may: z.enum(['read', 'control']).optional().describe('Default control.'),
        }),
      ).describe('Who may ask: by name, as logs tell it.'),
      requestsPerSecond: z.number().min(1).max(10_000).optional().describe('For each token. Default 50.'),
    })
    .optional()
    .describe('The REST API, on the port of http.'),
  webhooks: named(
    z.strictObject({
      url: z.url({ protocol: /^https?$/, error: 'Expected an http: or https: address' }),
      secretFile: file.describe('A file with the key of the signature: 16 characters or more.'),
      ...hook,
    }),
  )
    .optional()
    .describe('Addresses that events are sent to, signed.'),
  hooks: named(
    z.union(
      [
        z.strictObject({ command: file, args: z.array(z.string()).optional(), ...hook }),
        z.strictObject({ module: file.describe('A module whose default export takes each event.'), ...hook }),
      ],
      'Expected command, with args, or module; and events and timeoutMs',
    ),
  )
    .optional()
    .describe('Programs that are run for events, without a shell, and modules that are called with them.'),
  outbox: file
    .optional()
    .describe('Folder in which events wait for webhooks and hooks. Default jackfield-outbox.'),
  traces: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: 'Expected an http: or https: address' })
        .describe('Of the collector: http://127.0.0.1:4318/v1/traces.'),
      headers: z.record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(10_000)).optional(),
      serviceName: z.string().min(1).max(200).optional().describe('Default jackfield.'),
    })
    .optional()
    .describe('Sends traces of calls to an OpenTelemetry collector, by OTLP over HTTP in JSON.'),
  log: z
    .strictObject({
      file: file,
      format: z.enum(['json', 'text']),
      level: z.enum(['debug', 'info', 'warn', 'error']),
      maskNumbers: z.boolean(),
    })
    .partial()
    .optional(),
});

/** A checked configuration. */
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

/** Conditions on a call, of a rule or a greeting. */
export type Conditions = Pick<
  NonNullable<ServiceConfig['rules']>[number],
  'endpoints' | 'callers' | 'called' | 'status' | 'hours' | 'days' | 'notDays' | 'timezone'
>;

/** The schema as JSON Schema, for editors. */
export function serviceConfigJsonSchema(): object {
  return z.toJSONSchema(serviceConfigSchema, { io: 'input' });
}

function isZone(zone: string): boolean {
  try {
    checkTimeZone(zone);
    return true;
  } catch {
    return false;
  }
}
