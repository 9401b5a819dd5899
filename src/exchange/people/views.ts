import type { Clock } from '../../base/time/clock.js';
import type { USER } from '../../protocol/catalogue/user.js';
import { replies } from '../../protocol/replies.js';
import { noticeVersions } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type Everyone, Sight } from './sight.js';

/** USER properties that others are told of, in the order in which they are told. */
const TOLD = [
  'FULLNAME',
  'BIRTHDAY',
  'SEX',
  'LANGUAGE',
  'COUNTRY',
  'PROVINCE',
  'CITY',
  'PHONE_HOME',
  'PHONE_OFFICE',
  'PHONE_MOBILE',
  'HOMEPAGE',
  'ABOUT',
  'TIMEZONE',
  'IS_CF_ACTIVE',
  'RICH_MOOD_TEXT',
  'MOOD_TEXT',
  'ONLINESTATUS',
  'LASTONLINETIMESTAMP',
] as const satisfies readonly (keyof typeof USER.properties)[];

type Told = (typeof TOLD)[number];

const TOLD_IF_SEEN = TOLD.filter((property) => Sight.isGuarded(property));

/** Values that a viewer sees of another, by property; none for what they are not told. */
type View = ReadonlyMap<Told, string>;

/** A user who sees, and one who is seen. */
interface Pair {
  readonly viewer: ExchangeUser;
  readonly handle: string;
}

/** A value that a viewer is told that they see of another. */
export interface SeenChange extends Pair {
  readonly property: string;
  readonly value: string;
}

/** Tells the clients of those who see somebody what they see of a change, each in their version of the protocol. */
export class Views {
  readonly #clock: Clock;
  readonly #everyone: Everyone;
  readonly #sight: Sight;
  readonly #seen: (change: SeenChange) => void;
  /** Pairs between which something has changed that is not told yet, with what was seen before. */
  readonly #pending = new Map<ExchangeUser, Map<string, View>>();
  /** Properties that have changed while their viewer was offline. */
  readonly #missed = new Map<ExchangeUser, Map<string, Set<Told>>>();

  constructor(clock: Clock, everyone: Everyone, sight: Sight, seen: (change: SeenChange) => void) {
    this.#clock = clock;
    this.#everyone = everyone;
    this.#sight = sight;
    this.#seen = seen;
  }

  /** Has a user's presence change, and with it what they see of others; tells it. */
  presence(user: ExchangeUser, change: () => void): void {
    const sees = this.#seenBy(user).map((handle) => ({ viewer: user, handle }));
    const pairs = [...this.#viewersOf(user), ...sees];
    this.#telling(pairs, TOLD_IF_SEEN, change);
    if (user.online) this.#tellMissed(user);
  }

  /** Has the presence of a robot change; tells it. */
  robot(handle: string, change: () => void): void {
    const viewers = this.#everyone.users.filter((user) => user.lists(handle));
    this.#telling(
      viewers.map((viewer) => ({ viewer, handle })),
      TOLD_IF_SEEN,
      change,
    );
  }

  /** Has properties of a user's profile change, and tells it. @param properties as USER has them. */
  profile(user: ExchangeUser, properties: readonly string[], change: () => void): void {
    const told = TOLD.filter((property) => properties.includes(property));
    this.#telling(this.#viewersOf(user), told, change);
    for (const { viewer, handle } of this.#viewersOf(user)) {
      if (viewer.online || viewer === user) continue;
      const missed = this.#missed.get(viewer) ?? new Map<string, Set<Told>>();
      this.#missed.set(viewer, missed.set(handle, new Set([...(missed.get(handle) ?? []), ...told])));
    }
  }

  /**
   * Has the relation of a user to another change. What they see of each other then comes as from the network, in a
   * moment of its own: behind the answer, and behind the news itself.
   */
  relation(user: ExchangeUser, handle: string, change: () => void): void {
    const other = this.#everyone.userOf(handle);
    const pairs: Pair[] = [{ viewer: user, handle: other?.handle ?? handle }];
    if (other) pairs.push({ viewer: other, handle: user.handle });
    for (const pair of pairs) this.#expect(pair);
    change();
  }

