import type { z } from 'zod';
import type { AccountServiceName } from '../../protocol/account/account-services.js';
import type { AccountListenOptions } from '../account/account-listen-options.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Messaging } from '../messaging/messaging.js';
import type { WebEndpoint } from '../messaging/web-endpoint.js';

/** A request as a route receives it: the user, and the data checked by the route's schemas. */
export interface Asked<Body = unknown, Query = unknown> {
  readonly services: Services;
  readonly user: ExchangeUser;
  readonly messaging: Messaging;
  /** Endpoint of the request's registration token. */
  readonly endpoint: WebEndpoint | undefined;
  /** Values of the path parameters, which the route's path has in braces. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Headers, with lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * Address of the service as the client uses it, for links: origin, base address and root, without a trailing slash.
   */
  readonly base: string;
  /** Public address of the messaging service, when it differs from the address of the request. */
  readonly messagingOrigin: string | undefined;
  /** Hosts whose pages may be fetched, and information about known pages. */
  readonly pages: Required<Pick<AccountListenOptions, 'urlHosts' | 'urlInfo'>>;
  /** Aborted when the client disconnects. */
  readonly gone: AbortSignal;
}

/** An answer: JSON, bytes, or nothing. */
export interface Given {
  /** Status of the answer. Default 200; 204 without a body. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/** Method of a request. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Format of a body; `any` is JSON or a form. */
export type BodyForm = 'json' | 'form' | 'any' | 'bytes';

/** A request that a service answers. The table of routes is the source for serving, tests and documentation. */
export interface AccountRoute {
  readonly service: AccountServiceName;
  readonly method: Method;
  /** Path below each root of the service. `{id}` is the id of the asking account. */
  readonly path: string;
  /** Description for the documentation, one sentence. */
  readonly does: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Default `json`. */
  readonly form?: BodyForm;
  /** Schema of the answer's JSON. Default: no JSON. */
  readonly gives?: z.ZodType;
  /** Status of the answer. Default 200; 204 without JSON. */
  readonly status?: number;
  /** Gives the answer. An exception is answered in the common error format. */
  readonly answer: (asked: Asked) => Given | Promise<Given>;
}

/** A route whose `answer` has the types of its schemas. */
interface TypedRoute<Body extends z.ZodType, Query extends z.ZodType> extends Omit<AccountRoute, 'answer'> {
  readonly body?: Body;
  readonly query?: Query;
  readonly answer: (asked: Asked<z.output<Body>, z.output<Query>>) => Given | Promise<Given>;
}

/** Makes a route. */
export function route<Body extends z.ZodType = z.ZodType, Query extends z.ZodType = z.ZodType>(
  typed: TypedRoute<Body, Query>,
): AccountRoute {
  return typed as unknown as AccountRoute;
}
