import { z } from 'zod';
import { HttpRefusal } from '../../http/http-refusal.js';
import { type AccountProfileChange, PROFILE_FIELDS } from '../../protocol/account/account-profile.js';
import { changedProperties, simpleProfile } from '../account/simple-profile.js';
import type { ExchangeUser } from '../exchange-user.js';
import { PICTURE_KINDS } from '../picture.js';
import { type AccountRoute, type Asked, type Given, route } from './account-route.js';

/** Makes a schema with an entry for each field that can be changed. */
const eachField = <S extends z.ZodType>(schema: S) =>
  Object.fromEntries(PROFILE_FIELDS.map((field) => [field, schema])) as Record<keyof AccountProfileChange, S>;

const text = z.string().nullable();
const simpleAnswer = z.object({
  username: z.string(),
  ...eachField(text),
  country: text.describe('Two-letter code.'),
  language: text.describe('Two-letter code.'),
  birthday: text.describe('As 2007-01-31.'),
  avatarUrl: text,
  displayname: z.string(),
  gender: text.describe('`male` or `female`.'),
  jobtitle: text,
});
const change = z.strictObject({
  ...eachField(z.string()),
  birthday: z.union([z.literal(''), z.iso.date()]),
});
const usernames = z.object({ usernames: z.array(z.string().min(1).max(100)).max(100) });

/** Routes for simple profiles, the account's own and others', and pictures. */
export const PROFILE_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'api',
    method: 'GET',
    path: '/users/{id}/profile',
    does: 'The profile of the account.',
    gives: simpleAnswer.extend({ emails: z.array(z.string()) }),
    answer: (asked) => {
      const { services, user } = asked;
      const emails = user.account.addresses.all('email').map(({ name }) => name);
      return { json: { ...simpleProfile(services, user, user.handle, pictureLink(asked)), emails } };
    },
  }),
  route({
    service: 'api',
    method: 'POST',
    path: '/users/{id}/profile/partial',
    does: 'Changes fields of the profile: all given fields, or none.',
    body: z.object({ payload: change.partial() }),
    gives: simpleAnswer,
    answer: (asked) => {
      const { services, user, body } = asked;
      const given = Object.entries(body.payload).filter(([, value]) => value !== undefined);
      services.people.setProfile(user, changedProperties(user, Object.fromEntries(given)));
      return { json: simpleProfile(services, user, user.handle, pictureLink(asked)) };
    },
  }),
  ...(['api', 'profiles'] as const).map((service) =>
    route({
      service,
      method: 'POST',
      path: service === 'api' ? '/users/batch/profiles' : '/batch/profiles',
      does: 'Profiles of several users, as the account sees them. Unknown users are omitted.',
      body: usernames,
      form: 'any',
      gives: z.array(simpleAnswer),
      answer: (asked) => {
        const { services, user, body } = asked;
        const handles = [...new Set(body.usernames.map((name) => name.replace(/^8:/, '').toLowerCase()))];
        const known = handles.filter((handle) => services.identityOf(handle));
        return {
          json: known.map((handle) => simpleProfile(services, user, handle, pictureLink(asked))),
        };
      },
    }),
  ),
  route({
    service: 'avatars',
    method: 'GET',
    path: '/{user}',
    does: 'The picture of a user.',
    answer: ({ services, user, parameters: { user: handle = '' } }) => {
      const owner = services.userOf(handle);
      const isSeen = owner && (owner === user || services.people.sight.reaches(user.handle, owner));
      const picture = isSeen ? owner.picture : undefined;
      if (picture) return { bytes: picture, headers: { 'content-type': typeOf(picture) } };
      throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The user has no picture.', 'a user with a picture');
    },
  }),
  route({
    service: 'avatars',
    method: 'PUT',
    path: '/{id}',
    does: 'Sets the picture of the account.',
    form: 'bytes',
    answer: ({ services, user, body, headers }) => setPicture({ services, user, headers }, body as Buffer),
  }),
];

function setPicture(
  { services, user, headers }: Pick<Asked, 'services' | 'headers'> & { readonly user: ExchangeUser },
  bytes: Buffer,
): Given {
  const type = String(headers['content-type'] ?? '');
  if (!/^image\/(?:jpeg|png|bmp)\b/i.test(type)) {
    throw new HttpRefusal(
      415,
      'ERR_UNSUPPORTED',
      'The Content-Type of the body is not an image type.',
      PICTURE_KINDS,
    );
  }
  services.people.setPicture(user, bytes);
  return {};
}

/** Makes the links to pictures. The avatars service serves them at its base address, below the same origin. */
export function pictureLink({ base }: Pick<Asked, 'base'>): (handle: string) => string {
  return (handle) => `${new URL(base).origin}/avatars/v1/avatars/${encodeURIComponent(handle)}`;
}

function typeOf(picture: Uint8Array): string {
  if (picture[0] === 0xff) return 'image/jpeg';
  return picture[0] === 0x89 ? 'image/png' : 'image/bmp';
}
