import { invalidArgument } from '../../base/errors.js';

/** An email address or a phone number of an account, as in the directory. */
export interface Address {
  readonly name: string;
  readonly label: string;
  readonly isVerified: boolean;
  readonly isSearchable: boolean;
  /** Applications whose users may find the account by it. */
  readonly applications: readonly string[];
  /** Country of a phone number, as `UK-44` and `UK`. */
  readonly country: string;
  readonly countryName: string;
}

/** A change of an address. Fields that are left out stay as they are. */
export type AddressChange = Pick<Address, 'name'> & Partial<Address>;

/** Kinds of addresses. */
export type AddressKind = 'email' | 'phone';

const FORMS: Readonly<Record<AddressKind, RegExp>> = {
  email: /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]{1,190}$/u,
  phone: /^\+?[\d ().-]{3,30}$/,
};
const MAX_ADDRESSES = 20;

/** Email addresses and phone numbers of an account. */
export class AddressBook {
  readonly #addresses: Readonly<Record<AddressKind, Map<string, Address>>> = {
    email: new Map(),
    phone: new Map(),
  };
  /** Time of the last change of the email addresses, in Unix milliseconds; 0 for never. */
  emailsChangedMs = 0;

  all(kind: AddressKind): Address[] {
    return [...this.#addresses[kind].values()];
  }

  find(kind: AddressKind, name: string): Address | undefined {
    return this.#addresses[kind].get(name);
  }

  /** Checks a change without making it. @throws ERR_INVALID_ARG for an invalid address, or too many. */
  check(kind: AddressKind, changes: readonly AddressChange[]): void {
    const known = this.#addresses[kind];
    for (const { name } of changes) {
      if (!FORMS[kind].test(name)) throw invalidArgument('Name', `the name of an ${kind} address`, name);
    }
    const names = new Set([...known.keys(), ...changes.map(({ name }) => name)]);
    if (names.size > MAX_ADDRESSES) {
      throw invalidArgument('Value', `at most ${MAX_ADDRESSES} of a kind`, `${names.size}`);
    }
  }

  /** Adds or changes addresses, all or none. @throws ERR_INVALID_ARG as {@link check}. */
  change(kind: AddressKind, changes: readonly AddressChange[]): void {
    this.check(kind, changes);
    const known = this.#addresses[kind];
    for (const change of changes) {
      known.set(change.name, { ...newAddress(kind, change.name), ...known.get(change.name), ...change });
    }
  }

  /** Yields the values that are stored, each with its path. */
  *record(): Generator<[path: string, value: string]> {
    if (this.emailsChangedMs > 0) yield ['emails-changed', String(this.emailsChangedMs)];
    for (const kind of ['email', 'phone'] as const) {
      for (const address of this.all(kind)) yield [`${kind}/${address.name}`, JSON.stringify(address)];
    }
  }

  /** Restores an address that {@link record} yielded. @throws ERR_INVALID_ARG for anything else. */
  restore(kind: AddressKind, stored: unknown): void {
    if (!isAddress(stored)) throw invalidArgument(kind, 'an address', stored);
    this.change(kind, [stored]);
  }
}

function newAddress(kind: AddressKind, name: string): Address {
  return {
    name,
    label: kind === 'email' ? 'Email_Other' : 'Phone_Other',
    isVerified: false,
    isSearchable: false,
    applications: [],
    country: '',
    countryName: '',
  };
}

function isAddress(value: unknown): value is Address {
  if (typeof value !== 'object' || value === null) return false;
  const { applications } = value as { readonly applications?: unknown };
  return (
    Array.isArray(applications) &&
    applications.every((each) => typeof each === 'string') &&
    Object.entries(newAddress('email', '')).every(
      ([name, like]) => typeof Reflect.get(value, name) === typeof like,
    )
  );
}
