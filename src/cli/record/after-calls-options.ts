import type { Command } from 'commander';
import {
  type AfterCallsOptions,
  JackfieldError,
  type LiveMaskOptions,
  type RecorderOptions,
  readPhrases,
} from '../../recording.js';
import { transcriberOf } from '../analysis/words-options.js';
import { numberFrom } from '../options.js';

/** Options for the processing of recordings after calls. */
export interface AfterCallsArguments {
  readonly transcribe?: string;
  readonly language?: string;
  readonly mask?: string;
  readonly maskDelay?: number;
}

/** Adds the options of {@link AfterCallsArguments}. */
export function withAfterCalls(command: Command): Command {
  return command
    .option(
      '--transcribe <engine>',
      'transcribe each call after it ends, as in analyse: pocketsphinx, a URL or a command',
    )
    .option('--language <code>', 'language of the speech, such as en')
    .option(
      '--mask <what>',
      'mask in each recording after its call: cards, the phrases of a file (one per line), or both: cards,FILE',
    )
    .option(
      '--mask-delay <ms>',
      'mask during the call as well: hold audio in memory for this long before it is written (2000 to 60000)',
      numberFrom(2000, 60_000),
    );
}

/**
 * Merges the processing after calls of a configuration with the options, which take precedence.
 *
 * @throws ERR_FILE, ERR_SYNTAX, ERR_INVALID_ARG.
 */
export async function afterCallsOf(
  configured: AfterCallsOptions | undefined,
  { transcribe, language, mask }: AfterCallsArguments,
): Promise<Pick<RecorderOptions, 'afterCalls'>> {
  if (!configured && transcribe === undefined && mask === undefined) return {};
  return {
    afterCalls: {
      ...configured,
      ...(transcribe !== undefined && { transcriber: transcriberOf(transcribe) }),
      ...(language !== undefined && { language }),
      ...(mask !== undefined && { mask: await maskOf(mask) }),
    },
  };
}

/** Merges the live masking of a configuration with the options, which take precedence. @throws ERR_INVALID_ARG. */
export function liveMaskFor(
  { afterCalls }: Pick<RecorderOptions, 'afterCalls'>,
  configured: LiveMaskOptions | undefined,
  { maskDelay }: AfterCallsArguments,
): { readonly mask?: LiveMaskOptions } {
  const delayMs = maskDelay ?? configured?.delayMs;
  const { mask, transcriber, language } = afterCalls ?? {};
  if (maskDelay !== undefined && !mask)
    throw new JackfieldError('ERR_INVALID_ARG', '--mask-delay needs --mask, which gives what to mask.');
  if (!mask || delayMs === undefined) return {};
  return {
    mask: {
      ...{ ...mask, delayMs },
      ...(transcriber && { transcriber }),
      ...(language !== undefined && { language }),
    },
  };
}

async function maskOf(mask: string): Promise<NonNullable<AfterCallsOptions['mask']>> {
  const parts = mask.split(',');
  const files = parts.filter((part) => part !== 'cards');
  const phrases = (await Promise.all(files.map(readPhrases))).flat();
  return { cards: parts.includes('cards'), phrases };
}
