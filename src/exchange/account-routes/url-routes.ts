import { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import { HttpRefusal } from '../../http/http-refusal.js';
import { fetchPage } from '../web-pages/fetch-page.js';
import { readPage } from '../web-pages/page-info.js';
import { type AccountRoute, route } from './account-route.js';

const size = z.object({ height: z.number(), width: z.number() });
const urlAnswer = z.object({
  category: z.string(),
  content_type: z.string(),
  description: z.string(),
  favicon: z.string(),
  favicon_meta: size,
  site: z.string(),
  size: z.string().describe('Size in bytes; -1 when the server does not give it.'),
  status_code: z.string(),
  thumbnail: z.string(),
  thumbnail_meta: size,
  title: z.string(),
  url: z.string(),
  user_pic: z.string(),
});

/** Routes for the title, text and pictures of a page. */
export const URL_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'urls',
    method: 'GET',
    path: '/info',
    does: 'Title, text and pictures of a page, from the option `urlInfo` or from a host in `urlHosts`.',
    query: z.looseObject({ url: z.string().min(1).max(2000) }),
    gives: urlAnswer,
    answer: async ({ user, query: { url }, pages, gone }) => {
      if (!user.account.setting('webLinkPreviews')) {
        const text = 'The account has web link previews turned off.';
        throw new HttpRefusal(403, 'ERR_FORBIDDEN', text, 'flag 11 cleared');
      }
      const known = entryOf(pages.urlInfo, url);
      if (known) return { json: { ...urlInfo(url, url), ...known } };
      const page = await fetchPage(url, { hosts: pages.urlHosts }, gone);
      const info = urlInfo(url, page.address);
      const read = page.html === '' ? undefined : await readPage(page.html, page.address);
      return {
        json: {
          ...info,
          content_type: page.contentType,
          size: String(page.size),
          status_code: String(page.status),
          ...(read && {
            title: read.title,
            description: read.description,
            favicon: read.favicon,
            favicon_meta: read.faviconSize,
            thumbnail: read.thumbnail,
            thumbnail_meta: read.thumbnailSize,
          }),
        },
      };
    },
  }),
];

function urlInfo(url: string, address: string): z.output<typeof urlAnswer> {
  return {
    category: 'generic',
    content_type: 'text/html',
    description: '',
    favicon: '',
    favicon_meta: { height: 0, width: 0 },
    site: URL.canParse(address) ? new URL(address).hostname : '',
    size: '-1',
    status_code: '200',
    thumbnail: '',
    thumbnail_meta: { height: 0, width: 0 },
    title: '',
    url,
    user_pic: '',
  };
}
