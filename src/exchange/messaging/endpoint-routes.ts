import { z } from 'zod';
import { HttpRefusal } from '../../http/http-refusal.js';
import { isLockAndKey } from '../../protocol/account/lock-and-key.js';
import { knownHandle, mriOf } from '../account/mri.js';
import { type AccountRoute, type Asked, type Given, route } from '../account-routes/account-route.js';
import { presenceOf } from './messaging.js';
import type { Subscription } from './subscription.js';
import type { WebEndpoint } from './web-endpoint.js';
import type { RegisteredEndpoint } from './web-endpoints.js';
import { STATUS_WORDS, type StatusWord, webStatus } from './web-status.js';

const info = z.looseObject({});
const interests = z.array(z.string().max(300)).max(50);
const endpointDoc = z.object({
  id: z.string(),
  link: z.string(),
  selfLink: z.string(),
  type: z.string(),
  publicInfo: info,
  privateInfo: info,
});
const presenceAnswer = z.object({
  id: z.string(),
  type: z.string(),
  selfLink: z.string(),
  availability: z.string(),
  status: z.string(),
  capabilities: z.string(),
  endpointPresenceDocs: z.array(endpointDoc).optional(),
});
const WORDS = Object.keys(STATUS_WORDS) as [StatusWord, ...StatusWord[]];
const ENDPOINT = '/users/{id}/endpoints/{endpoint}';
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** Endpoints, presence and events by long poll. */
export const ENDPOINT_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'messaging',
    method: 'POST',
    path: '/users/{id}/endpoints',
    does: 'Creates an endpoint: the header Set-RegistrationToken has its token, Location its address.',
    body: z.looseObject({}),
    status: 201,
    answer: (asked) => {
      checkLockAndKey(asked);
      const elsewhere = redirectOf(asked);
      if (elsewhere !== undefined) return { json: {}, headers: { location: elsewhere } };
      return registered(asked, asked.messaging.endpoints.create(asked.user));
    },
  }),
  route({
    service: 'messaging',
    method: 'GET',
    path: '/users/{id}/endpoints',
    does: 'All endpoints of the account: web clients and attached desktop clients.',
    gives: z.array(endpointDoc),
    answer: (asked) => ({ json: docsOf(asked) }),
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: ENDPOINT,
    does: 'Creates or recreates the endpoint with this id.',
    body: z.looseObject({}),
    status: 200,
    answer: (asked) => {
      const id = endpointId(asked);
      if (UUID.test(id)) return registered(asked, asked.messaging.endpoints.create(asked.user, id));
      throw new HttpRefusal(400, 'ERR_INVALID_ARG', 'The endpoint id is not valid.', 'a UUID in braces');
    },
  }),
  route({
    service: 'messaging',
    method: 'DELETE',
    path: ENDPOINT,
    does: 'Ends an endpoint.',
    answer: (asked) => {
      asked.messaging.endpoints.close(endpointOf(asked));
      return {};
    },
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: `${ENDPOINT}/presenceDocs/messagingService`,
    does: 'Describes an endpoint.',
    body: z.looseObject({ publicInfo: info.default({}), privateInfo: info.default({}) }),
    gives: endpointDoc,
    answer: (asked) => {
      const endpoint = endpointOf(asked);
      const { publicInfo, privateInfo } = asked.body;
      endpoint.description = { publicInfo, privateInfo };
      const path = `/users/ME/endpoints/{${endpoint.id}}/presenceDocs/messagingService`;
      asked.messaging.endpoints.tell(asked.user, {
        resourceType: 'EndpointPresence',
        path,
        resource: (base) => docOf(endpoint, base),
      });
      return { json: docOf(endpoint, asked.base) };
    },
  }),
  route({
    service: 'messaging',
    method: 'POST',
    path: `${ENDPOINT}/active`,
    does: 'Keeps an endpoint active for this many seconds; then it is away.',
    body: z.looseObject({ timeout: z.number().min(1).max(86_400) }),
    status: 201,
    answer: (asked) => {
      asked.messaging.endpoints.keepActive(endpointOf(asked), asked.body.timeout * 1000);
      return { json: {} };
    },
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: '/users/{id}/presenceDocs/messagingService',
    does: 'Sets the presence of the user at the endpoint of the registration token; without a token, at all web endpoints of the user.',
    body: z.looseObject({ status: z.enum(WORDS) }),
    gives: presenceAnswer,
    answer: (asked) => {
      const { endpoints } = asked.messaging;
      const all = asked.endpoint ? [asked.endpoint] : endpoints.of(asked.user);
      if (all.length === 0) {
        const expected = 'an endpoint, created by POST /users/ME/endpoints';
        throw new HttpRefusal(409, 'ERR_INVALID_STATE', 'The account has no web endpoint.', expected);
      }
      for (const endpoint of [...all]) endpoints.say(endpoint, asked.body.status);
      return { json: ownPresence(asked) };
    },
  }),
  route({
    service: 'messaging',
    method: 'GET',
    path: '/users/{mri}/presenceDocs/messagingService',
    does: 'Presence of a user as the account sees it; for the account itself, with all endpoints.',
    gives: presenceAnswer,
    answer: (asked) => {
      const mri = asked.parameters['mri'] ?? '';
      const isOwn = ['me', 'self', mriOf(asked.user.handle).toLowerCase()].includes(mri.toLowerCase());
      if (isOwn) return { json: { ...ownPresence(asked), endpointPresenceDocs: docsOf(asked) } };
      const handle = knownHandle(asked.services, mri);
      const status = asked.services.people.sight.value(asked.user, handle, 'ONLINESTATUS');
      return {
        json: presenceOf(status, `${asked.base}/users/${mriOf(handle)}/presenceDocs/messagingService`),
      };
    },
  }),
  route({
    service: 'messaging',
    method: 'POST',
    path: '/users/{id}/contacts',
    does: 'Requests presence events of contacts now. Events of changes are sent in any case.',
    body: z.looseObject({ contacts: z.array(z.looseObject({ id: z.string().max(100) })).max(1000) }),
    status: 201,
    answer: (asked) => {
      const handles = asked.body.contacts.map(({ id }) => knownHandle(asked.services, id));
      for (const handle of handles) {
        const status = asked.services.people.sight.value(asked.user, handle, 'ONLINESTATUS');
        asked.messaging.tellPresence(asked.user, handle, status);
      }
      return { json: {} };
    },
  }),
  route({
    service: 'messaging',
    method: 'POST',
    path: `${ENDPOINT}/subscriptions`,
    does: 'Subscribes to events of resources. Location ends in the number of the subscription.',
    body: z.looseObject({ interestedResources: interests, channelType: z.string().regex(/^HttpLongPoll$/i) }),
    status: 201,
    answer: (asked) => {
      const endpoint = endpointOf(asked);
      const number = endpoint.subscribe(asked.body.interestedResources);
      const location = `${linkOf(endpoint, asked.base)}/subscriptions/${number}`;
      return { json: {}, headers: { location } };
    },
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: `${ENDPOINT}/subscriptions/{subscription}`,
    does: 'Changes the resources of a subscription.',
    query: z.looseObject({ name: z.literal('interestedResources') }),
    body: z.looseObject({ interestedResources: interests }),
    answer: (asked) => {
      subscriptionOf(asked).interests = asked.body.interestedResources;
      return {};
    },
  }),
  route({
    service: 'messaging',
    method: 'POST',
    path: `${ENDPOINT}/subscriptions/{subscription}/poll`,
    does: 'Waits for events, up to 30 seconds. A new poll ends the previous one.',
    gives: z.object({ eventMessages: z.array(z.looseObject({ id: z.number() })).optional() }),
    answer: async (asked) => {
      const events = await subscriptionOf(asked).poll(asked.base, asked.gone);
      return { json: events.length === 0 ? {} : { eventMessages: events } };
    },
  }),
];

