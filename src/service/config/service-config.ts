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
  'Expected a flow (optionally with hooks), a script or an agent',
] as const;

/** Values of `answer` in rules for the answering machine and for no answer. */
export const MACHINE = 'answering-machine';
export const NOBODY = 'nobody';

const endpoint = z.strictObject({
  attach: z.string().min(1).describe('Address of the endpoint: tcp:4100, dbus, x11, ... or exchange:HANDLE.'),
  token: z.string().min(1).optional().describe('The secret that the endpoint expects.'),
  tokenFile: file.optional().describe('A file with the secret.'),
  tls: z.strictObject({ caFile: file, certFile: file, keyFile: file }).partial().optional(),
});

/** Common fields of webhooks and hooks. */
const hook = {
  events: z
    .array(z.enum(FEED_EVENT_TYPES))
    .min(1)
    .optional()
    .describe('Types of events. Default all but stream, step, digit and transcript.'),
  timeoutMs: z.number().min(100).max(600_000).optional().describe('Longest time for one event, in ms.'),
};

const key = z.string().regex(/^[0-9*#]$/, 'Expected a key of 0-9, * and #, in quotation marks');

const speech = z.union(
  [
    z.enum(SPEECH_ENGINES),
    z.strictObject({
      url: z.string().min(1).describe('Whole address: https://api.openai.com/v1/audio/speech.'),
      voice: z.string().min(1).max(200).optional().describe('Default alloy.'),
      model: z.string().min(1).max(200).optional().describe('Default tts-1.'),
      format: z.enum(['pcm', 'wav']).optional().describe('Audio format. Default pcm.'),
      sampleRate: ranged(SAMPLE_RATE).optional().describe('Sample rate of pcm, in Hz. Default 24000.'),
      token: z
        .string()
        .min(1)
        .optional()
        .describe('The key for the service. It can come from an environment variable.'),
      tokenFile: file.optional().describe('A file with the key for the service.'),
      tokenHeader: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('Header that carries the key, such as xi-api-key. Default "Authorization: Bearer".'),
    }),
  ],
  `Expected ${SPEECH_ENGINES.join(', ')} or { url: address of a service, and other fields }`,
);

/** Common fields of bots and campaigns. */
const talker = {
  flow: file.optional().describe('The flow, as YAML or JSON.'),
  hooks: file.optional().describe('JavaScript module that exports the hooks of the flow.'),
  script: file
    .optional()
    .describe('JavaScript module in place of a flow. Its default export runs for each call.'),
  agent: agentConfigSchema.optional().describe('Voice agent in place of a flow.'),
  http: z
    .strictObject({
      hosts: z
        .array(z.string().min(1))
        .describe('Hosts that the flow may send requests to: api.example.org, *.example.org.'),
      privateAddresses: z
        .boolean()
        .optional()
        .describe('True to allow hosts of a private network or of this machine. Default false.'),
    })
    .optional()
    .describe('Limits of the requests that the flow sends. Default: no requests.'),
  prompts: file.optional().describe('Folder of recorded prompts.'),
  speech: speech.optional().describe('Speech engine for text without a recording. Default none.'),
  cache: file.optional().describe('Folder for converted prompts and speech.'),
};
const maxCalls = z.number().int().min(1).max(10_000).optional();

const bot = z
  .strictObject({
    ...talker,
    maxCalls: maxCalls.describe(
      'Most calls at once, over all endpoints. Further calls go to the next rule that matches. Default 100.',
    ),
  })
  .refine(...ONE_WAY_TO_TALK);

const campaign = z
  .strictObject({
    list: file.describe('File with the targets: CSV with a column "target", or JSON.'),
    ...talker,
    endpoint: name
      .optional()
      .describe('The endpoint that places the calls. Required when there are several endpoints.'),
    begin: z
      .enum(['at-once', 'on-demand'])
      .optional()
      .describe(
        'on-demand (default): `ctl campaign-start` starts it. The last ctl command stays in force after a restart.',
      ),
    hours: z.strictObject(times).optional().describe('Calls are placed only within these hours.'),
    weekdays: weekdays.optional().describe('Calls are placed only on these days.'),
    timezone: zone.optional().describe('Time zone of hours and days. Default: the time zone of the flow.'),
    concurrency: ranged(CAMPAIGN_RULES.concurrency).optional().describe('Most calls at once. Default 1.'),
    callsPerMinute: z.number().min(0.001).max(6000).optional().describe('Default 30.'),
    callsPerSecond: z
      .number()
      .min(0.001)
      .max(100)
      .optional()
      .describe('Most calls placed in a second. Default: only callsPerMinute limits.'),
    zones: z
      .record(z.string().min(1).max(20), zone)
      .optional()
      .describe('Time zones by number prefix: { "+44": Europe/London }.'),
    holidays: z
      .array(z.string().regex(/^\d{4}-\d\d-\d\d$/, 'Expected a day such as "2026-12-25"'))
      .max(10_000)
      .optional()
      .describe('Days without calls.'),
    doNotCall: file.optional().describe('File with numbers that must not be called, one per line.'),
    doNotCallKey: key.optional().describe('Key that adds the called number to that file.'),
    attempts: ranged(CAMPAIGN_RULES.attempts).optional().describe('Most calls to one target. Default 3.'),
    retryAfterMs: ranged(CAMPAIGN_RULES.retryAfterMs)
      .optional()
      .describe('Wait before a target is called again, in ms. Default 600000.'),
    ringMs: ranged(CAMPAIGN_RULES.ringMs).optional().describe('Longest ringing. Default 30000.'),
    log: file.optional().describe('Folder with the log of calls. Default: the folder of recordings.'),
  })
  .refine(...ONE_WAY_TO_TALK);

/** Conditions on a call. All given conditions must hold. */
const conditions = {
  endpoints: z.array(name).min(1).optional().describe('Endpoints that the rule applies to. Default all.'),
  callers: patterns.optional().describe('Handles or numbers of callers; a * at the end matches anything.'),
  called: patterns.optional().describe('Called numbers or account handles, in the same form as callers.'),
  status: z
    .array(z.string().min(1).max(100))
    .min(1)
    .optional()
    .describe('Applies while the account has one of these statuses, such as AWAY or DND.'),
  hours: hours.optional(),
  days: z.array(name).min(1).optional().describe('Applies only on days of one of these calendars.'),
  notDays: z.array(name).min(1).optional().describe('Does not apply on days of these calendars.'),
  timezone: zone.optional().describe('Time zone of hours and days. Default: the time zone of the machine.'),
};
const ringMs = z.number().min(0).max(120_000).optional();

/** A file, text or prompt to play. */
const spoken = z.union(
  [
    file,
    z.strictObject({ text: z.string().min(1).max(2000) }),
    z.strictObject({ prompt: z.string().min(1).max(200) }),
  ],
  'Expected an audio file, { text: words for the speech engine } or { prompt: name of a recording }',
);
const program = { command: file, args: z.array(z.string().max(10_000)).max(100).optional() };

const machine = z.strictObject({
  archive: file.describe('Folder for messages.'),
  afterMs: ringMs.describe(
    'Time to ring before the answer, in ms, unless the rule has its own. Default 20000.',
  ),
  maxCalls: maxCalls.describe('Most calls at once. Default 1000.'),
  greeting: spoken.optional().describe('Greeting. Default: three rising tones.'),
  greetings: z
    .array(z.strictObject({ ...conditions, greeting: spoken }))
    .max(1000)
    .optional()
    .describe('Other greetings. The first whose conditions hold is played.'),
  reviewPrompt: spoken.optional().describe('Menu after a key: asks what to do with the message.'),
  goodbye: spoken.optional().describe('Prompt after the message is stored.'),
  prompts: talker.prompts,
  speech: talker.speech,
  cache: talker.cache,
  maxMs: ranged(ANSWERING_RULES.maxMs).optional(),
  silenceMs: ranged(ANSWERING_RULES.silenceMs).optional(),
  minMs: ranged(ANSWERING_RULES.minMs).optional(),
  endKey: z.union([key, z.literal('')], 'Expected a key of 0-9, * and #, or ""').optional(),
  keys: z.strictObject({ listen: key, again: key, keep: key, delete: key }).partial().optional(),
  encryptTo: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('age recipients that messages are encrypted to.'),
  language: z.string().min(1).max(100).optional().describe('Language of the messages.'),
  transcriber: z
    .strictObject({ ...program, timeoutMs: z.number().min(1000).max(86_400_000).optional() })
    .optional()
    .describe('Command that transcribes a message; {file} and {language} are replaced.'),
  hook: z
    .strictObject(program)
    .optional()
    .describe('Command that receives each message as JSON on its standard input. It runs without a shell.'),
});

const rule = z.strictObject({
  name,
  priority: z
    .number()
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .optional()
    .describe('The matching rule with the highest priority decides; among equals, the first. Default 0.'),
  ...conditions,
  answer: z.string().min(1).describe(`A bot, ${MACHINE}, or ${NOBODY}: then the call keeps ringing.`),
  afterMs: ringMs.describe(
    'Time to ring before the answer, in ms. Default 0; for the answering machine, its own setting.',
  ),
});

/** Schema of the configuration of `jackfield serve`; docs/service-config.schema.json is generated from it. */
export const serviceConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  include: z
    .array(file)
    .optional()
    .describe('Files that are merged in. Fields of this file override theirs.'),
  exchange: z
    .strictObject({
      scenario: file.describe('Scenario with the users, robots and numbers of the exchange.'),
      stateFolder: file.optional(),
    })
    .optional()
    .describe('An exchange in this process. Endpoints are attached to it as exchange:HANDLE.'),
  endpoints: named(endpoint).refine((all) => Object.keys(all).length > 0, 'Expected at least one endpoint'),
  record: recordConfigSchema
    .omit({ $schema: true, attach: true, tls: true, tokenFile: true })
    .optional()
    .describe('Records calls by a policy.'),
  bots: named(bot).optional(),
  answeringMachine: machine.optional().describe('Answering machine for calls that a rule sends to it.'),
  campaigns: named(campaign).optional().describe('Campaigns that call everybody on a list.'),
  calendars: named(z.array(day).max(10_000))
    .optional()
    .describe('Calendars of days that rules refer to, such as holidays.'),
  rules: z
    .array(rule)
    .max(10_000)
    .optional()
    .describe('Rules that choose what answers a call. A call without a matching rule is not answered.'),
  control: z.strictObject({ socket: file.optional() }).optional(),
  http: z
    .strictObject({
      port: z.number().int().min(0).max(65_535),
      host: z.string().min(1).optional().describe('Default 127.0.0.1.'),
      tls: z
        .strictObject({ certFile: file, keyFile: file })
        .optional()
        .describe('Certificate chain and private key (PEM). Default: plain HTTP.'),
    })
    .optional()
    .describe('Serves /metrics, /healthz, /readyz and the REST API.'),
  api: z
    .strictObject({
      tokens: named(
        z.strictObject({
          file: file.describe('A file with the token: at least 16 characters.'),
          may: z.enum(['read', 'control']).optional().describe('Default control.'),
        }),
      ).describe('Clients that may send requests, by the name that logs show.'),
      requestsPerSecond: z
        .number()
        .min(1)
        .max(10_000)
        .optional()
        .describe('Most requests per second for each token. Default 50.'),
    })
    .optional()
    .describe('The REST API, on the port of http.'),
  webhooks: named(
    z.strictObject({
      url: z.url({ protocol: /^https?$/, error: 'Expected an http: or https: address' }),
      secretFile: file.describe('A file with the key that signs requests: at least 16 characters.'),
      ...hook,
    }),
  )
    .optional()
    .describe('Addresses that receive signed events.'),
  hooks: named(
    z.union(
      [
        z.strictObject({ command: file, args: z.array(z.string()).optional(), ...hook }),
        z.strictObject({
          module: file.describe('A module whose default export receives each event.'),
          ...hook,
        }),
      ],
      'Expected a command with optional args, or a module; optionally events and timeoutMs',
    ),
  )
    .optional()
    .describe('Programs that run for events without a shell, and modules that are called with events.'),
  outbox: file
    .optional()
    .describe('Folder of events that wait for webhooks and hooks. Default jackfield-outbox.'),
  traces: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, error: 'Expected an http: or https: address' })
        .describe('Address of the collector: http://127.0.0.1:4318/v1/traces.'),
      headers: z.record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(10_000)).optional(),
      serviceName: z.string().min(1).max(200).optional().describe('Default jackfield.'),
    })
    .optional()
    .describe('Sends traces of calls to an OpenTelemetry collector with OTLP over HTTP in JSON.'),
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
