import {
  signal as abortSignal,
  checkArgument,
  checkOptions,
  line,
  needed,
  object,
  type Rules,
  rule,
  secret,
  text,
  wait,
  whole,
} from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import {
  type AccountProfile,
  type AccountProfileChange,
  PROFILE_FIELDS,
} from '../../protocol/account/account-profile.js';
import { ACCOUNT_SERVICES, type AccountServiceName } from '../../protocol/account/account-services.js';
import { plainText } from '../../protocol/account/rich-text.js';
import { AccountEndpoint } from './account-endpoint.js';
import { asFields, asList, type Fields, textIn, textOrNull } from './account-fields.js';
import { AccountHttp } from './account-http.js';
import { pages } from './account-pages.js';
import { AccountSettings } from './account-settings.js';

export type { AccountProfile, AccountProfileChange };

/** Options of an {@link AccountClient}. */
export interface AccountClientOptions {
  /** Address of a server that has all services, such as `http://127.0.0.1:4180`. */
  readonly address: string;
  /** Base addresses of single services, where they are elsewhere, such as `https://flags.example.net/api/v1`. */
  readonly addresses?: Readonly<Partial<Record<AccountServiceName, string>>>;
  /** Token of the account. */
  readonly token: string;
  /** Longest wait for an answer, in milliseconds. Default 10000. */
  readonly timeoutMs?: number;
  /** Number of times that a request is repeated when a busy service refuses it (429, 5xx): 0 to 100. Default 4. */
  readonly retries?: number;
  /** Clock of waits and pauses. Default: the machine's clock. */
  readonly clock?: Clock;
}

const ADDRESS = rule('an address such as http://127.0.0.1:4180', (value) => {
  return (
    typeof value === 'string' && /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/i.test(value) && URL.canParse(value)
  );
});
const RULES: Rules<AccountClientOptions> = {
  address: needed(ADDRESS),
  addresses: object,
  token: needed(secret(line(1, 4096))),
  timeoutMs: wait,
  retries: whole(0, 100),
  clock: CLOCK,
};

const CHANGE_RULES = Object.fromEntries(
  PROFILE_FIELDS.map((field) => [field, text(0, 50_000)]),
) as unknown as Rules<AccountProfileChange>;

/** A service that an account has, such as voicemail or a package of minutes. */
export interface AccountService {
  readonly id: string;
  readonly service: string;
  readonly active: boolean;
  /** ISO 8601; null for none. */
  readonly start: string | null;
  readonly end: string | null;
  /** In hundredths of a currency, or in minutes; undefined when the service has none. */
  readonly balance: number | undefined;
  readonly balanceFormatted: string | null;
}

/** A conversation. */
export interface AccountConversation {
  /** `8:name` for a conversation of two, `19:...` for more. */
  readonly id: string;
  /** Topic of a thread; empty for other conversations. */
  readonly topic: string;
  readonly lastMessage: AccountMessage | undefined;
}

/** A message. */
export interface AccountMessage {
  /** Unix time in milliseconds, as text. */
  readonly id: string;
  /** `Text`, `RichText`, `ThreadActivity/...` or another. */
  readonly type: string;
  /** Text from the service, with markup when the type is `RichText`. */
  readonly content: string;
  /** The content without markup. The words of a sender are never taken for markup. */
  readonly text: string;
  /** Handle of the sender. */
  readonly from: string;
  /** ISO 8601. */
  readonly time: string;
}

/** Options of a list that is read page by page. */
export interface AccountListOptions {
  /** Number of objects in one request: 1 to 200. Default 50. */
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

const LIST_RULES: Rules<AccountListOptions> = { pageSize: whole(1, 200), signal: abortSignal };
const ID = rule(
  'an id such as 8:bob or 19:...',
  (value) => typeof value === 'string' && /^\d{1,2}:[^\s/\\]{1,200}$/.test(value),
);
const BODY = text(1, 60_000);
const SIGNAL_RULES: Rules<{ signal?: AbortSignal }> = { signal: abortSignal };

/**
 * A client of the account services: settings by name, profile, services, conversations, and endpoints with presence and
 * events. It works with an exchange, or with any server that accepts the same requests, at any base addresses.
 */
export class AccountClient {
  /** Settings by their names. */
  readonly settings: AccountSettings;
  readonly #http: AccountHttp;