  /** Tells others that a user has another picture. */
  picture(user: ExchangeUser): void {
    for (const { viewer, handle } of this.#viewersOf(user)) {
      if (viewer !== user && viewer.online && this.#sight.reaches(viewer.handle, user))
        this.#tell(viewer, handle, 'AVATAR', '1');
    }
  }

  #telling(pairs: readonly Pair[], properties: readonly Told[], change: () => void): void {
    const before = pairs.map((pair) => this.#view(pair, properties));
    change();
    for (const [index, pair] of pairs.entries()) {
      // What waits to be told is told then, as it will be.
      if (this.#pending.get(pair.viewer)?.has(pair.handle)) continue;
      this.#tellNews(pair, before[index] ?? new Map(), this.#view(pair, properties));
    }
  }

  #expect(pair: Pair): void {
    const { viewer, handle } = pair;
    const pending = this.#pending.get(viewer) ?? new Map<string, View>();
    if (pending.has(handle)) return;
    this.#pending.set(viewer, pending.set(handle, this.#view(pair, TOLD)));
    this.#clock.timerAt(this.#clock.now(), () => {
      const before = pending.get(handle) ?? new Map();
      pending.delete(handle);
      this.#tellNews(pair, before, this.#view(pair, TOLD));
    });
  }

  #tellNews({ viewer, handle }: Pair, before: View, after: View): void {
    for (const [property, value] of after) {
      if (value !== (before.get(property) ?? Sight.unseen(property)))
        this.#tell(viewer, handle, property, value);
    }
  }

  #tell(viewer: ExchangeUser, handle: string, property: Told | 'AVATAR', value: string): void {
    this.#seen({ viewer, handle, property, value });
    viewer.notify(replies.property('USER', handle, property, value), noticeVersions('USER', property));
  }

  #tellMissed(viewer: ExchangeUser): void {
    const missed = this.#missed.get(viewer) ?? [];
    this.#missed.delete(viewer);
    for (const [handle, properties] of missed) {
      for (const [property, value] of this.#view({ viewer, handle }, [...properties])) {
        if (!Sight.isGuarded(property)) this.#tell(viewer, handle, property, value);
      }
    }
  }

  /** Gives those of `properties` that the viewer is told of, as they see them. */
  #view({ viewer, handle }: Pair, properties: readonly Told[]): View {
    const owner = this.#everyone.userOf(handle);
    const watches = owner ? this.#sight.watches(viewer, owner) : viewer.lists(handle);
    if (!watches) return new Map();
    const reached =
      viewer === owner || (viewer.online && (!owner || this.#sight.reaches(viewer.handle, owner)));
    const shown = properties.filter((property) =>
      // Only others are told that calls are forwarded.
      property === 'IS_CF_ACTIVE' && viewer === owner ? false : reached || Sight.isGuarded(property),
    );
    return new Map(shown.map((property) => [property, this.#sight.value(viewer, handle, property)]));
  }

  /** Every user who is told of a user, that user first. */
  #viewersOf(user: ExchangeUser): Pair[] {
    const others = this.#everyone.users.filter((each) => each !== user && this.#sight.watches(each, user));
    return [user, ...others].map((viewer) => ({ viewer, handle: user.handle }));
  }

  /** Every user of whom a user is told. */
  #seenBy(user: ExchangeUser): string[] {
    const users = this.#everyone.users.filter((each) => each !== user && this.#sight.watches(user, each));
    const others = [...user.contacts.keys()].filter(
      (handle) => user.lists(handle) && !this.#everyone.userOf(handle) && this.#everyone.identityOf(handle),
    );
    return [...users.map(({ handle }) => handle), ...others];
  }
}