/**
 * Checks the LockAndKey header. A program that does not send it is accepted.
 *
 * @throws HttpRefusal 403 for a wrong response.
 */
function checkLockAndKey({ headers: { lockandkey } }: Pick<Asked, 'headers'>): void {
  if (lockandkey === undefined || (typeof lockandkey === 'string' && isLockAndKey(lockandkey))) return;
  const expected = 'LockAndKey: appId=ID; time=SECONDS; lockAndKeyResponse=HEX, or no such header';
  throw new HttpRefusal(403, 'ERR_FORBIDDEN', 'The LockAndKey response does not match its time.', expected);
}

/** Address at which the endpoint must be created; undefined when it is this address. */
function redirectOf({ base, messagingOrigin }: Asked): string | undefined {
  const { origin, pathname } = new URL(base);
  if (messagingOrigin === undefined || messagingOrigin === origin) return undefined;
  return `${messagingOrigin}${pathname}/users/ME/endpoints`;
}

function registered({ base }: Asked, { endpoint, token }: RegisteredEndpoint): Given {
  const expires = Math.floor(endpoint.expires / 1000);
  return {
    json: {},
    headers: {
      location: linkOf(endpoint, base),
      'set-registrationtoken': `registrationToken=${token}; expires=${expires}; endpointId={${endpoint.id}}`,
    },
  };
}

