import { entryOf } from '../../base/entry-of.js';
import { escapeXml, withoutTags } from '../../base/xml.js';
import { EMOTICON_RELEASES, emoticon } from './emoticons.js';

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Converts rich content to the plain text that the desktop shows: without tags, and with entities decoded. */
export function plainText(content: string): string {
  return withoutTags(content).replace(
    /&(?:#(\d{1,7})|(\w{1,6}));/g,
    (whole, code?: string, name?: string) => {
      if (name !== undefined) return entryOf(ENTITIES, name) ?? whole;
      const point = Number(code);
      return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    },
  );
}

/** A quotation as the desktop writes it, followed by the reply to it. */
const QUOTATION = /^\[([\d:., /-]{4,24})\] ([^:\n]{1,100}): ([\s\S]*?)\n\n<<< ?/;
/** An address in a text. Punctuation at its end is not part of it. */
const ADDRESS = /^https?:\/\/[^\s<>"']{1,2000}/i;
const TRAILING = /[.,;:!?)\]}]$/;

/**
 * Makes the rich content of a text that contains addresses, emoticons or a quotation, in the format of web clients:
 * `<a>`, `<ss>`, `<quote>`. Markup characters of the text are written as entities.
 *
 * @returns undefined for a text that needs no markup.
 */
export function richOf(body: string): string | undefined {
  const [whole = '', time = '', who = '', what = ''] = QUOTATION.exec(body) ?? [];
  const rich = spans(body.slice(whole.length));
  if (whole === '') return rich === escapeXml(body) ? undefined : rich;
  const name = escapeXml(who);
  const head = `<legacyquote>[${escapeXml(time)}] ${name}: </legacyquote>`;
  const tail = '<legacyquote>\n\n&lt;&lt;&lt; </legacyquote>';
  return `<quote authorname="${name}">${head}${spans(what)}${tail}</quote>${rich}`;
}

/** Names of emoticons by their shortcuts. */
const SHORTCUTS: ReadonlyMap<string, string> = new Map(
  (EMOTICON_RELEASES.at(-1) ?? []).flatMap((name) =>
    emoticon(name).shortcuts.map((shortcut) => [shortcut, name] as const),
  ),
);

function spans(text: string): string {
  return text
    .split(/(\s+)/)
    .map((word) => {
      const name = SHORTCUTS.get(word);
      if (name !== undefined) return `<ss type="${name}">${escapeXml(word)}</ss>`;
      return linked(word);
    })
    .join('');
}

/** Turns the address in a word into a link. */
function linked(word: string): string {
  const at = word.search(/https?:\/\//i);
  let address = at < 0 ? '' : (ADDRESS.exec(word.slice(at))?.[0] ?? '');
  while (TRAILING.test(address)) address = address.slice(0, -1);
  if (address.length <= 'https://'.length) return escapeXml(word);
  const link = escapeXml(address);
  return `${escapeXml(word.slice(0, at))}<a href="${link}">${link}</a>${escapeXml(word.slice(at + address.length))}`;
}
