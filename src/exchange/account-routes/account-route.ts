import type { z } from 'zod';
import type { AccountServiceName } from '../../protocol/account/account-services.js';
import type { AccountListenOptions } from '../account/account-options.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Messaging } from '../messaging/messaging.js';
import type { WebEndpoint } from '../messaging/web-endpoint.js';

/** A request as a route gets it: who asks, and what stands in it, checked by the schemas of the route. */
export interface Asked<Body = unknown, Query = unknown> {
  readonly services: Services;
  readonly user: ExchangeUser;
  readonly messaging: Messaging;
  /** The endpoint whose registration token the request has. */
  readonly endpoint: WebEndpoint | undefined;
  /** Parts of the path that stand in braces in the route's. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** In small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Address of the service as the client has it, for links: origin, base address and root, without a slash at the end. */
  readonly base: string;
  /** Address of the messaging service, where it is another than that by which the client asks. */
  readonly messagingOrigin: string | undefined;
  /** Pages that may be fetched, and those that are known. */
  readonly pages: Required<Pick<AccountListenOptions, 'urlHosts' | 'urlInfo'>>;
  /** Fires when the client has gone. */
  readonly gone: AbortSignal;
}

/** An answer: JSON, bytes, or nothing. */
export interface Given {
  /** Default 200; 204 without a body. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
}

/** Method of a request. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Form of a body; `any` is JSON or a form. */
export type BodyForm = 'json' | 'form' | 'any' | 'bytes';

/** One request that a service answers. The table of them is what is served, tested and documented. */
export interface AccountRoute {
  readonly service: AccountServiceName;
  readonly method: Method;
  /** Below each root of the service. `{id}` is the asking account's own. */
  readonly path: string;
  /** A sentence for the documentation. */
  readonly does: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Default `json`. */
  readonly form?: BodyForm;
  /** The JSON of the answer; none where it has none. */
  readonly gives?: z.ZodType;
  /** Status of the answer. Default 200; 204 where it has no JSON. */
  readonly status?: number;
  /** Gives the answer. What it throws is told in the one form of errors. */
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
