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

/** The part of a configuration that is about hooks. */
export type HooksConfig = Pick<ServiceConfig, 'webhooks' | 'hooks' | 'outbox'>;

/** A receiver of events of these types. */
interface Hook {
  readonly deliver: Deliver;
  readonly types: ReadonlySet<FeedEventType>;
}

const DEFAULT_OUTBOX = 'jackfield-outbox';
/** Events that wait for each hook at most. */
const MAX_WAITING = 100_000;
/** Types that a hook has to ask for: there are many of them, or they hold what was said and pressed. */
const ASKED: ReadonlySet<FeedEventType> = new Set(['stream', 'step', 'digit', 'transcript', 'analysis']);
const DEFAULT_TYPES = FEED_EVENT_TYPES.filter((type) => !ASKED.has(type));

/**
 * The reader of a feed that tells webhooks, programs and modules. Each event waits on disk until it was taken, across
 * restarts; one that is never taken is put aside after many attempts. No hook waits for another one.
 */
export class FeedHooks implements AsyncDisposable {
  readonly #feed: EventFeed;
  readonly #outbox: Outbox;
  readonly #lock: FolderLock;
  readonly #stop = new AbortController();
  /** Hooks that do not take events at the moment. */
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
   * Begins to read, and to deliver what an earlier process has left.
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
   * Reads other hooks; what it resolves to has them told from then on.
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

  /** Ends the attempts that are under way, within two seconds; what was not delivered waits for the next start. */
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
    // What hooks fail of is not told to hooks: it would not end.
    if (event.type === 'failure' && WHERE.test(event.where)) return;
    const names = [...this.#hooks].flatMap(([name, { types }]) => (types.has(event.type) ? [name] : []));
    if (names.length === 0) return;
    // Ids in the order of the events, also across restarts.
    const count = String(this.#told++ % 1_000_000).padStart(6, '0');
    const id = `${event.at.replaceAll(/\D/g, '')}-${count}-${randomUUID().slice(0, 8)}`;
    await this.#outbox.add(event.type, event, id, names);
  }

  /** Told once when a hook begins to fail, and of each event that is given up. */
  #undelivered(channel: string, error: Error, last: boolean): void {
    const isNew = !this.#failing.has(channel);
    this.#failing.add(channel);
    if (isNew || last) this.#feed.failed(channel, error);
  }
}

/** The `where` of failures of hooks: `webhook.NAME`, `hook.NAME`. */
const WHERE = /^(?:web)?hook\./;

/** Reads what a configuration says of hooks: secrets, modules. @throws ERR_FILE, ERR_INVALID_ARG. */
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

/** A module's default export; it is called with each event of the feed. */
async function moduleHook(file: string, timeoutMs = 60_000): Promise<Deliver> {
  let take: unknown;
  try {
    const path = resolve(file);
    // A module that was changed is loaded anew by a reload.
    const { mtimeMs } = await stat(path);
    take = (await import(`${pathToFileURL(path).href}?at=${mtimeMs}`)).default;
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', `Cannot load ${printable(file)}: ${printable(messageOf(cause))}`, {
      cause,
    });
  }
  if (typeof take !== 'function') {
    throw invalidArgument(`module ${printable(file)}`, 'one whose default export is a function', take);
  }
  return async ({ data }, { signal }) => {
    using limit = new TimeLimit(systemClock, { timeoutMs, signal });
    await waitFor<unknown>({
      what: `the module ${printable(file)} to take the event`,
      ended: limit.signal,
      begin: (resolve, reject) =>
        void Promise.resolve(data)
          .then((event) => take(event, { signal: limit.signal }))
          .then(resolve, reject),
    });
  };
}