/** Address of an endpoint. Braces are encoded, because a URL may not contain them. */
function linkOf({ id }: WebEndpoint, base: string): string {
  return `${base}/users/ME/endpoints/%7B${id}%7D`;
}

function endpointId({ parameters, endpoint }: Pick<Asked, 'parameters' | 'endpoint'>): string {
  const id = (parameters['endpoint'] ?? '').replace(/^\{(.*)\}$/, '$1').toLowerCase();
  return id === 'self' ? (endpoint?.id ?? '') : id;
}

/** Finds the endpoint of the request. @throws HttpRefusal 404 for an endpoint that the account does not have. */
function endpointOf(asked: Pick<Asked, 'parameters' | 'endpoint' | 'messaging' | 'user'>): WebEndpoint {
  const found = asked.messaging.endpoints.find(asked.user, endpointId(asked));
  if (found) return found;
  const expected = 'the id of an endpoint of the account';
  throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The endpoint does not exist.', expected);
}

/** Finds the subscription of the request. @throws HttpRefusal 404. */
function subscriptionOf(asked: Pick<Asked, 'parameters' | 'endpoint' | 'messaging' | 'user'>): Subscription {
  const { subscriptions } = endpointOf(asked);
  const number = asked.parameters['subscription'] ?? '';
  const found = /^\d$/.test(number) ? subscriptions[Number(number)] : undefined;
  if (found) return found;
  const expected = 'the number of a subscription of the endpoint';
  throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The subscription does not exist.', expected);
}

function ownPresence({ user, base }: Pick<Asked, 'user' | 'base'>): object {
  const status = user.parameters.get('USERSTATUS') ?? 'ONLINE';
  const selfLink = `${base}/users/ME/presenceDocs/messagingService`;
  // Users see their own status as Hidden. Others see it as Offline.
  return { ...presenceOf(status, selfLink), status: webStatus(status) };
}

function docOf(endpoint: WebEndpoint, base: string): z.output<typeof endpointDoc> {
  const link = linkOf(endpoint, base);
  return {
    id: 'messagingService',
    type: 'EndpointPresenceDoc',
    link,
    selfLink: `${link}/presenceDocs/messagingService`,
    publicInfo: { ...endpoint.description.publicInfo },
    privateInfo: { ...endpoint.description.privateInfo },
  };
}

/** Lists the endpoints of web clients, then those of desktop clients. Each has a unique name. */
function docsOf({ messaging, user, base }: Pick<Asked, 'messaging' | 'user' | 'base'>) {
  const desktop = messaging.clientsOf(user).map((epname, index) => {
    const link = `${base}/users/ME/endpoints/desktop-${index + 1}`;
    return {
      id: 'messagingService',
      type: 'EndpointPresenceDoc',
      link,
      selfLink: `${link}/presenceDocs/messagingService`,
      publicInfo: { skypeNameVersion: epname, type: 'desktop' },
      privateInfo: { epname },
    };
  });
  return [...messaging.endpoints.of(user).map((endpoint) => docOf(endpoint, base)), ...desktop];
}
