import { z } from 'zod';
import { keywordIn } from '../../analysis/words/keyword-text.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { ranged } from '../../base/ranged.js';
import { KEY_HEADER } from '../../base/web/service-key.js';
import { readToken } from '../../files/key-files.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { AfterCallsOptions, MaskAfterCalls } from '../masking/after-calls-options.js';
import { LIVE_MASK_RULES, type LiveMaskOptions } from '../masking/live-mask-options.js';
import { readPhrases } from '../masking/phrase-list.js';

/** Configuration schema of the engine that transcribes recordings after their calls. */
export const transcribeConfigSchema = z.union(
  [
    z.literal('pocketsphinx'),
    z.strictObject({
      grammar: z
        .string()
        .regex(/\.(gram|jsgf)$/, 'Expected a file that ends with .gram or .jsgf')
        .describe('PocketSphinx with a grammar of the possible sentences (JSGF), such as digits.'),
    }),
    z.strictObject({
      url: z
        .url({ protocol: /^(https?|wss?)$/, error: 'Expected an http:, https:, ws: or wss: address' })
        .describe('Address of a service with the interface of OpenAI (https:) or Deepgram (wss:).'),
      model: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe("'Model of the service. Default: the choice of the service.'"),
      tokenFile: z.string().min(1).optional().describe('A file with the key for the service.'),
      tokenHeader: z
        .string()
        .refine((header) => KEY_HEADER.accepts(header), `Expected ${KEY_HEADER.expected}`)
        .optional()
        .describe('Header that carries the key, such as xi-api-key. Default "Authorization: Bearer".'),
    }),
    z.strictObject({
      command: z
        .string()
        .min(1)
        .describe('A program that runs without a shell and reads a WAV from its standard input.'),
      args: z.array(z.string()).optional(),
      timeoutMs: z.number().min(1000).max(86_400_000).optional().describe('Default 600000.'),
    }),
  ],
  'Expected "pocketsphinx", { grammar } for it, { url } of a service, or { command } with optional args',
);

/** Configuration schema of the secrets that are masked in recordings after their calls. */
export const maskConfigSchema = z
  .strictObject({
    cards: z.boolean().describe('Masks card numbers, spoken or keyed. Default true.'),
    phrases: z
      .array(z.string().min(1).max(1000))
      .min(1)
      .describe('Phrases to mask, each as in a phrase list: mothers name~2+1.'),
    phrasesFile: z.string().min(1).describe('A file of phrases to mask, one per line.'),
    delayMs: ranged(LIVE_MASK_RULES.delayMs).describe(
      'Also masks during the call: audio is held in memory for this time before it is written, in ms. Default: masks only after calls.',
    ),
  })
  .partial();

/** Fields of both schemas that name files and programs. */
export const AFTER_CALLS_FILES = {
  paths: ['transcribe.grammar', 'transcribe.tokenFile', 'mask.phrasesFile'],
  programs: ['transcribe.command'],
} as const;

/** Fields of a configuration for the processing after calls. */
export interface AfterCallsConfig {
  readonly transcribe?: z.infer<typeof transcribeConfigSchema> | undefined;
  readonly language?: string | undefined;
  readonly mask?: z.infer<typeof maskConfigSchema> | undefined;
}

/**
 * Converts a configuration to options for the processing after calls, and reads its files. Undefined when there is
 * nothing to do.
 *
 * @throws ERR_FILE, ERR_SYNTAX, ERR_INVALID_ARG.
 */
export async function readAfterCalls({
  transcribe,
  language,
  mask,
}: AfterCallsConfig): Promise<AfterCallsOptions | undefined> {
  if (transcribe === undefined && mask === undefined) return undefined;
  return {
    ...(transcribe !== undefined && { transcriber: await transcriberIn(transcribe) }),
    ...(language !== undefined && { language }),
    ...(mask && { mask: await readMask(mask) }),
  };
}

/**
 * Converts the masking after calls to options for live masking.
 *
 * @param delayMs Time for which audio is held. Undefined: no live masking.
 */
export function liveMaskOf(
  { transcriber, language, mask }: AfterCallsOptions = {},
  delayMs: number | undefined,
): LiveMaskOptions | undefined {
  if (!mask || delayMs === undefined) return undefined;
  return {
    ...{ ...mask, delayMs },
    ...(transcriber && { transcriber }),
    ...(language !== undefined && { language }),
  };
}

/** Converts the masking of a configuration, and reads its list of phrases. @throws ERR_FILE, ERR_SYNTAX. */
export async function readMask({
  cards,
  phrases = [],
  phrasesFile,
}: NonNullable<AfterCallsConfig['mask']>): Promise<MaskAfterCalls> {
  const listed = phrasesFile === undefined ? [] : await readPhrases(phrasesFile);
  return {
    ...(cards !== undefined && { cards }),
    phrases: [...phrases.map((phrase, place) => phraseAt(phrase, place)), ...listed],
  };
}

function phraseAt(phrase: string, place: number) {
  try {
    return keywordIn(phrase);
  } catch (error) {
    throw new JackfieldError('ERR_SYNTAX', `mask.phrases.${place}: ${messageOf(error)}`);
  }
}

// An engine is loaded only when it is configured.
async function transcriberIn(engine: NonNullable<AfterCallsConfig['transcribe']>): Promise<Transcriber> {
  if (engine === 'pocketsphinx' || 'grammar' in engine) {
    const { pocketSphinx } = await import('../../voice/transcript/pocket-sphinx.js');
    return pocketSphinx(engine === 'pocketsphinx' ? {} : engine);
  }
  if ('command' in engine) {
    const { command, args, timeoutMs } = engine;
    const { commandTranscriber } = await import('../../voice/transcript/command-transcriber.js');
    return commandTranscriber({
      command,
      ...(args && { args }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  }
  const { url, model, tokenFile, tokenHeader } = engine;
  const service = {
    url,
    ...(tokenFile !== undefined && { token: await readToken(tokenFile) }),
    ...(tokenHeader !== undefined && { tokenHeader }),
  };
  if (/^wss?:/i.test(url)) {
    const { streamingTranscriber } = await import('../../voice/transcript/streaming-transcriber.js');
    return streamingTranscriber({ ...service, ...(model !== undefined && { query: { model } }) });
  }
  const { httpTranscriber } = await import('../../voice/transcript/http-transcriber.js');
  return httpTranscriber({ ...service, ...(model !== undefined && { model }) });
}
