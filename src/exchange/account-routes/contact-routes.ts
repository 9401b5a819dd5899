import { z } from 'zod';
import { HttpRefusal } from '../../http/http-refusal.js';
import { knownHandle, mriOf } from '../account/mri.js';
import { simpleProfile } from '../account/simple-profile.js';
import { PROPOSED } from '../people/group-members.js';
import { type AccountRoute, type Asked, route } from './account-route.js';
import { pictureLink } from './profile-routes.js';

const text = z.string();
const profileAnswer = z.looseObject({
  avatar_url: text.optional(),
  birthday: text.optional(),
  gender: text.optional(),
  locations: z.array(z.looseObject({ type: text })).optional(),
  phones: z.array(z.object({ type: text, number: text })).optional(),
  mood: text.optional(),
  about: text.optional(),
  website: text.optional(),
  language: text.optional(),
  name: z.object({ first: text.optional(), surname: text.optional(), nickname: text }),
});
const contactAnswer = z.looseObject({
  person_id: text.describe('Same value as mri.'),
  mri: text.describe('8: followed by the handle.'),
  display_name: text,
  display_name_source: z.enum(['identifier', 'profile', 'user_edits']),
  profile: profileAnswer,
  authorized: z.boolean(),
  blocked: z.boolean(),
  favorite: z.boolean(),
  creation_time: text.describe(
    'Time when the contact was added; for a contact from the options, the start of the exchange.',
  ),
});
const inviteAnswer = z.object({
  mri: text,
  displayname: text,
  avatar_url: text,
  invites: z.array(z.object({ message: text, time: text.describe('Time of the request.') })),
});

const groupAnswer = z.looseObject({
  id: z.string().describe('CUSTOM_GROUP_ID of the desktop API.'),
  name: z.string(),
  is_favorite: z.boolean(),
  contacts: z.array(z.string()).describe('8: followed by the handle, for each.'),
});

/** Routes for the contacts and blocked users of the account: the same as in USER and SEARCH FRIENDS. */
export const CONTACT_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'contacts',
    method: 'GET',
    path: '/users/{id}',
    does: 'All contacts, custom and shared groups, and blocked users.',
    gives: z.object({
      contacts: z.array(contactAnswer),
      groups: z.array(groupAnswer),
      blocklist: z.array(z.object({ mri: z.string() })),
      scope: z.literal('full'),
    }),
    answer: (asked) => {
      const { services, user } = asked;
      const blocked = services.people.handlesWhere(user, (handle) => user.has('ISBLOCKED', handle));
      return {
        json: {
          contacts: services.people.friendsOf(user).map((handle) => contactOf(asked, handle)),
          groups: groupsOf(asked),
          blocklist: blocked.map((handle) => ({ mri: mriOf(handle) })),
          scope: 'full',
        },
      };
    },
  }),
  route({
    service: 'contacts',
    method: 'GET',
    path: '/users/{id}/invites',
    does: 'Pending authorisation requests of other users, each with its text.',
    gives: z.object({ invite_list: z.array(inviteAnswer) }),
    answer: (asked) => ({
      json: {
        invite_list: asked.services.people.waitingFor(asked.user).map((handle) => inviteOf(asked, handle)),
      },
    }),
  }),
  ...([true, false] as const).map((accepts) =>
    route({
      service: 'api',
      method: 'PUT',
      path: `/users/{id}/contacts/auth-request/{user}/${accepts ? 'accept' : 'decline'}`,
      does: accepts ? 'Accepts an authorisation request.' : 'Declines an authorisation request.',
      status: 201,
      answer: (asked) => {
        const { services, user } = asked;
        const handle = knownHandle(services, asked.parameters['user'] ?? '');
        if (!services.people.waitingFor(user).includes(handle)) {
          const expected = 'a user listed by GET /contacts/v2/users/{id}/invites';
          throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'There is no such request.', expected);
        }
        services.people.authorise(user, handle, accepts);
        return { json: {} };
      },
    }),
  ),
  route({
    service: 'contacts',
    method: 'POST',
    path: '/users/{id}/contacts',
    does: 'Adds a user to the contacts and asks for authorisation.',
    body: z.object({ mri: z.string().max(100), greeting: z.string().max(1000).default('') }),
    answer: (asked) => {
      const { services, user, body } = asked;
      services.people.ask(user, knownHandle(asked.services, body.mri), body.greeting);
      return {};
    },
  }),
  route({
    service: 'contacts',
    method: 'DELETE',
    path: '/users/{id}/contacts/{mri}',
    does: 'Removes a user from the contact list.',
    answer: (asked) => {
      asked.services.people.remove(asked.user, knownHandle(asked.services, asked.parameters['mri'] ?? ''));
      return {};
    },
  }),
  ...([true, false] as const).map((blocked) =>
    route({
      service: 'contacts',
      method: blocked ? 'PUT' : 'DELETE',
      path: '/users/{id}/contacts/blocklist/{mri}',
      does: blocked ? 'Blocks somebody.' : 'Unblocks a user.',
      answer: (asked) => {
        const handle = knownHandle(asked.services, asked.parameters['mri'] ?? '');
        asked.services.people.block(asked.user, handle, blocked);
        return {};
      },
    }),
  ),
];

