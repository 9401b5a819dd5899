import { z } from 'zod';
import { CALL_ANALYSIS_RULES } from '../../analysis/analyse-options.js';
import { SPEECH_DETECTORS } from '../../analysis/conversation-options.js';
import { path as aPath, checkArgument, object } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { ranged } from '../../base/ranged.js';
import { FROM_TIME, TO_TIME } from '../../base/time/hours.js';
import { WEEKDAYS } from '../../base/time/local-time.js';
import { readIdentity, readJson, readSigningKey, readText } from '../../files/key-files.js';
import { type PathFields, withOwnPaths } from '../../files/own-paths.js';
import { CONSENT_RULES } from '../consent.js';
import { SEGMENT_RULES } from '../file/segment-rule.js';
import { HOOK_RULES } from '../publication/finish-hook.js';
import { OUTPUT_FORMATS } from '../publication/publish.js';
import { WEBHOOK_RULES } from '../publication/webhook.js';
import { RECORD_RULES } from '../record-options.js';
import {
  AFTER_CALLS_FILES,
  liveMaskOf,
  maskConfigSchema,
  readAfterCalls,
  transcribeConfigSchema,
} from './after-calls-config.js';
import { FORK_FILES, forkConfigSchema, readFork } from './fork-config.js';
import { RECORDER_RULES, type RecorderOptions } from './recorder-options.js';

const names = z.array(z.string().min(1)).min(1);

/** Schema of the configuration file of `jackfield record`; docs/recorder-config.schema.json is generated from it. */
export const recordConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  attach: z.string().optional().describe('The endpoint, such as tcp:4100, dbus or x11.'),
  tls: z
    .strictObject({ caFile: z.string().min(1), certFile: z.string().min(1), keyFile: z.string().min(1) })
    .partial()
    .optional()
    .describe('TLS to an endpoint on TCP: CA certificates (PEM) to trust, and the client certificate.'),
  tokenFile: z.string().min(1).optional().describe('A file with the secret that the endpoint expects.'),
  out: z.string().min(1).optional().describe('The folder for recordings.'),
  policy: z
    .union(
      [
        z.enum(['all', 'incoming', 'outgoing', 'on-demand']),
        z.strictObject({ only: names }),
        z.strictObject({ except: names }),
      ],
      'Expected "all", "incoming", "outgoing", "on-demand", {"only": [names]} or {"except": [names]}',
    )
    .optional()
    .describe('Which calls are recorded.'),
  template: z.string().optional().describe('Path of a recording in the folder, without the file ending.'),
  timezone: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Time zone of "hours" and of dates and times in the template, such as Europe/Berlin. Default UTC.',
    ),
  hours: z
    .strictObject({
      from: z.string().regex(FROM_TIME, 'Expected a time such as 09:30'),
      to: z.string().regex(TO_TIME, 'Expected a time such as 17:30, or 24:00'),
      weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional(),
    })
    .optional()
    .describe('The policy records only calls that begin within these hours.'),
  format: z
    .array(z.enum(OUTPUT_FORMATS))
    .optional()
    .describe('Other formats that are written besides the stereo WAV.'),
  encode: z
    .enum(['after', 'live'])
    .optional()
    .describe('When compressed files are written: after the call, or during the call.'),
  encryptTo: names
    .optional()
    .describe('age recipients (age1...). Recordings are encrypted before they reach the disk.'),
  identityFile: z
    .string()
    .optional()
    .describe('age secret key, used to finish encrypted recordings after the process was killed.'),
  signingKeyFile: z.string().optional().describe('Ed25519 private key (PEM) to sign the manifests with.'),
  segments: z
    .strictObject({
      everyMs: ranged(SEGMENT_RULES.everyMs),
      maxBytes: ranged(SEGMENT_RULES.maxBytes),
      silenceMs: ranged(SEGMENT_RULES.silenceMs),
      silenceDbfs: ranged(SEGMENT_RULES.silenceDbfs),
    })
    .partial()
    .optional(),
  maxMs: ranged(RECORD_RULES.maxMs).optional().describe('Longest recording of a call.'),
  preRollMs: ranged(RECORD_RULES.preRollMs).optional(),
  discardBelowMs: ranged(RECORDER_RULES.discardBelowMs)
    .optional()
    .describe('Recordings shorter than this are removed.'),
  onDiskFull: z.enum(['end', 'resume']).optional(),
  correctDrift: z.boolean().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  consent: z
    .strictObject({ prompt: z.string().min(1), toneEveryMs: ranged(CONSENT_RULES.toneEveryMs) })
    .partial()
    .optional()
    .describe('Announcement of the recording to the other party.'),
  hook: z
    .strictObject({
      command: z.string().min(1),
      args: z.array(z.string()).optional(),
      timeoutMs: ranged(HOOK_RULES.timeoutMs).optional(),
    })
    .optional()
    .describe(
      'A program that runs for each recording, without a shell. It reads the event from its standard input.',
    ),
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'Expected an http: or https: address' }),
      secretFile: z.string().min(1).describe('A file with the key that signs requests to the webhook.'),
      timeoutMs: ranged(WEBHOOK_RULES.timeoutMs).optional(),
    })
    .optional(),
  analyse: z
    .union([
      z.boolean(),
      z
        .strictObject({
          deadAirMs: ranged(CALL_ANALYSIS_RULES.deadAirMs),
          speechDetector: z.enum(SPEECH_DETECTORS),
          speechModel: z.string().min(1),
        })
        .partial(),
    ])
    .optional()
    .describe('Analyses each call during its recording.'),
  transcribe: transcribeConfigSchema
    .optional()
    .describe('The engine that transcribes each recording after its call.'),
  language: z.string().min(1).max(100).optional().describe('Language of the speech, such as en.'),
  mask: maskConfigSchema
    .optional()
    .describe(
      'What is masked in each recording after its call, before hook and webhook receive it; with delayMs also during the call.',
    ),
  catalogue: z.boolean().optional(),
  fork: forkConfigSchema
    .optional()
    .describe('Also sends the recorded audio to a media server or an analysis service.'),
});

