import type { AccountListenOptions } from '../../../src/exchange/account/account-listen-options.js';
import type { ExchangeOptions } from '../../../src/exchange/exchange-options.js';
import { type World, world } from '../world.js';

/** Tokens of the users in these tests. */
export const TOKENS = {
  alice: 'alice-0123456789abcdef',
  bob: 'bob-0123456789abcdef.ghi',
  carol: 'carol-0123456789abcdef',
} as const;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what came.
  readonly body: any;
}

export interface Asking {
  /** Default: alice's token. */
  readonly as?: keyof typeof TOKENS | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** An exchange with its account services, and what asks them. */
export interface AccountStage extends World {
  readonly port: number;
  readonly origin: string;
  ask(request: string, asking?: Asking): Promise<Answer>;
}

/** Serves the accounts of alice, bob and carol. */
export async function accountStage(
  options: ExchangeOptions = {},
  listening: Partial<AccountListenOptions> = {},
): Promise<AccountStage> {
  const stage = await world(options);
  const port = await stage.exchange.listenHttp({ tokens: TOKENS, perSecond: 10_000, ...listening });
  const origin = `http://127.0.0.1:${port}`;
  return Object.assign(stage, {
    port,
    origin,
    ask: (request: string, asking: Asking = {}) => asked(origin, request, asking),
  });
}

async function asked(origin: string, request: string, asking: Asking): Promise<Answer> {
  const [method = 'GET', path = ''] = request.split(' ');
  const { as = 'alice', headers = {}, json, form, bytes, signal } = asking;
  const body = json !== undefined ? JSON.stringify(json) : form ? new URLSearchParams(form) : bytes;
  const response = await fetch(path.startsWith('http') ? path : `${origin}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      'x-skypetoken': TOKENS[as],
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
