import { type ConversationTranscript, TRANSCRIPT } from '../../analysis/words/conversation-transcript.js';
import { checkArgument, rule, whole } from '../../base/check.js';
import type { Vcon } from './vcon.js';

const INDEX = whole(0, 1_000_000);
const HAS_ANALYSIS = rule('a vCon with a list "analysis"', (value) => Array.isArray(Object(value).analysis));

/**
 * Extracts the transcript of a dialog from a vCon, in the form of `vconOf`, with the position of each word. Undefined
 * when there is none in that form.
 *
 * @param index The dialog. Default: the first one.
 * @throws ERR_INVALID_ARG
 */
export function vconTranscript(vcon: Vcon, index = 0): ConversationTranscript | undefined {
  checkArgument('index', index, INDEX);
  checkArgument('vcon', vcon, HAS_ANALYSIS);
  for (const { type, dialog, body } of vcon.analysis.filter((each) => each !== null)) {
    if (type !== 'transcript' || typeof body !== 'string' || ![dialog ?? 0].flat().includes(index)) continue;
    const found = parsed(body);
    if (TRANSCRIPT.accepts(found)) return found as ConversationTranscript;
  }
  return undefined;
}

/** Parses JSON; undefined for invalid text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
