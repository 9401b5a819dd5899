import { CONVERSATION_ROUTES } from '../messaging/conversation-routes.js';
import { ENDPOINT_ROUTES } from '../messaging/endpoint-routes.js';
import { THREAD_ROUTES } from '../messaging/thread-routes.js';
import type { AccountRoute } from './account-route.js';
import { CONTACT_ROUTES } from './contact-routes.js';
import { DIRECTORY_ROUTES } from './directory-routes.js';
import { ENTITLEMENT_ROUTES } from './entitlement-routes.js';
import { PROFILE_ROUTES } from './profile-routes.js';
import { SETTING_ROUTES } from './setting-routes.js';
import { STATIC_ROUTES } from './static-routes.js';
import { URL_ROUTES } from './url-routes.js';

/** All requests that the account services answer. */
export const ACCOUNT_ROUTES: readonly AccountRoute[] = [
  ...SETTING_ROUTES,
  ...PROFILE_ROUTES,
  ...DIRECTORY_ROUTES,
  ...ENTITLEMENT_ROUTES,
  ...CONTACT_ROUTES,
  ...URL_ROUTES,
  ...STATIC_ROUTES,
  ...ENDPOINT_ROUTES,
  ...CONVERSATION_ROUTES,
  ...THREAD_ROUTES,
];
