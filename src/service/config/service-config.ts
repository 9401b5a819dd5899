import { z } from 'zod';
import { FROM_TIME, TO_TIME } from '../../base/hours.js';
import { WEEKDAYS } from '../../base/local-time.js';
import { recordConfigSchema } from '../../recording/archive/recorder-config.js';

/** A name of something in a configuration: it appears in logs, metrics and commands. */
const NAME = /^[a-z][a-z0-9_.-]{0,63}$/i;
const name = z
  .string()
  .regex(NAME, 'Expected a name of letters, digits, ".", "_" and "-", such as front-desk');
const file = z.string().min(1).max(4096);
const named = <T extends z.ZodType>(each: T) => z.record(name, each);
const hours = z.strictObject({
  from: z.string().regex(FROM_TIME, 'Expected a time such as 09:30, in quotation marks'),
  to: z.string().regex(TO_TIME, 'Expected a time such as 17:30, or 24:00, in quotation marks'),
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional(),
});

/** The name by which rules have the answering machine answer, and the one that has nobody do so. */
export const MACHINE = 'answering-machine';
export const NOBODY = 'nobody';

const endpoint = z.strictObject({
  attach: z.string().min(1).describe('Its address: tcp:4100, dbus, x11, ... or exchange:HANDLE.'),
  token: z.string().min(1).optional().describe('The secret shared with it.'),
  tokenFile: file.optional().describe('A file with that secret.'),
  tls: z.strictObject({ caFile: file, certFile: file, keyFile: file }).partial().optional(),
});

const bot = z.strictObject({
  flow: file.describe('The flow, as YAML or JSON.'),
  prompts: file.optional().describe('Folder of recorded prompts.'),
  speech: z
    .enum(['none', 'melody', 'espeak-ng'])
    .optional()
    .describe('Speaks what has no recording. Default none.'),
  maxCalls: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe('Calls at once; more are refused. Default 100.'),
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
  endpoints: z.array(name).min(1).optional().describe('Of these endpoints. Default all.'),
  callers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Handles or numbers; a * at the end stands for anything.'),
  hours: hours.optional(),
  timezone: z.string().min(1).optional().describe('Zone of the hours. Default that of the machine.'),
  answer: z.string().min(1).describe(`A bot, ${MACHINE}, or ${NOBODY}: then the call goes on ringing.`),
  afterMs: z
    .number()
    .min(0)
    .max(120_000)
    .optional()
    .describe('Rings so long first. Default 0; of the machine, 20000.'),
});

/** The configuration of `jackfield serve`; docs/service-config.schema.json is made from it. */
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
  answeringMachine: z
    .strictObject({
      archive: file.describe('Folder of the messages.'),
      maxMs: z.number().min(1000).max(600_000).optional(),
      silenceMs: z.number().min(1000).max(60_000).optional(),
    })
    .optional(),
  rules: z.array(rule).max(10_000).optional().describe('Who answers. Without one that fits, nobody does.'),
  control: z.strictObject({ socket: file.optional() }).optional(),
  http: z
    .strictObject({
      port: z.number().int().min(0).max(65_535),
      host: z.string().min(1).optional().describe('Default 127.0.0.1.'),
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

/** A configuration that was read and checked. */
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

/** The schema as JSON Schema, for editors. */
export function serviceConfigJsonSchema(): object {
  return z.toJSONSchema(serviceConfigSchema, { io: 'input' });
}

/** Checks, beyond the schema, that each name which is used is one that there is. Gives a path and a text for each fault. */
export function danglingNames(
  config: ServiceConfig,
): { readonly path: (string | number)[]; readonly message: string }[] {
  const bots = Object.keys(config.bots ?? {});
  const endpoints = Object.keys(config.endpoints);
  const answers = [...bots, NOBODY, ...(config.answeringMachine ? [MACHINE] : [])];
  const seen = new Set<string>();
  const unserved =
    config.api && !config.http
      ? [{ path: ['api'], message: 'Expected http as well: its port serves the API' }]
      : [];
  const rules = (config.rules ?? []).flatMap(({ answer, endpoints: of = [], name }, index) => {
    const wrong = of.flatMap((each, at) =>
      endpoints.includes(each)
        ? []
        : [{ path: ['rules', index, 'endpoints', at], message: noSuch(each, endpoints) }],
    );
    if (!answers.includes(answer))
      wrong.push({ path: ['rules', index, 'answer'], message: noSuch(answer, answers) });
    if (seen.has(name))
      wrong.push({ path: ['rules', index, 'name'], message: `${name} is the name of two rules` });
    seen.add(name);
    return wrong;
  });
  return [...unserved, ...rules];
}

function noSuch(given: string, known: readonly string[]): string {
  return `Expected one of ${known.join(', ')}; got "${given}"`;
}
