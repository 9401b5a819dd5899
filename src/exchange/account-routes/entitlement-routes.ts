import { z } from 'zod';
import { HttpRefusal } from '../../http/http-refusal.js';
import type { Entitlement } from '../account/entitlements.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type AccountRoute, type Asked, route } from './account-route.js';

const date = z.string().nullable();
const serviceAnswer = z.object({
  active: z.boolean(),
  attributes: z
    .object({
      currency: z.string().optional(),
      monthly_minutes: z.number().optional(),
      package: z.string().optional(),
    })
    .optional(),
  balance: z.number().optional().describe('Hundredths of the currency, or minutes of a package.'),
  balanceFormatted: z.string().optional(),
  data: z.object({ calling_plan: z.string(), href: z.string(), nameFormatted: z.string() }).optional(),
  end: date,
  href: z.string(),
  id: z.string(),
  quota: z.number().optional(),
  reset: date,
  service: z.string(),
  start: date,
});
type ShownService = z.output<typeof serviceAnswer>;

/** Routes for the services of an account. */
export const ENTITLEMENT_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'entitlement',
    method: 'GET',
    path: '/users/{id}/services',
    does: 'All services of the account.',
    gives: z.array(serviceAnswer),
    answer: (asked) => {
      checkVersion(asked);
      return { json: servicesOf(asked.user).map((each) => shown(asked.user, each)) };
    },
  }),
  route({
    service: 'entitlement',
    method: 'GET',
    path: '/users/{id}/services/{service}',
    does: 'One service of the account.',
    gives: serviceAnswer,
    answer: (asked) => {
      checkVersion(asked);
      const services = servicesOf(asked.user);
      const found = services.find(({ id }) => id === asked.parameters['service']);
      if (found) return { json: shown(asked.user, found) };
      const expected = `one of ${services.map(({ id }) => id).join(', ')}`;
      throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The account has no such service.', expected);
    },
  }),
];

/** Checks the requested version of the answers. Only 3.0 is known. */
function checkVersion({ headers }: Pick<Asked, 'headers'>): void {
  const version = /;\s*ver=([^;,\s]+)/i.exec(String(headers['accept'] ?? ''))?.[1];
  if (version === undefined || version === '3.0') return;
  const expected = 'Accept: application/json; ver=3.0';
  throw new HttpRefusal(406, 'ERR_UNSUPPORTED', `Version ${version} does not exist.`, expected);
}

/** Gives the services from the account option, or those that follow from the user's options. */
function servicesOf(user: ExchangeUser): Entitlement[] {
  const { entitlements } = user.account;
  if (entitlements) return entitlements.all;
  const always = { active: true, start: undefined, end: undefined };
  return [
    ...(user.hasSkypeOut ? [{ id: 'pstn', service: 'pstn', ...always } as const] : []),
    ...(user.hasVoicemail ? [{ id: 'voicemail', service: 'voicemail', ...always } as const] : []),
  ];
}

function shown(user: ExchangeUser, { id, service, active, start, end, minutes }: Entitlement): ShownService {
  const view = {
    end: shownTime(end),
    href: `/users/${user.handle}/services/${id}`,
    id,
    reset: shownTime(minutes?.reset),
    service,
    start: shownTime(start),
  };
  if (service === 'pstn') {
    const balance = Number(user.profile.get('PSTN_BALANCE') ?? 0);
    const currency = user.profile.get('PSTN_BALANCE_CURRENCY') || 'EUR';
    const balanceFormatted = formatted(balance, currency);
    return { active: active && balance > 0, attributes: { currency }, balance, balanceFormatted, ...view };
  }
  if (!minutes) return { active, ...view };
  const { package: name, quota, left, title } = minutes;
  const plan = name.replace(/-\d+$/, '');
  return {
    active,
    attributes: { monthly_minutes: quota, package: name },
    balance: left,
    data: {
      calling_plan: plan,
      href: `/offers/calling-legacy/skus/package-${name}/subscriptions/package-${name}-1m`,
      nameFormatted: title,
    },
    ...view,
    quota,
  };
}

/** Formats a time as `2016-01-01T00:00:00+00:00`. */
function shownTime(unixMs: number | undefined): string | null {
  return unixMs === undefined ? null : `${new Date(unixMs).toISOString().slice(0, 19)}+00:00`;
}

function formatted(hundredths: number, currency: string): string {
  try {
    return new Intl.NumberFormat('en', { style: 'currency', currency }).format(hundredths / 100);
  } catch {
    // The currency is not known.
    return `${(hundredths / 100).toFixed(2)} ${currency}`;
  }
}
