import { z } from 'zod';
import { entryOf } from '../../base/entry-of.js';
import { HttpRefusal } from '../../http/http-refusal.js';
import { CHAT_OPTIONS } from '../../protocol/catalogue/chat.js';
import { knownHandle } from '../account/mri.js';
import { type AccountRoute, type Asked, type Given, route } from '../account-routes/account-route.js';
import { sameHandle } from '../chats/chat.js';
import type { ChatView } from '../chats/chat-view.js';

const role = z.enum(['Admin', 'User']);
const threadAnswer = z.looseObject({
  id: z.string(),
  type: z.literal('Thread'),
  members: z.array(z.looseObject({ id: z.string(), role })),
  properties: z.looseObject({ topic: z.string(), creator: z.string() }),
  messages: z.string(),
});
/** Bits of CHAT OPTIONS, by the property of a thread. */
const OPTIONS = {
  joiningenabled: CHAT_OPTIONS.JOINING_ENABLED,
  historydisclosed: CHAT_OPTIONS.HISTORY_DISCLOSED,
  moderatedthread: CHAT_OPTIONS.USERS_ARE_LISTENERS,
} as const;
const truth = z
  .union([z.boolean(), z.enum(['true', 'false'])])
  .transform((value) => String(value) === 'true');
const properties = z.looseObject({
  topic: z.string().max(10_000).optional(),
  joiningenabled: truth.optional(),
  historydisclosed: truth.optional(),
  moderatedthread: truth.optional(),
});
type Properties = z.output<typeof properties>;

/** Routes of threads, which are group chats. */
export const THREAD_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'messaging',
    method: 'POST',
    path: '/threads',
    does: 'Creates a thread with members. Location ends in its id.',
    body: z.looseObject({
      members: z.array(z.looseObject({ id: z.string().max(100), role: role.default('User') })).max(100),
      properties: properties.default({}),
    }),
    status: 201,
    answer: (asked) => {
      const { services, user, body, base, messaging } = asked;
      const members = body.members.map(({ id, role }) => ({ handle: knownHandle(services, id), role }));
      const others = members.filter(({ handle }) => !sameHandle(handle, user.handle));
      const view = services.chats.create(
        user,
        others.map(({ handle }) => handle),
      );
      for (const { handle, role } of others) {
        if (role === 'Admin') services.chats.setRole(view, handle, 'MASTER');
      }
      setProperties(asked, view, body.properties);
      return { json: {}, headers: { location: `${base}/threads/${messaging.conversations.idOf(view)}` } };
    },
  }),
  route({
    service: 'messaging',
    method: 'GET',
    path: '/threads/{thread}',
    does: 'A thread: its members and properties.',
    query: z.looseObject({ view: z.string().max(100).optional() }),
    gives: threadAnswer,
    answer: (asked) => ({ json: asked.messaging.conversations.showThread(threadOf(asked), asked.base) }),
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: '/threads/{thread}/properties',
    does: 'Sets a property: topic, joiningenabled, historydisclosed or moderatedthread.',
    query: z.looseObject({
      name: z.enum(['topic', 'joiningenabled', 'historydisclosed', 'moderatedthread']),
    }),
    body: properties,
    status: 200,
    answer: (asked) => {
      const { name } = asked.query;
      const value = entryOf<unknown>(asked.body, name);
      if (value === undefined) {
        throw new HttpRefusal(400, 'ERR_INVALID_ARG', `The body has no ${name}.`, `{"${name}": ...}`);
      }
      setProperties(asked, threadOf(asked), { [name]: value });
      return { json: {} };
    },
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: '/threads/{thread}/members/{mri}',
    does: 'Adds a member or changes the role of a member.',
    body: z.looseObject({ role: role.default('User') }),
    status: 200,
    answer: (asked): Given => {
      const view = threadOf(asked);
      const handle = knownHandle(asked.services, asked.parameters['mri'] ?? '');
      const { chats } = asked.services;
      const isNew = !view.chat.member(handle);
      check(!isNew || chats.add(view, [handle]));
      if (asked.body.role === 'Admin') check(chats.setRole(view, handle, 'MASTER'));
      else if (!isNew) check(chats.setRole(view, handle, 'USER'));
      return { json: {} };
    },
  }),
  route({
    service: 'messaging',
    method: 'DELETE',
    path: '/threads/{thread}/members/{mri}',
    does: 'Removes a member. Removing the account itself leaves the thread.',
    answer: (asked): Given => {
      const view = threadOf(asked);
      const handle = knownHandle(asked.services, asked.parameters['mri'] ?? '');
      const { chats } = asked.services;
      check(sameHandle(handle, asked.user.handle) ? chats.leave(view) : chats.kick(view, [handle]));
      return {};
    },
  }),
];

function setProperties({ services }: Pick<Asked, 'services'>, view: ChatView, given: Properties): void {
  if (given.topic !== undefined) check(services.chats.settings.setTopic(view, given.topic));
  let { options } = view.chat.face;
  for (const [name, bit] of Object.entries(OPTIONS)) {
    const on = entryOf<unknown>(given, name);
    if (typeof on === 'boolean') options = on ? options | bit : options & ~bit;
  }
  if (options !== view.chat.face.options) check(services.chats.settings.setOptions(view, options));
}

/** Finds the thread of the request. @throws HttpRefusal 404, 422. */
function threadOf({
  messaging,
  user,
  parameters,
}: Pick<Asked, 'messaging' | 'user' | 'parameters'>): ChatView {
  const id = parameters['thread'] ?? '';
  const view = /^[48]:/.test(id) ? undefined : messaging.conversations.find(user, id);
  if (view) return view;
  throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The account has no such thread.', '19:...@thread.skype');
}

/** Refuses a change that did not succeed. @throws HttpRefusal 403 when the user may not make it. */
function check(done: boolean): void {
  if (done) return;
  const expected = 'a member with the right to do this, and a user that it applies to';
  throw new HttpRefusal(
    403,
    'ERR_FORBIDDEN',
    'The account lacks the right to do this in the thread.',
    expected,
  );
}
