import { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import type { Asked } from '../account-routes/account-route.js';
import { firstPage, type PageState, takePage } from './page-links.js';

/** Default and largest number of objects in a page. */
const PAGE_SIZE = 10;
const MAX_PAGE = 200;

const whole = z.string().regex(/^\d{1,16}$/, { error: 'must be a whole number' });

/** Query of a list that is returned in pages. Unknown parameters are ignored, because programs send many. */
export const pageQuery = z.looseObject({
  startTime: whole.optional().describe('Unix time in ms. Older objects are omitted.'),
  pageSize: whole.optional().describe(`Objects per page: 1 to ${MAX_PAGE}. Default ${PAGE_SIZE}.`),
  syncState: z.string().max(4000).optional().describe('A link from a page.'),
  view: z.string().max(100).optional(),
  targetType: z.string().max(100).optional(),
});

/** The links of a page. */
export const pageMetadata = z.object({
  backwardLink: z.string().optional().describe('Link to older objects; absent when there are none.'),
  forwardLink: z.string().describe('Link to newer objects.'),
  syncState: z.string().describe('Link to the next page: new objects first, then older ones.'),
  totalCount: z.number().describe('Objects of this page.'),
});

/** A list that is returned in pages. */
export interface Source {
  /** Below the base address of the service, as `/users/ME/conversations`. */
  readonly path: string;
  /** Keys of all objects, in rising order. */
  readonly keys: readonly number[];
}

/** Takes the page that a request asks for. @throws HttpRefusal 400 for a link that does not belong to this list. */
export function pageOf(
  {
    messaging,
    user,
    base,
    query,
  }: Pick<Asked<unknown, z.output<typeof pageQuery>>, 'messaging' | 'user' | 'base' | 'query'>,
  { path, keys }: Source,
): { readonly keys: readonly number[]; readonly _metadata: z.output<typeof pageMetadata> } {
  const list = { account: user.handle, list: path };
  const size = Math.min(MAX_PAGE, Math.max(1, Number(query.pageSize ?? PAGE_SIZE)));
  const state = query.syncState === undefined ? firstPage(size) : messaging.links.open(query.syncState, list);
  const page = takePage(state, keys);
  const kept = (['startTime', 'view', 'targetType'] as const).flatMap((name) => {
    const value = entryOf<unknown>(query, name);
    return typeof value !== 'string' ? [] : [`&${name}=${encodeURIComponent(value)}`];
  });
  const link = (to: PageState) => {
    const sealed = messaging.links.seal(to, list);
    return `${base}${encodeURI(path)}?syncState=${sealed}&pageSize=${state.size}${kept.join('')}`;
  };
  return {
    keys: page.keys,
    _metadata: {
      ...(page.backward && { backwardLink: link(page.backward) }),
      forwardLink: link(page.forward),
      syncState: link(page.next),
      totalCount: page.keys.length,
    },
  };
}
