import { createHash } from 'node:crypto';
import { z } from 'zod';
import { HttpRefusal } from '../../http/http-refusal.js';
import { EMOTICON_RELEASES, emoticon } from '../../protocol/account/emoticons.js';
import { type AccountRoute, route } from './account-route.js';

const staticAnswer = z.object({
  version: z.number().describe('Number of the release, from 1.'),
  items: z.array(
    z.object({
      id: z.string(),
      type: z.literal('emoticon'),
      shortcuts: z.array(z.string()),
      visible: z.boolean(),
    }),
  ),
});

const SETS = EMOTICON_RELEASES.map((names, index) => {
  const items = names.map((id) => {
    const { shortcuts, isVisible } = emoticon(id);
    return { id, type: 'emoticon' as const, shortcuts: [...shortcuts], visible: isVisible };
  });
  const set = { version: index + 1, items };
  return { hash: createHash('sha256').update(JSON.stringify(set)).digest('hex'), set };
});

/** Hashes of all releases of the static set, oldest first. */
export const STATIC_HASHES: readonly string[] = SETS.map(({ hash }) => hash);

/** Routes for the static set of emoticons. */
export const STATIC_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'static',
    method: 'GET',
    path: '/configs/{hash}/views/en',
    does: 'The emoticons of a release, with shortcuts and visibility. The answer to an unknown hash names the newest one.',
    gives: staticAnswer,
    answer: ({ parameters: { hash } }) => {
      const found = SETS.find((each) => each.hash === hash);
      if (found) return { json: found.set };
      const expected = `the hash of a release; the newest is ${STATIC_HASHES.at(-1)}`;
      throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The release does not exist.', expected);
    },
  }),
];