export type RecordConfig = z.infer<typeof recordConfigSchema>;

/** Fields of a configuration that name a file, folder or program. */
export const RECORD_FILES: PathFields = {
  paths: [
    ...['out', 'identityFile', 'signingKeyFile', 'consent.prompt', 'webhook.secretFile'],
    ...['tokenFile', 'tls.caFile', 'tls.certFile', 'tls.keyFile'],
    ...['analyse.speechModel', ...AFTER_CALLS_FILES.paths],
    ...FORK_FILES.map((field) => `fork.${field}`),
  ],
  programs: ['hook.command', ...AFTER_CALLS_FILES.programs],
};

/**
 * Reads a configuration file. Relative paths in it are relative to the file.
 *
 * @throws ERR_FILE when it cannot be read; ERR_SYNTAX, with each wrong field, when it is invalid.
 */
export async function readRecordConfig(path: string): Promise<RecordConfig> {
  checkArgument('path', path, aPath);
  const value = await readJson(path);
  const parsed = recordConfigSchema.safeParse(value);
  if (parsed.success) return withOwnPaths(parsed.data, path, RECORD_FILES);
  const problems = parsed.error.issues.map(
    ({ path: at, message }) => `  ${at.join('.') || '(file)'}: ${message}`,
  );
  throw new JackfieldError(
    'ERR_SYNTAX',
    `${printable(path)} is not a valid configuration:\n${problems.join('\n')}`,
  );
}

/** Converts a configuration to options of a recorder, and reads its key files. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function recorderOptions(config: RecordConfig): Promise<RecorderOptions> {
  checkArgument('config', config, object);
  const { out = 'recordings', policy, template, format, discardBelowMs, consent, hook, catalogue } = config;
  const {
    analyse,
    timezone,
    hours,
    encode,
    encryptTo,
    segments,
    maxMs,
    preRollMs,
    onDiskFull,
    correctDrift,
    tags,
  } = config;
  const identity = config.identityFile && (await readIdentity(config.identityFile));
  const webhook = config.webhook && {
    url: config.webhook.url,
    secret: (await readText(config.webhook.secretFile)).trim(),
    timeoutMs: config.webhook.timeoutMs,
  };
  const signingKey = config.signingKeyFile && (await readSigningKey(config.signingKeyFile));
  const afterCalls = await readAfterCalls(config);
  const mask = liveMaskOf(afterCalls, config.mask?.delayMs);
  const recording = { encryptTo, segments, maxMs, preRollMs, onDiskFull, correctDrift, tags, mask };
  return given({
    ...{
      folder: out,
      policy,
      template,
      timezone,
      hours,
      outputs: format,
      encode,
      discardBelowMs,
      consent,
      hook,
      catalogue,
      analyse,
    },
    ...{ fork: config.fork && (await readFork(config.fork)), afterCalls },
    ...{ webhook: webhook && given(webhook), signingKey, identity, recording: given(recording) },
  }) as RecorderOptions;
}

/** Removes the fields that are undefined or empty. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const fields = Object.entries(options).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(fields) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
