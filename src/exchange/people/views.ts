import type { Clock } from '../../base/time/clock.js';
import type { USER } from '../../protocol/catalogue/user.js';
import { replies } from '../../protocol/replies.js';
import { noticeVersions } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type Everyone, Sight } from './sight.js';

/** USER properties that others are notified of, in this order. */
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

/**
 * Values that a viewer sees of another user, by property. Properties that the viewer is not notified of are missing.
 */
type View = ReadonlyMap<Told, string>;

/** A viewer, and the user that is seen. */
interface Pair {
  readonly viewer: ExchangeUser;
  readonly handle: string;
}

/** A change of a value that the viewer sees. */
export interface SeenChange extends Pair {
  readonly property: string;
  readonly value: string;
}

/** Notifies the clients of every viewer of a change as that viewer sees it, in the client's protocol version. */
export class Views {
  readonly #clock: Clock;
  readonly #everyone: Everyone;
  readonly #sight: Sight;
  readonly #seen: (change: SeenChange) => void;
  /** Pairs with changes that have not been reported yet, with the values seen before. */
  readonly #pending = new Map<ExchangeUser, Map<string, View>>();
  /** Properties that have changed while the viewer was offline. */
  readonly #missed = new Map<ExchangeUser, Map<string, Set<Told>>>();

  constructor(clock: Clock, everyone: Everyone, sight: Sight, seen: (change: SeenChange) => void) {
    this.#clock = clock;
    this.#everyone = everyone;
    this.#sight = sight;
    this.#seen = seen;
  }

  /** Makes a change of a user's presence, which also changes what the user sees of others, and reports it. */
  presence(user: ExchangeUser, change: () => void): void {
    const sees = this.#seenBy(user).map((handle) => ({ viewer: user, handle }));
    const pairs = [...this.#viewersOf(user), ...sees];
    this.#telling(pairs, TOLD_IF_SEEN, change);
    if (user.online) this.#tellMissed(user);
  }

  /** Makes a change of a robot's presence and reports it. */
  robot(handle: string, change: () => void): void {
    const viewers = this.#everyone.users.filter((user) => user.lists(handle));
    this.#telling(
      viewers.map((viewer) => ({ viewer, handle })),
      TOLD_IF_SEEN,
      change,
    );
  }

  /** Makes a change of a user's profile and reports it. @param properties names as in USER. */
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
   * Makes a change of the relation between two users. The values that each sees of the other are then reported in a
   * turn of their own, as if by the network: after the answer, and after the notification of the change itself.
   */
  relation(user: ExchangeUser, handle: string, change: () => void): void {
    const other = this.#everyone.userOf(handle);
    const pairs: Pair[] = [{ viewer: user, handle: other?.handle ?? handle }];
    if (other) pairs.push({ viewer: other, handle: user.handle });
    for (const pair of pairs) this.#expect(pair);
    change();
  }

  /** Notifies others that a user has a new picture. */
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
      // A pair that is already waiting is reported later, with its values at that time.
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

  /** Gives those of `properties` that the viewer is notified of, with the values that the viewer sees. */
  #view({ viewer, handle }: Pair, properties: readonly Told[]): View {
    const owner = this.#everyone.userOf(handle);
    const watches = owner ? this.#sight.watches(viewer, owner) : viewer.lists(handle);
    if (!watches) return new Map();
    const reached =
      viewer === owner || (viewer.online && (!owner || this.#sight.reaches(viewer.handle, owner)));
    const shown = properties.filter((property) =>
      // Users are not notified of their own call forwarding.
      property === 'IS_CF_ACTIVE' && viewer === owner ? false : reached || Sight.isGuarded(property),
    );
    return new Map(shown.map((property) => [property, this.#sight.value(viewer, handle, property)]));
  }

  /** Lists all viewers of a user, the user first. */
  #viewersOf(user: ExchangeUser): Pair[] {
    const others = this.#everyone.users.filter((each) => each !== user && this.#sight.watches(each, user));
    return [user, ...others].map((viewer) => ({ viewer, handle: user.handle }));
  }

  /** Lists the handles that a user is a viewer of. */
  #seenBy(user: ExchangeUser): string[] {
    const users = this.#everyone.users.filter((each) => each !== user && this.#sight.watches(user, each));
    const others = [...user.contacts.keys()].filter(
      (handle) => user.lists(handle) && !this.#everyone.userOf(handle) && this.#everyone.identityOf(handle),
    );
    return [...users.map(({ handle }) => handle), ...others];
  }
}
