import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkArgument, having, object } from '../../base/check.js';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import { TimeLimit, waitFor } from '../../base/wait.js';
import { FolderLock } from '../../files/folder-lock.js';
import { readToken } from '../../files/key-files.js';
import { makePrivateFolder } from '../../files/private-file.js';
import { finishHook } from '../../recording/publication/finish-hook.js';
import { type Deliver, Outbox } from '../../recording/publication/outbox.js';
import { webhook } from '../../recording/publication/webhook.js';
import type { ServiceConfig } from '../config/service-config.js';
import type { EventFeed } from '../feed/event-feed.js';
import { FEED_EVENT_TYPES, type FeedEvent, type FeedEventType } from '../feed/feed-event.js';

/** The fields of a configuration for hooks. */
export type HooksConfig = Pick<ServiceConfig, 'webhooks' | 'hooks' | 'outbox'>;

/** A receiver of events of these types. */
interface Hook {
  readonly deliver: Deliver;
  readonly types: ReadonlySet<FeedEventType>;
}

const DEFAULT_OUTBOX = 'jackfield-outbox';
/** Largest number of waiting events per hook. */
const MAX_WAITING = 100_000;
/** Types that a hook gets only on request: they are frequent, or contain speech and keys. */
const ASKED: ReadonlySet<FeedEventType> = new Set(['stream', 'step', 'digit', 'transcript', 'analysis']);
const DEFAULT_TYPES = FEED_EVENT_TYPES.filter((type) => !ASKED.has(type));

/**
 * Reads a feed and delivers its events to webhooks, programs and modules. Each event is on disk until it is delivered,
 * also across restarts. After many failed attempts it is moved aside. Hooks do not wait for each other.
 */
export class FeedHooks implements AsyncDisposable {
  readonly #feed: EventFeed;
  readonly #outbox: Outbox;
  readonly #lock: FolderLock;
  readonly #stop = new AbortController();
  /** Names of hooks that currently fail. */
  readonly #failing = new Set<string>();
  #hooks: ReadonlyMap<string, Hook>;
  #reading: Promise<void> = Promise.resolve();
  #told = 0;

  private constructor(
    feed: EventFeed,
    folder: string,
    hooks: ReadonlyMap<string, Hook>,
    { clock, lock }: { readonly clock: Clock; readonly lock: FolderLock },
  ) {
    this.#feed = feed;
    this.#lock = lock;
    this.#hooks = hooks;
    this.#outbox = new Outbox({
      folder,
      clock,
      maxWaiting: MAX_WAITING,
      channels: this.#channels(),
      onFailure: (_, channel, error, last) => this.#undelivered(channel, error, last),
    });
  }

  /**
   * Starts to read, and to deliver the waiting events of an earlier process.
   * @throws ERR_INVALID_ARG; ERR_FILE; ERR_INVALID_STATE when another service has the folder.
   */
  static async open(feed: EventFeed, config: HooksConfig, clock: Clock = systemClock): Promise<FeedHooks> {
    checkArgument('feed', feed, having('each'));
    checkArgument('config', config, object);
    checkArgument('clock', clock, having('timerAt'));
    const read = await readFeedHooks(config);
    const folder = config.outbox ?? DEFAULT_OUTBOX;
    await makePrivateFolder(folder);
    const lock = FolderLock.take(folder, 'delivered from');
    const hooks = new FeedHooks(feed, folder, read, { clock, lock });
    const options = { name: 'hooks', signal: hooks.#stop.signal };
    hooks.#reading = feed.each(
      options,
      (event) => hooks.#take(event),
      (error) => feed.failed('hook.outbox', error),
    );
    void hooks.#outbox.run();
    return hooks;
  }

  /**
   * Reads other hooks. Resolves to a function that puts them into use.
   * @throws ERR_INVALID_ARG, ERR_FILE.
   */
  async prepare(config: HooksConfig): Promise<() => void> {
    checkArgument('config', config, object);
    const hooks = await readFeedHooks(config);
    return () => {
      this.#hooks = hooks;
      this.#outbox.useChannels(this.#channels());
    };
  }

  /** Ends the attempts in progress, within two seconds. Undelivered events wait for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.#outbox.close();
    this.#lock.release();
  }

  #channels(): Record<string, Deliver> {
    const channels = [...this.#hooks].map(([name, { deliver }]): [string, Deliver] => [
      name,
      async (...given) => {
        await deliver(...given);
        this.#failing.delete(name);
      },
    ]);
    return Object.fromEntries(channels);
  }

  async #take(event: FeedEvent): Promise<void> {
    // Failures of hooks are not sent to hooks, to avoid an endless loop.
    if (event.type === 'failure' && WHERE.test(event.where)) return;
    const names = [...this.#hooks].flatMap(([name, { types }]) => (types.has(event.type) ? [name] : []));
    if (names.length === 0) return;
    // Ids sort in the order of the events, also across restarts.
    const count = String(this.#told++ % 1_000_000).padStart(6, '0');
    const id = `${event.at.replaceAll(/\D/g, '')}-${count}-${randomUUID().slice(0, 8)}`;
    await this.#outbox.add(event.type, event, id, names);
  }

  /** Reports the first failure of a hook, and each event that is given up. */
  #undelivered(channel: string, error: Error, last: boolean): void {
    const isNew = !this.#failing.has(channel);
    this.#failing.add(channel);
    if (isNew || last) this.#feed.failed(channel, error);
  }
}

