import { type Route, RouteTable } from '../../http/route-table.js';
import {
  ACCOUNT_SERVICES,
  type AccountServiceName,
  type AccountServiceSpec,
  serviceOfHost,
} from '../../protocol/account/account-services.js';
import type { AccountRoute } from '../account-routes/account-route.js';
import { ACCOUNT_ROUTES } from '../account-routes/account-routes.js';

/** A route at one of its paths. */
interface PlacedRoute extends Route {
  readonly route: AccountRoute;
  /** Beginning of the path: the root of the service. */
  readonly root: string;
}

/** The route of a request. */
export interface Place {
  readonly route: AccountRoute;
  readonly parameters: Readonly<Record<string, string>>;
  /** Beginning of the path, up to the root of the service. */
  readonly base: string;
}

const NAMES = Object.keys(ACCOUNT_SERVICES) as AccountServiceName[];
/** Routes at the bare root of the server, where the path alone selects the service. */
const AT_ROOT = new RouteTable(NAMES.flatMap((name) => placed(name, ACCOUNT_SERVICES[name].roots)));
const OF_SERVICE = new Map(NAMES.map((name) => [name, new RouteTable(placed(name, allRoots(name)))]));

/**
 * Finds the route of a request. The service is selected by the host name, by the base address at the beginning of the
 * path, or at the bare root by the path alone.
 *
 * @throws HttpRefusal 400, 404, 405.
 */
export function findAccountRoute(method: string, host: string, given: string): Place {
  const trimmed = given.length > 1 ? given.replace(/\/$/, '') : '';
  // Clients used both names of the presence document.
  const path = trimmed.replace(
    /\/presenceDocs\/endpointMessagingService$/i,
    '/presenceDocs/messagingService',
  );
  const named = serviceOfHost(host);
  // A host serves its own service at the root, and the others at the base addresses that links use.
  const byHost = named !== undefined && isAtBase(path, named) ? undefined : named;
  const below = byHost ?? serviceAt(path);
  if (!byHost && AT_ROOT.has(path)) return found(AT_ROOT, method, path, '');
  if (!below) return found(AT_ROOT, method, path, '');
  const { base } = ACCOUNT_SERVICES[below];
  const table = OF_SERVICE.get(below) ?? AT_ROOT;
  const prefix = path === base || path.startsWith(`${base}/`) ? base : '';
  // At the service's own host the base address is optional.
  const isWhole = prefix === '' || (byHost !== undefined && table.has(path));
  return isWhole ? found(table, method, path, '') : found(table, method, path.slice(prefix.length), prefix);
}

/** True for the path of a route below the base address of a service other than `but`. */
function isAtBase(path: string, but: AccountServiceName): boolean {
  const other = serviceAt(path);
  if (other === undefined || other === but) return false;
  return OF_SERVICE.get(other)?.has(path.slice(ACCOUNT_SERVICES[other].base.length)) === true;
}

function found(table: RouteTable<PlacedRoute>, method: string, path: string, prefix: string): Place {
  const { route: placed, parameters } = table.find(method, path);
  return { route: placed.route, parameters, base: `${prefix}${placed.root}` };
}

function serviceAt(path: string): AccountServiceName | undefined {
  return NAMES.find((name) => {
    const { base } = ACCOUNT_SERVICES[name];
    return path === base || path.startsWith(`${base}/`);
  });
}

function allRoots(name: AccountServiceName): readonly string[] {
  const { roots, shortRoots }: AccountServiceSpec = ACCOUNT_SERVICES[name];
  return [...roots, ...shortRoots];
}

function placed(name: AccountServiceName, roots: readonly string[]): PlacedRoute[] {
  return ACCOUNT_ROUTES.filter(({ service }) => service === name).flatMap((route) =>
    roots.map((root) => ({ route, root, method: route.method, path: `${root}${route.path}` })),
  );
}
