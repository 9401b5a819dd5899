import { z } from 'zod';
import { printable } from '../../base/printable.js';
import { FROM_TIME, TO_TIME } from '../../base/time/hours.js';
import { WEEKDAYS } from '../../base/time/local-time.js';
import { readJson } from '../../files/key-files.js';
import { type PathFields, withOwnPaths } from '../../files/own-paths.js';
import { JackfieldError } from '../../voice.js';
import type { AnsweringMachineOptions } from '../../voicemail.js';

const ringMs = z.number().int().min(0).max(120_000);
const key = z.string().regex(/^[0-9*#]$/, 'a key of 0-9, * and #');
const program = z.strictObject({ command: z.string().min(1), args: z.array(z.string()).optional() });

const rule = z.strictObject({
  callers: z.array(z.string().min(1)).optional(),
  hours: z
    .strictObject({
      from: z.string().regex(FROM_TIME, 'a time such as 18:30'),
      to: z.string().regex(TO_TIME, 'a time such as 18:30, or 24:00'),
      weekdays: z.array(z.enum(WEEKDAYS)).min(1).optional(),
      days: z.array(z.number().int().min(0).max(6)).min(1).optional(),
    })
    .optional(),
  status: z.array(z.string().min(1)).optional(),
  afterMs: ringMs.optional(),
  greeting: z.string().min(1).optional(),
  answer: z.boolean().optional(),
});

/**
 * Schema of the configuration file of `jackfield voicemail answer` (docs/voicemail.md). Paths are relative to the file.
 */
const answerConfigSchema = z.strictObject({
  afterMs: ringMs.optional(),
  greeting: z.string().min(1).optional(),
  rules: z.array(rule).optional(),
  timezone: z.string().min(1).optional(),
  maxMs: z.number().int().min(1000).max(600_000).optional(),
  silenceMs: z.number().int().min(1000).max(60_000).optional(),
  minMs: z.number().int().min(0).max(10_000).optional(),
  endKey: z.union([key, z.literal('')]).optional(),
  keys: z.strictObject({ listen: key, again: key, keep: key, delete: key }).partial().optional(),
  hook: program.optional(),
  language: z.string().min(1).optional(),
});

/** The settings in the configuration file of an answering machine. */
export type AnswerConfig = Partial<
  Pick<
    AnsweringMachineOptions,
    | 'afterMs'
    | 'greeting'
    | 'rules'
    | 'timezone'
    | 'maxMs'
    | 'silenceMs'
    | 'minMs'
    | 'endKey'
    | 'keys'
    | 'hook'
    | 'language'
  >
>;

const FILES: PathFields = { paths: ['greeting', 'rules.*.greeting'], programs: ['hook.command'] };

/** @throws ERR_FILE when it cannot be read; ERR_SYNTAX, with each wrong field. */
export async function readAnswerConfig(path: string): Promise<AnswerConfig> {
  const value = await readJson(path);
  const parsed = answerConfigSchema.safeParse(value);
  if (!parsed.success) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${printable(path)} is not a valid configuration:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const { greeting, rules, ...rest } = withOwnPaths(parsed.data, path, FILES);
  const speakable = (file: string | undefined) => file && { greeting: { file } };
  const placed = rules?.map(({ greeting: own, ...conditions }) => ({ ...conditions, ...speakable(own) }));
  // Missing fields are undefined here. The options accept undefined as missing.
  return { ...rest, ...speakable(greeting), ...(placed && { rules: placed }) } as AnswerConfig;
}