/** The `where` of failures of hooks: `webhook.NAME`, `hook.NAME`. */
const WHERE = /^(?:web)?hook\./;

/** Reads the hooks of a configuration, with their secrets and modules. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function readFeedHooks({
  webhooks = {},
  hooks = {},
}: HooksConfig): Promise<ReadonlyMap<string, Hook>> {
  const all = new Map<string, Hook>();
  for (const [name, { url, secretFile, events, timeoutMs }] of Object.entries(webhooks)) {
    const secret = await readToken(secretFile);
    all.set(`webhook.${name}`, hook(webhook({ url, secret, ...limit(timeoutMs) }), events));
  }
  for (const [name, given] of Object.entries(hooks)) {
    const { events, timeoutMs } = given;
    const deliver =
      'module' in given
        ? await moduleHook(given.module, timeoutMs)
        : finishHook({
            command: given.command,
            ...(given.args && { args: given.args }),
            ...limit(timeoutMs),
          });
    all.set(`hook.${name}`, hook(deliver, events));
  }
  return all;
}

function hook(deliver: Deliver, types: readonly FeedEventType[] = DEFAULT_TYPES): Hook {
  return { deliver, types: new Set(types) };
}

function limit(timeoutMs: number | undefined): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** Loads the default export of a module, which is called with each event. */
async function moduleHook(file: string, timeoutMs = 60_000): Promise<Deliver> {
  let take: unknown;
  try {
    const path = resolve(file);
    // The query makes a reload import a changed module again.
    const { mtimeMs } = await stat(path);
    take = (await import(`${pathToFileURL(path).href}?at=${mtimeMs}`)).default;
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', `Cannot load ${printable(file)}: ${printable(messageOf(cause))}`, {
      cause,
    });
  }
  if (typeof take !== 'function') {
    throw invalidArgument(`module ${printable(file)}`, 'a module whose default export is a function', take);
  }
  return async ({ data }, { signal }) => {
    using limit = new TimeLimit(systemClock, { timeoutMs, signal });
    await waitFor<unknown>({
      what: `the module ${printable(file)} to accept the event`,
      ended: limit.signal,
      begin: (resolve, reject) =>
        void Promise.resolve(data)
          .then((event) => take(event, { signal: limit.signal }))
          .then(resolve, reject),
    });
  };
}
