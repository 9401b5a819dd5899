import stringWidth from 'string-width';
import { entryOf } from '../../base/entry-of.js';
import { explain, OBJECTS, type ObjectSpec, SEARCHES, VERBS, type VerbSpec } from '../../protocol.js';
import { explanationText, table } from './explanation-text.js';

const VERB_SPECS: Readonly<Record<string, VerbSpec>> = VERBS;
const OBJECT_SPECS: Readonly<Record<string, ObjectSpec>> = OBJECTS;

/** Help on a command or the beginning of one, from the protocol catalogue. */
export function helpOn(line: string): string {
  const [verb = '', object = '', ...rest] = line
    .trim()
    .split(/\s+/)
    .map((word) => word.toUpperCase());
  if (verb === '') return overview();
  const spec = entryOf(OBJECT_SPECS, object);
  const verbSpec = entryOf(VERB_SPECS, verb);
  if (rest.length === 0 && spec && verb === 'ALTER') return notes(`Actions of ${object}`, spec.actions);
  if (rest.length === 0 && spec && (verb === 'GET' || verb === 'SET')) {
    return notes(`Properties of ${object}: ${spec.note}`, spec.properties);
  }
  if (object === '' && verb === 'SEARCH') return notes('SEARCH', SEARCHES);
  if (object === '' && verbSpec) return verbHelp(verb, verbSpec);
  return explanationText(explain(line), stringWidth);
}

function overview(): string {
  const verbs = Object.entries(VERB_SPECS).map(([verb, { note }]) => [verb, note] as const);
  return `Commands\n${rows(verbs)}
  help <command>  syntax, meaning and possible errors of a command
  quit            ends (so does Ctrl-D)
`;
}

function verbHelp(verb: string, { note, forms }: VerbSpec): string {
  return `${verb}: ${note}\n${rows(forms.map(({ syntax, reply }) => [syntax, `answered with ${reply}`]))}`;
}

function notes(title: string, entries: Readonly<Record<string, { readonly note: string }>>): string {
  return `${title}\n${rows(Object.entries(entries).map(([name, { note }]) => [name, note]))}`;
}

function rows(cells: readonly (readonly [string, string])[]): string {
  return table(cells, stringWidth);
}
