import { entryOf } from '../../base/entry-of.js';
import { OBJECTS } from '../catalogue/objects.js';
import { PARAMETERS } from '../catalogue/parameters.js';
import { LISTS, SEARCHES } from '../catalogue/searches.js';
import type { ObjectSpec } from '../catalogue/spec.js';
import { VERBS } from '../catalogue/verbs.js';
import { HISTORIES, WINDOWS } from '../catalogue/windows.js';
import { suggest } from './suggest.js';

/** A word that is not in the catalogue, and its probable correction. */
export interface Correction {
  readonly word: string;
  readonly suggestion: string;
}

/** Gives the possible next words of a line, from the words already read in the catalogue's spelling. */
type Candidates = (before: readonly string[]) => readonly string[] | 'anything' | undefined;

const OBJECT_NAMES = Object.keys(OBJECTS);
const NAMES_TO_GET = [...OBJECT_NAMES, ...Object.keys(PARAMETERS)];

/**
 * Corrects the keywords of a line to those of the catalogue. There are no corrections when all keywords are known, or
 * when no unknown word is close to a known one.
 *
 * @returns the corrections and the corrected line.
 */
export function correct(
  line: string,
  from: 'client' | 'endpoint',
): { line: string; corrections: Correction[] } {
  const words = line.split(' ');
  const corrections: Correction[] = [];
  const read: string[] = [];
  const start = words[0]?.startsWith('#') ? 1 : 0;
  for (let at = start; at < words.length; at++) {
    const word = words[at] ?? '';
    const candidates = (from === 'client' ? commandWords : replyWords)(read);
    if (candidates === undefined) break;
    const known =
      candidates === 'anything'
        ? word
        : candidates.find((name) => name === word.toUpperCase() || name === word);
    const meant = known ?? suggest(word, candidates as readonly string[]);
    if (meant === undefined) break;
    if (known === undefined) {
      corrections.push({ word, suggestion: meant });
      words[at] = meant;
    }
    read.push(meant);
  }
  return { line: words.join(' '), corrections };
}

const commandWords: Candidates = ([verb, what, ...more]) => {
  if (verb === undefined) return Object.keys(VERBS);
  switch (verb) {
    case 'GET':
    case 'SET':
      return what === undefined ? NAMES_TO_GET : memberWords('properties', what, more);
    case 'ALTER':
      return what === undefined ? OBJECT_NAMES : memberWords('actions', what, more);
    case 'SEARCH':
      return what === undefined ? Object.keys(SEARCHES) : undefined;
    case 'OPEN':
      return what === undefined ? Object.keys(WINDOWS) : undefined;
    case 'CLEAR':
      return what === undefined ? Object.keys(HISTORIES) : undefined;
    case 'CREATE':
    case 'DELETE':
      return what === undefined ? OBJECT_NAMES : undefined;
    case 'CHAT':
      return what === undefined ? ['CREATE', 'CREATEUSINGBLOB', 'FINDUSINGBLOB'] : undefined;
    default:
      return undefined;
  }
};

const FIRST_WORDS_OF_REPLIES = [
  ...NAMES_TO_GET,
  ...Object.keys(LISTS),
  ...['OK', 'PONG', 'ERROR', 'PROTOCOL', 'CONTACTS', 'DELETED', 'CALLHISTORYCHANGED', 'IMHISTORYCHANGED'],
  ...['ALTER', 'SET', 'CREATE', 'DELETE', 'OPEN', 'CLEAR', 'FOCUS', 'MINIMIZE'],
];

const replyWords: Candidates = (read) => {
  const [first, ...more] = read;
  if (first === undefined) return FIRST_WORDS_OF_REPLIES;
  return entryOf<ObjectSpec>(OBJECTS, first) ? memberWords('properties', first, more) : commandWords(read);
};

/** Possible words in the place of the property or action. The id before it may be any word. */
function memberWords(
  members: 'properties' | 'actions',
  object: string,
  read: readonly string[],
): readonly string[] | 'anything' | undefined {
  const spec = entryOf<ObjectSpec>(OBJECTS, object);
  const place = spec?.id === 'none' ? 0 : 1;
  if (spec === undefined || read.length > place) return undefined;
  return read.length < place ? 'anything' : Object.keys(spec[members]);
}