/** Lists the groups that the account has made or shares. A group that waits to be accepted is left out. */
function groupsOf({ services: { groups }, user }: Asked): z.output<typeof groupAnswer>[] {
  const own = groups.customOf(user).filter((group) => group.get('TYPE') !== PROPOSED);
  return own.map((group) => ({
    id: group.get('CUSTOM_GROUP_ID') ?? '',
    name: group.get('DISPLAYNAME') ?? '',
    is_favorite: false,
    contacts: groups.members(user, group).map(mriOf),
  }));
}

function contactOf(asked: Asked, handle: string): z.output<typeof contactAnswer> {
  const { services, user } = asked;
  const { sight } = services.people;
  const edited = sight.value(user, handle, 'DISPLAYNAME');
  const name = sight.value(user, handle, 'FULLNAME');
  return {
    person_id: mriOf(handle),
    mri: mriOf(handle),
    display_name: edited || name || handle,
    display_name_source: edited ? 'user_edits' : name ? 'profile' : 'identifier',
    profile: profileOf(asked, handle),
    creation_time: new Date(user.since('listed', handle)).toISOString(),
    authorized: user.isContact(handle),
    blocked: user.has('ISBLOCKED', handle),
    favorite: false,
  };
}

/** Gives the profile of a contact in the format of the contacts service. Fields that are not set are left out. */
function profileOf(asked: Asked, handle: string): z.output<typeof profileAnswer> {
  const given = simpleProfile(asked.services, asked.user, handle, pictureLink(asked));
  const { avatarUrl, birthday, gender, mood, about, homepage, language, country, city, province } = given;
  const phones = [
    { type: 'home', number: given.phoneHome },
    { type: 'mobile', number: given.phoneMobile },
    { type: 'office', number: given.phoneOffice },
  ].flatMap(({ type, number }) => (number === null ? [] : [{ type, number }]));
  const place = { country: country?.toLowerCase(), city, state: province };
  const location = { type: 'home', ...said(place) };
  return {
    ...said({ avatar_url: avatarUrl, birthday, gender, mood, about, website: homepage, language }),
    ...(Object.keys(location).length > 1 && { locations: [location] }),
    ...(phones.length > 0 && { phones }),
    name: { ...said({ first: given.firstname, surname: given.lastname }), nickname: given.username },
  };
}

/** Keeps only the fields that are set. */
function said(fields: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

function inviteOf(asked: Asked, handle: string): z.output<typeof inviteAnswer> {
  const { services, user } = asked;
  const { displayname, avatarUrl } = simpleProfile(services, user, handle, pictureLink(asked));
  const message = user.contact(handle).get('RECEIVEDAUTHREQUEST') ?? '';
  const time = new Date(user.since('asked', handle)).toISOString();
  return { mri: mriOf(handle), displayname, avatar_url: avatarUrl ?? '', invites: [{ message, time }] };
}