  /** @throws ERR_INVALID_ARG, naming the option. */
  constructor(options: AccountClientOptions) {
    checkOptions(options, RULES);
    const { addresses = {} } = options;
    for (const [name, address] of Object.entries(addresses)) {
      if (!Object.hasOwn(ACCOUNT_SERVICES, name)) {
        throw invalidArgument(
          `addresses.${name}`,
          `one of ${Object.keys(ACCOUNT_SERVICES).join(', ')}`,
          name,
        );
      }
      checkArgument(`addresses.${name}`, address, ADDRESS);
    }
    const { timeoutMs = 10_000, retries = 4, clock = systemClock, address, token } = options;
    this.#http = new AccountHttp({ address, addresses, token, timeoutMs, retries, clock });
    this.settings = new AccountSettings(this.#http);
  }

  /** Gets the profile. @throws AccountError; ERR_PEER, ERR_TIMEOUT, as all methods below. */
  async profile(): Promise<AccountProfile> {
    const { json } = await this.#http.ask({ service: 'api', method: 'GET', path: '/users/self/profile' });
    return profileOf(asFields(json, 'a profile'));
  }

  /** Changes fields of the profile, all or none. @throws ERR_INVALID_ARG for an unknown field. */
  async changeProfile(change: AccountProfileChange): Promise<void> {
    checkOptions(change, CHANGE_RULES, 'change.');
    const path = '/users/self/profile/partial';
    await this.#http.ask({ service: 'api', method: 'POST', path, json: { payload: change } });
  }

  /** Lists the services of the account. */
  async services(): Promise<AccountService[]> {
    const headers = { accept: 'application/json; ver=3.0' };
    const path = '/users/self/services';
    const { json } = await this.#http.ask({ service: 'entitlement', method: 'GET', path, headers });
    return asList(json, 'services').map((each) => serviceOf(asFields(each, 'a service')));
  }

  /** Gets the availability of the account: `Online`, `Away`, `Busy`, `Hidden`, `Offline`. */
  async status(): Promise<string> {
    const path = '/users/ME/presenceDocs/messagingService';
    const { json } = await this.#http.ask({ service: 'messaging', method: 'GET', path });
    return textIn(asFields(json, 'a presence'), 'status');
  }

  /** Makes an endpoint, which connects the user and receives events. */
  connect(options: { readonly signal?: AbortSignal } = {}): Promise<AccountEndpoint> {
    checkOptions(options, SIGNAL_RULES);
    return AccountEndpoint.open(this.#http, options.signal);
  }

  /** Yields all conversations, the one with the newest message first. @throws ERR_INVALID_ARG; ERR_ABORTED. */
  conversations(options: AccountListOptions = {}): AsyncIterable<AccountConversation> {
    checkOptions(options, LIST_RULES);
    const { pageSize = 50, signal } = options;
    const path = `/users/ME/conversations?startTime=0&pageSize=${pageSize}&view=msnp24Equivalent`;
    return mapped(pages(this.#http, { path, name: 'conversations', signal }), conversationOf);
  }

  /** Yields the messages of a conversation, the newest first. @throws ERR_INVALID_ARG; ERR_ABORTED. */
  messages(conversation: string, options: AccountListOptions = {}): AsyncIterable<AccountMessage> {
    checkArgument('conversation', conversation, ID);
    checkOptions(options, LIST_RULES);
    const { pageSize = 50, signal } = options;
    const path = `${messagesPath(conversation)}?startTime=0&pageSize=${pageSize}&view=msnp24Equivalent`;
    return mapped(pages(this.#http, { path, name: 'messages', signal }), messageOf);
  }

  /** Sends a text. @returns the id of the message. @throws ERR_INVALID_ARG. */
  async send(conversation: string, content: string): Promise<string> {
    checkArgument('conversation', conversation, ID);
    checkArgument('content', content, BODY);
    const json = { content, messagetype: 'Text', contenttype: 'text' };
    const path = messagesPath(conversation);
    const { json: answer } = await this.#http.ask({ service: 'messaging', method: 'POST', path, json });
    return String(asFields(answer, 'a message')['OriginalArrivalTime'] ?? '');
  }

  /** Changes the text of a message. @throws ERR_INVALID_ARG. */
  async edit(conversation: string, message: string, content: string): Promise<void> {
    const path = messagePath(conversation, message);
    checkArgument('content', content, BODY);
    const json = { content, messagetype: 'Text', contenttype: 'text' };
    await this.#http.ask({ service: 'messaging', method: 'PUT', path, json });
  }

  /** Removes the text of a message. @throws ERR_INVALID_ARG. */
  async delete(conversation: string, message: string): Promise<void> {
    const path = messagePath(conversation, message);
    await this.#http.ask({ service: 'messaging', method: 'DELETE', path });
  }

  /** Marks all messages up to this one as read. @throws ERR_INVALID_ARG. */
  async markRead(conversation: string, message: string): Promise<void> {
    messagePath(conversation, message);
    const path = `/users/ME/conversations/${encodeURIComponent(conversation)}/properties?name=consumptionhorizon`;
    const json = { consumptionhorizon: `${message};${message};${message}` };
    await this.#http.ask({ service: 'messaging', method: 'PUT', path, json });
  }
}

const MESSAGE = rule(
  'the id of a message: digits',
  (value) => typeof value === 'string' && /^\d{1,20}$/.test(value),
);

function messagesPath(conversation: string): string {
  return `/users/ME/conversations/${encodeURIComponent(conversation)}/messages`;
}

/** @throws ERR_INVALID_ARG for a value that is not a conversation, or not a message. */
function messagePath(conversation: string, message: string): string {
  checkArgument('conversation', conversation, ID);
  checkArgument('message', message, MESSAGE);
  return `${messagesPath(conversation)}/${message}`;
}

async function* mapped<T>(each: AsyncIterable<Fields>, made: (fields: Fields) => T): AsyncGenerator<T> {
  for await (const fields of each) yield made(fields);
}

function profileOf(fields: Fields): AccountProfile {
  const given = Object.fromEntries(PROFILE_FIELDS.map((field) => [field, textOrNull(fields, field)]));
  return {
    ...(given as Record<(typeof PROFILE_FIELDS)[number], string | null>),
    username: textIn(fields, 'username'),
    emails: asList(fields['emails'] ?? [], 'emails').filter((each) => typeof each === 'string'),
    avatarUrl: textOrNull(fields, 'avatarUrl'),
  };
}

function serviceOf(fields: Fields): AccountService {
  const { balance, active } = fields;
  return {
    id: textIn(fields, 'id'),
    service: textIn(fields, 'service'),
    active: active === true,
    start: textOrNull(fields, 'start'),
    end: textOrNull(fields, 'end'),
    balance: typeof balance === 'number' ? balance : undefined,
    balanceFormatted: textOrNull(fields, 'balanceFormatted'),
  };
}

function conversationOf(fields: Fields): AccountConversation {
  const { threadProperties, lastMessage } = fields;
  const last = messageOf(asFields(lastMessage ?? {}, 'a message'));
  return {
    id: textIn(fields, 'id'),
    topic: textIn(asFields(threadProperties ?? {}, 'a thread'), 'topic'),
    lastMessage: last.id === '' ? undefined : last,
  };
}

function messageOf(fields: Fields): AccountMessage {
  const [type, content] = [textIn(fields, 'messagetype'), textIn(fields, 'content')];
  return {
    id: textIn(fields, 'id'),
    type,
    content,
    text: type === 'RichText' ? plainText(content) : content,
    from: textIn(fields, 'from').replace(/^.*\/\d{1,2}:/, ''),
    time: textIn(fields, 'originalarrivaltime'),
  };
}
