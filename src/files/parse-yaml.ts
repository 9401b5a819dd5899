import {
  type Document,
  isScalar,
  Lexer,
  LineCounter,
  Parser,
  parseDocument,
  visit,
  YAMLParseError,
} from 'yaml';

/** Most collections within each other. The parser calls itself for each, and would leave no room on the stack. */
const MAX_DEPTH = 100;

/** A YAML text (JSON is valid YAML) and its positions. */
export interface ParsedYaml {
  /** The document; its `errors` have all that is wrong with the text, in the order of the text. */
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * Parses YAML from a file that a person wrote, in a time in proportion to its length whatever is in it. Collections that
 * are nested more than 100 deep are an error of the document, as is a key that a map has twice.
 */
export function parseYaml(text: string): ParsedYaml {
  const lines = new LineCounter();
  const deep = tooDeepAt(text);
  const document = parseDocument(deep === undefined ? text : '', {
    lineCounter: lines,
    // Pretty errors quote the file, and passwords may be in it.
    ...{ prettyErrors: false, logLevel: 'error' },
    // The parser compares each key with all before it: a map of 20,000 keys would take it a quarter of a minute.
    uniqueKeys: false,
  });
  if (deep !== undefined) {
    for (const { index } of text.slice(0, deep).matchAll(/\n/g)) lines.addNewLine(index + 1);
    const told = `Collections are nested more than ${MAX_DEPTH} deep`;
    document.errors.push(new YAMLParseError([deep, deep + 1], 'RESOURCE_EXHAUSTION', told));
  }
  document.errors.push(...repeatedKeys(document));
  document.errors.sort((a, b) => a.pos[0] - b.pos[0]);
  return { document, lines };
}

/** Finds where the nesting of a text is too deep. The parser of tokens, unlike that of documents, does not call itself. */
function tooDeepAt(text: string): number | undefined {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    // The document is at the bottom of the stack, and a scalar may be at its top.
    const top = parser.stack.at(-1);
    if (parser.stack.length > MAX_DEPTH + 1 && top && 'items' in top) return top.offset;
  }
  return undefined;
}

function repeatedKeys(document: Document.Parsed): YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        const [from = 0, to = from] = key.range ?? [];
        if (seen.has(key.value))
          errors.push(new YAMLParseError([from, to], 'DUPLICATE_KEY', 'Map keys must be unique'));
        seen.add(key.value);
      }
    },
  });
  return errors;
}
