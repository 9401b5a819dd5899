import type { DefaultTreeAdapterTypes } from 'parse5';

/** Width and height of a picture, in pixels; 0 where the page does not say. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** Facts that a page says about itself. */
export interface PageInfo {
  readonly title: string;
  readonly description: string;
  readonly favicon: string;
  readonly faviconSize: PictureSize;
  readonly thumbnail: string;
  readonly thumbnailSize: PictureSize;
}

/** Longest text and address that is taken from a page, in characters. */
const MAX_TEXT = 1000;
const UNKNOWN_SIZE: PictureSize = { height: 0, width: 0 };

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** Reads title, description and pictures out of a page. @param address Of the page, which addresses in it are relative to. */
export async function readPage(html: string, address: string): Promise<PageInfo> {
  const { parse } = await import('parse5');
  const elements = elementsOf(parse(html));
  const metas = elements.filter(({ tagName }) => tagName === 'meta');
  const meta = (...names: readonly string[]) => {
    const found = names.flatMap((name) =>
      metas.filter((each) => (attribute(each, 'property') || attribute(each, 'name')).toLowerCase() === name),
    );
    return found.map((each) => attribute(each, 'content')).find((content) => content !== '') ?? '';
  };
  const icon = elements.find(
    (each) => each.tagName === 'link' && /(?:^|\s)icon(?:\s|$)/i.test(attribute(each, 'rel')),
  );
  const title = elements.find(({ tagName }) => tagName === 'title');
  return {
    title: asText(meta('og:title') || (title ? textOf(title) : '')),
    description: asText(meta('og:description', 'description', 'twitter:description')),
    favicon: addressIn(icon ? attribute(icon, 'href') : '/favicon.ico', address),
    faviconSize: icon ? sizeOf(/(\d{1,4})x(\d{1,4})/i.exec(attribute(icon, 'sizes'))) : UNKNOWN_SIZE,
    thumbnail: addressIn(meta('og:image', 'twitter:image'), address),
    thumbnailSize: { height: pixels(meta('og:image:height')), width: pixels(meta('og:image:width')) },
  };
}

/** All elements, in their order. A tree may be deep: nothing calls itself. */
function elementsOf(root: Node): Element[] {
  const found: Element[] = [];
  const left: Node[] = [root];
  for (let node = left.pop(); node; node = left.pop()) {
    if ('tagName' in node) found.push(node);
    if ('childNodes' in node) for (const child of [...node.childNodes].reverse()) left.push(child);
  }
  return found;
}

function attribute({ attrs }: Element, name: string): string {
  return attrs.find((each) => each.name === name)?.value.trim() ?? '';
}

function textOf({ childNodes }: Element): string {
  return childNodes.map((node) => ('value' in node ? node.value : '')).join('');
}

function asText(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MAX_TEXT);
}

/** An address of the web; empty for any other. */
function addressIn(text: string, base: string): string {
  if (text === '' || text.length > MAX_TEXT || !URL.canParse(text, base)) return '';
  const { protocol, href } = new URL(text, base);
  return protocol === 'https:' || protocol === 'http:' ? href : '';
}

function sizeOf(found: RegExpExecArray | null): PictureSize {
  return found ? { width: pixels(found[1] ?? ''), height: pixels(found[2] ?? '') } : UNKNOWN_SIZE;
}

function pixels(text: string): number {
  return /^\d{1,5}$/.test(text) ? Number(text) : 0;
}
