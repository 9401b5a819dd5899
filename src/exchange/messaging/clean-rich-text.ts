import type { DefaultTreeAdapterTypes } from 'parse5';
import { entryOf } from '../../base/entry-of.js';
import { escapeXml } from '../../base/xml.js';

type Node = DefaultTreeAdapterTypes.ChildNode;

/** Allowed elements of rich text, with the allowed attributes of each. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  b: [],
  i: [],
  s: [],
  u: [],
  pre: [],
  a: ['href'],
  ss: ['type'],
  at: ['id'],
  quote: ['author', 'authorname', 'conversation', 'guid', 'cuid', 'messageid', 'timestamp'],
  legacyquote: [],
  e_m: ['a', 'ts', 'ts_ms', 't'],
};
/** Element by which web clients mark an edited message. It is always empty, also when written as `<e_m/>`. */
const MARK = 'e_m';
/** Elements whose content is not shown as text. */
const HIDDEN: readonly string[] = ['script', 'style', 'template', 'title', 'noscript', 'iframe'];
const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:|skype:)/i;

/**
 * Cleans rich content before it is sent to other users. It keeps the allowed elements, well formed, and removes
 * addresses that could run code. Of all other elements only the text stays.
 */
export async function cleanRichText(content: string): Promise<string> {
  const { parseFragment } = await import('parse5');
  const parts: string[] = [];
  // A stack instead of recursion: nesting can be as deep as the content is long.
  const stack: (Node | string)[] = parseFragment(content).childNodes.toReversed();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (typeof next === 'string') parts.push(next);
    else if (next.nodeName === '#text')
      parts.push(escapeXml((next as DefaultTreeAdapterTypes.TextNode).value));
    else if ('tagName' in next && !HIDDEN.includes(next.tagName)) {
      const { tagName, childNodes } = next;
      const isKept = Object.hasOwn(ELEMENTS, tagName);
      if (isKept) {
        parts.push(`<${tagName}${attributesOf(next)}>`);
        if (tagName === MARK) parts.push(`</${MARK}>`);
        else stack.push(`</${tagName}>`);
      } else if (tagName === 'br') parts.push('\n');
      stack.push(...childNodes.toReversed());
    }
  }
  return parts.join('');
}

function attributesOf({ tagName, attrs }: DefaultTreeAdapterTypes.Element): string {
  return attrs
    .filter(({ name }) => entryOf(ELEMENTS, tagName)?.includes(name))
    .filter(({ name, value }) => name !== 'href' || SAFE_ADDRESS.test(value))
    .map(({ name, value }) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}
