import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, type Client, Exchange, MemoryTransport, VirtualClock } from '../../src/index.js';
import {
  BearerTokens,
  ControlDesk,
  EventFeed,
  type FeedEvent,
  FeedMetrics,
  HttpServer,
  RestApi,
  Service,
  type ServiceConfig,
} from '../../src/service.js';
import { driven, until } from '../turns.js';

const FLOW = `name: Greeting
steps:
  hello: { do: say, what: { tone: 700, ms: 60000 } }
`;

/** Tokens of the clients in these tests, by name. */
export const TOKENS = { robot: 'robot-0123456789abcdef', viewer: 'viewer-0123456789abcde' } as const;

/** A service with its REST API, and callers. */
export interface Served {
  readonly folder: string;
  readonly service: Service;
  readonly exchange: Exchange;
  readonly events: readonly FeedEvent[];
  readonly callers: readonly Client[];
  readonly http: HttpServer;
  readonly api: RestApi;
  /** Asks the API. Default: by the token that may do everything. */
  ask(method: string, path: string, options?: Asking): Promise<Answer>;
}
export interface Asking {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what came.
  readonly body: any;
}

/** Runs `work` beside a service with a REST API, on an exchange whose clock goes on by itself. */
export async function served(
  work: (served: Served) => Promise<void>,
  changes: Partial<ServiceConfig> = {},
): Promise<readonly FeedEvent[]> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  await writeFile(join(folder, 'flow.yaml'), FLOW);
  for (const [name, token] of Object.entries(TOKENS)) await writeFile(join(folder, name), `${token}\n`);
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const users = ['desk', 'night', 'anna', 'bob'].map((handle) => ({ handle }));
  const exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  const reading = feed.each({ name: 'test', limit: 1_000_000 }, (event) => events.push(event));
  const config: ServiceConfig = {
    endpoints: { desk: { attach: 'exchange:desk' } },
    record: { out: join(folder, 'recordings') },
    bots: { greeter: { flow: join(folder, 'flow.yaml') } },
    rules: [{ name: 'rest', callers: ['anna'], answer: 'greeter' }],
    ...changes,
  };
  const service = await Service.start(config, { feed, clock, exchange });
  const over = new AbortController();
  const metrics = new FeedMetrics(feed, service.figures, over.signal);
  const desk = new ControlDesk(service, { reload: async () => [], drained: () => undefined });
  const tokens = await BearerTokens.read({
    tokens: { robot: { file: join(folder, 'robot') }, viewer: { file: join(folder, 'viewer'), may: 'read' } },
  });
  const api = new RestApi(desk, tokens, 1000);
  const http = await HttpServer.open(service, metrics, { port: 0, api, requestTimeoutMs: 2000 });
  const callers: Client[] = [];
  for (const handle of ['anna', 'bob'])
    callers.push(await attach(new MemoryTransport(exchange.endpoint(handle)), { clock }));
  const ask = async (method: string, path: string, { token = TOKENS.robot, body, headers }: Asking = {}) => {
    const response = await fetch(`http://127.0.0.1:${http.port}${path}`, {
      method,
      headers: {
        ...(token !== '' && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  try {
    await driven(clock, work({ folder, service, exchange, events, callers, http, api, ask }));
  } finally {
    over.abort();
    await http[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
    for (const client of callers) await client.close();
    await exchange.close();
    feed.close();
    await reading;
    await rm(folder, { recursive: true });
  }
  return events;
}

/** Resolves when a condition holds. */
export async function turned(condition: () => boolean): Promise<void> {
  await until(condition);
}
