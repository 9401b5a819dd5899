import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { HttpRefusal } from '../../http/http-refusal.js';

/** Lifetime of a link, in milliseconds. */
const LASTS_MS = 86_400_000;
/**
 * Most gaps that a link remembers. Beyond that the two oldest are merged, and items between them are returned again.
 */
const MAX_GAPS = 16;

/** A range of keys, both ends excluded. */
export interface Gap {
  readonly below: number;
  readonly above: number;
}

/** The position in a list that a link stands for. Keys rise with time; the newest item has the highest. */
export interface PageState {
  /** Highest key of the list when the link was made. */
  readonly top: number;
  /** Ranges of keys that were not returned yet, the newest first. */
  readonly gaps: readonly Gap[];
  readonly size: number;
  /** True for a link that also returns items added since. */
  readonly isLive: boolean;
}

/** One page and its links. */
export interface Page {
  /** Keys, the newest first. */
  readonly keys: readonly number[];
  /** The next page: new items first, then older ones. */
  readonly next: PageState;
  /** Only items older than this page; undefined when there are none. */
  readonly backward: PageState | undefined;
  /** Only items newer than this page. */
  readonly forward: PageState;
}

/** The state of a list before its first page. */
export function firstPage(size: number): PageState {
  return { top: Number.NEGATIVE_INFINITY, gaps: [], size, isLive: true };
}

/**
 * Takes a page from a list: first the items newer than `top`, then the items not returned yet. Both are newest first.
 *
 * @param keys of all items, in rising order.
 */
export function takePage(state: PageState, keys: readonly number[]): Page {
  const news: Gap[] = state.isLive ? [{ below: Number.POSITIVE_INFINITY, above: state.top }] : [];
  const taken: number[] = [];
  const left: Gap[] = [];
  for (const gap of [...news, ...state.gaps]) {
    const inside = keys.filter((key) => key < gap.below && key > gap.above).reverse();
    const some = inside.slice(0, state.size - taken.length);
    taken.push(...some);
    if (some.length === inside.length) continue;
    left.push({ below: some.at(-1) ?? gap.below, above: gap.above });
  }
  const top = Math.max(state.top, keys.at(-1) ?? state.top);
  const lowest = Math.min(...taken);
  const highest = Math.max(...taken, Number.NEGATIVE_INFINITY);
  const older = { below: lowest, above: Number.NEGATIVE_INFINITY };
  const isOlder = taken.length > 0 && keys.some((key) => key < lowest);
  return {
    keys: taken,
    next: { ...state, isLive: true, top, gaps: merged(left) },
    backward: isOlder ? { ...state, isLive: false, top, gaps: [older] } : undefined,
    forward: {
      ...state,
      isLive: false,
      top,
      gaps: [{ below: Number.POSITIVE_INFINITY, above: Math.max(highest, taken.length > 0 ? highest : top) }],
    },
  };
}

function merged(gaps: readonly Gap[]): readonly Gap[] {
  if (gaps.length <= MAX_GAPS) return gaps;
  const [last, ...rest] = [...gaps].reverse();
  const [before, ...kept] = rest;
  if (!last || !before) return gaps;
  return [...kept.reverse(), { below: before.below, above: last.above }];
}

/** A list that links page through. */
export interface PagedList {
  /** Handle of the account. */
  readonly account: string;
  /** Name of the list. A link is valid for its own list only. */
  readonly list: string;
}

/** Seals the state of a list into a link, which nobody can read, change or use with another account. */
export class PageLinks {
  readonly #key: Buffer;
  readonly #unixMs: () => number;

  /** @param key 32 bytes. It must stay the same over a restart. */
  constructor(key: Uint8Array, unixMs: () => number) {
    this.#key = Buffer.from(key);
    this.#unixMs = unixMs;
  }

  seal(state: PageState, list: PagedList): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(boundTo(list));
    const kept = [this.#unixMs() + LASTS_MS, state.isLive, state.size, text(state.top), gapsText(state)];
    const sealed = [cipher.update(JSON.stringify(kept), 'utf8'), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat([iv, ...sealed]).toString('base64url');
  }

  /**
   * Opens a link.
   *
   * @throws HttpRefusal 400 for a link that is invalid, has expired, or is of another account or list.
   */
  open(sealed: string, list: PagedList): PageState {
    const kept = this.#opened(sealed, list);
    if (!Array.isArray(kept)) throw notALink('The link does not belong to this list.');
    const [expires, isLive, size, top, gaps] = kept as [number, boolean, number, string, string];
    if (expires < this.#unixMs()) throw notALink('The link has expired.');
    return { isLive, size, top: Number(top), gaps: gapsOf(gaps) };
  }

  #opened(sealed: string, list: PagedList): unknown {
    try {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12), {
        authTagLength: 16,
      });
      decipher.setAAD(boundTo(list)).setAuthTag(bytes.subarray(-16));
      const opened = [decipher.update(bytes.subarray(12, -16)), decipher.final()];
      return JSON.parse(Buffer.concat(opened).toString('utf8'));
    } catch {
      return undefined;
    }
  }
}

function notALink(message: string): HttpRefusal {
  const expected = 'a link that the list returned to this account; without syncState the list starts again';
  return new HttpRefusal(400, 'ERR_INVALID_ARG', message, expected);
}

function boundTo({ account, list }: PagedList): Buffer {
  return Buffer.from(JSON.stringify([account.toLowerCase(), list]));
}

/** Writes a key as text: JSON cannot express infinity. */
function text(key: number): string {
  return String(key);
}

function gapsText({ gaps }: PageState): string {
  return gaps.map(({ below, above }) => `${text(below)}:${text(above)}`).join(' ');
}

function gapsOf(gaps: string): Gap[] {
  return gaps
    .split(' ')
    .filter((gap) => gap !== '')
    .map((gap) => {
      const [below = '', above = ''] = gap.split(':');
      return { below: Number(below), above: Number(above) };
    });
}
