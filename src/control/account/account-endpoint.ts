import { signal as abortSignal, checkArgument, checkOptions, oneOf, type Rules } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { lockAndKey } from '../../protocol/account/lock-and-key.js';
import { AccountError } from './account-error.js';
import { asFields, asList, type Fields, textIn } from './account-fields.js';
import type { AccountAnswer, AccountHttp, AccountRequest } from './account-http.js';

/** Availability of the user at an endpoint. */
export type AccountStatus = 'Online' | 'Away' | 'Busy' | 'Hidden';

const STATUS = oneOf('Online', 'Away', 'Busy', 'Hidden');

/** An event of an account. */
export interface AccountEvent {
  /** Counts up from 1000. */
  readonly id: number;
  /** `NewMessage`, `ConversationUpdate`, `ThreadUpdate`, `UserPresence`, `EndpointPresence`, or another. */
  readonly resourceType: string;
  /** ISO 8601. */
  readonly time: string;
  readonly resourceLink: string;
  /** The message, conversation or presence, as the service gave it. */
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Options of {@link AccountEndpoint.events}. */
export interface AccountEventOptions {
  readonly signal?: AbortSignal;
}

const EVENT_RULES: Rules<AccountEventOptions> = { signal: abortSignal };
const INTERESTS = [
  '/v1/threads/ALL',
  '/v1/users/ME/contacts/ALL',
  '/v1/users/ME/conversations/ALL/messages',
  '/v1/users/ME/conversations/ALL/properties',
];
/** Longest wait for a poll, in milliseconds. The service answers one after 30 seconds. */
const POLL_MS = 45_000;
/** Largest number of hosts that are asked for an endpoint, one after the other. */
const MAX_MOVES = 4;

/** An endpoint of an account: connects the user, sets the user's availability, and receives events. */
export class AccountEndpoint implements AsyncDisposable {
  readonly #http: AccountHttp;
  #id: string;
  #token: string;
  #isOver = false;
  #status: AccountStatus | undefined;

  private constructor(http: AccountHttp, id: string, token: string) {
    this.#http = http;
    this.#id = id;
    this.#token = token;
  }

  /** Makes an endpoint, at the host that the service names. @throws AccountError; ERR_UNEXPECTED_REPLY. @internal */
  static async open(http: AccountHttp, signal?: AbortSignal): Promise<AccountEndpoint> {
    const { id, token } = await registered(http, signal);
    return new AccountEndpoint(http, id, token);
  }

  /** Sets the user's availability at this endpoint. @throws ERR_INVALID_ARG, AccountError */
  async setStatus(status: AccountStatus): Promise<void> {
    checkArgument('status', status, STATUS);
    this.#status = status;
    await this.#ask({ method: 'PUT', path: '/users/ME/presenceDocs/messagingService', json: { status } });
  }

  /**
   * Events of the account from now on, until the loop is left. When the service has dropped the endpoint, a new one is
   * made.
   *
   * @throws ERR_INVALID_ARG; ERR_ABORTED when `signal` fires; AccountError.
   */
  events(options: AccountEventOptions = {}): AsyncIterable<AccountEvent> {
    checkOptions(options, EVENT_RULES);
    return this.#events(options.signal);
  }

  /** Ends the endpoint. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#ask({ method: 'DELETE', path: this.#path('') }).catch((error: unknown) => {
      // An endpoint that the service has dropped needs no end.
      if (!isGone(error)) throw error;
    });
  }

  async *#events(signal: AbortSignal | undefined): AsyncGenerator<AccountEvent, void, undefined> {
    let poll = await this.#subscribed(signal);
    while (!this.#isOver) {
      try {
        const { json } = await this.#ask({
          method: 'POST',
          path: poll,
          json: {},
          signal,
          timeoutMs: POLL_MS,
        });
        const { eventMessages = [] } = asFields(json ?? {}, 'events');
        for (const event of asList(eventMessages, 'events')) yield eventOf(asFields(event, 'an event'));
      } catch (error) {
        if (!isGone(error) || this.#isOver) throw error;
        ({ id: this.#id, token: this.#token } = await registered(this.#http, signal));
        poll = await this.#subscribed(signal);
        if (this.#status) await this.setStatus(this.#status);
      }
    }
  }

  async #subscribed(signal: AbortSignal | undefined): Promise<string> {
    const json = { interestedResources: INTERESTS, channelType: 'HttpLongPoll', conversationType: 2047 };
    const path = this.#path('/subscriptions');
    const { headers } = await this.#ask({ method: 'POST', path, json, signal });
    const number = /\/(\d+)$/.exec(headers.get('location') ?? '')?.[1] ?? '0';
    return this.#path(`/subscriptions/${number}/poll`);
  }

  #path(below: string): string {
    return `/users/ME/endpoints/%7B${this.#id}%7D${below}`;
  }

  #ask(request: Omit<AccountRequest, 'service'>): Promise<AccountAnswer> {
    const headers = { registrationtoken: `registrationToken=${this.#token}` };
    return this.#http.ask({ service: 'messaging', headers, ...request });
  }
}

/** True when the endpoint no longer exists, or its token is no longer accepted. */
function isGone(error: unknown): boolean {
  return error instanceof AccountError && (error.status === 404 || error.status === 401);
}

/** Asks for an endpoint, and again at each other host that the service names. */
async function registered(http: AccountHttp, signal?: AbortSignal): Promise<{ id: string; token: string }> {
  for (let moves = 0; moves < MAX_MOVES; moves++) {
    const { headers } = await http.ask({
      service: 'messaging',
      method: 'POST',
      path: '/users/ME/endpoints',
      json: { endpointFeatures: 'Agent' },
      headers: {
        authentication: `skypetoken=${http.settings.token}`,
        lockandkey: lockAndKey(Math.floor(http.settings.clock.unixMs() / 1000)),
      },
      signal,
    });
    const location = headers.get('location') ?? '';
    const given = headers.get('set-registrationtoken') ?? '';
    const token = /registrationToken=([^\s;]+)/i.exec(given)?.[1];
    const id = /endpointId=\{?([\w-]+)/i.exec(given)?.[1];
    if (token !== undefined && id !== undefined) return { id, token };
    const elsewhere = /^(https?:\/\/.+)\/users\/[^/]+\/endpoints/.exec(location)?.[1];
    if (elsewhere === undefined || elsewhere === http.addressOf('messaging')) break;
    http.messagingAddress = elsewhere;
  }
  const text = 'The messaging service created no endpoint: the header Set-RegistrationToken is missing.';
  throw new JackfieldError('ERR_UNEXPECTED_REPLY', text);
}

function eventOf(fields: Fields): AccountEvent {
  const { id, resource } = fields;
  return {
    id: typeof id === 'number' ? id : 0,
    resourceType: textIn(fields, 'resourceType'),
    time: textIn(fields, 'time'),
    resourceLink: textIn(fields, 'resourceLink'),
    resource: asFields(resource ?? {}, 'a resource'),
  };
}
