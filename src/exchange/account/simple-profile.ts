import { invalidArgument } from '../../base/errors.js';
import type { AccountProfile, AccountProfileChange } from '../../protocol/account/account-profile.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import { impliedByMood } from '../people/mood.js';

/** The simple profile of a user. A field is a text, or null when it is not set. */
export type SimpleProfile = Omit<AccountProfile, 'emails'> & {
  /** FULLNAME, or the handle of a user who has none. */
  readonly displayname: string;
  /** `male` or `female`. */
  readonly gender: string | null;
  /** Always null: PROFILE has no such property. */
  readonly jobtitle: null;
};

/** Fields whose value is that of a PROFILE property, unchanged, and the name of that property. */
const PLAIN = {
  mood: 'MOOD_TEXT',
  richMood: 'RICH_MOOD_TEXT',
  phoneHome: 'PHONE_HOME',
  phoneMobile: 'PHONE_MOBILE',
  phoneOffice: 'PHONE_OFFICE',
  province: 'PROVINCE',
  city: 'CITY',
  homepage: 'HOMEPAGE',
  about: 'ABOUT',
} as const satisfies Partial<Record<keyof SimpleProfile, string>>;

/** Gives the address of a picture, by lower-case handle. */
export type PictureLink = (handle: string) => string;

/**
 * Gives the profile of `handle` as `viewer` sees it: all fields of the viewer's own, and for others what USER shows.
 */
export function simpleProfile(
  { people, userOf, identityOf }: Services,
  viewer: ExchangeUser,
  handle: string,
  pictureOf: PictureLink,
): SimpleProfile {
  const owner = userOf(handle);
  const isOwn = owner === viewer;
  const value = (property: string): string =>
    (isOwn && viewer.profile.get(property)) || people.sight.value(viewer, handle, property);
  const plain = Object.fromEntries(
    Object.entries(PLAIN).map(([field, property]) => [field, value(property) || null]),
  ) as Record<keyof typeof PLAIN, string | null>;
  const [firstname = '', ...rest] = value('FULLNAME').split(' ');
  return {
    username: owner?.handle ?? identityOf(handle)?.handle ?? handle,
    firstname: firstname || null,
    lastname: rest.join(' ') || null,
    ...plain,
    country: codeOf(value('COUNTRY'))?.toUpperCase() ?? null,
    language: codeOf(value(isOwn ? 'LANGUAGES' : 'LANGUAGE')) ?? null,
    birthday: birthdayOf(value('BIRTHDAY')),
    avatarUrl: owner?.picture ? pictureOf(owner.handle) : null,
    displayname: value('FULLNAME') || (owner?.handle ?? handle),
    gender: genderOf(value('SEX')),
    jobtitle: null,
  };
}

/**
 * Gives the properties of PROFILE that a change of the simple profile sets.
 *
 * @throws ERR_INVALID_ARG for an invalid value.
 */
export function changedProperties(user: ExchangeUser, change: AccountProfileChange): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [field, property] of Object.entries(PLAIN)) {
    const value = change[field as keyof typeof PLAIN];
    if (value !== undefined) Object.assign(set, { [property]: value, ...impliedByMood(property, value) });
  }
  const { firstname, lastname, country, language, birthday } = change;
  if (firstname !== undefined || lastname !== undefined) {
    const [first = '', ...rest] = (user.profile.get('FULLNAME') ?? '').split(' ');
    set['FULLNAME'] = `${firstname ?? first} ${lastname ?? rest.join(' ')}`.trim();
  }
  if (country !== undefined) set['COUNTRY'] = countryOf(country);
  if (language !== undefined) set['LANGUAGES'] = language === '' ? '' : code('language', language);
  if (birthday !== undefined) set['BIRTHDAY'] = birthday.replaceAll('-', '') || '0';
  return set;
}

function genderOf(sex: string): string | null {
  return sex === 'MALE' || sex === 'FEMALE' ? sex.toLowerCase() : null;
}

/** Gives the code before a country or a language, as in `ee Estonia`. */
function codeOf(text: string): string | undefined {
  return /^[a-z]{2}\b/i.exec(text)?.[0].toLowerCase();
}

/** Gives a country in the form of PROFILE: `ee Estonia`. */
function countryOf(text: string): string {
  if (text === '') return '';
  const known = code('country', text);
  const name = new Intl.DisplayNames('en', { type: 'region' }).of(known.toUpperCase());
  return `${known} ${name ?? ''}`.trim();
}

/** Checks a two-letter code. @throws ERR_INVALID_ARG for any other value. */
function code(field: string, text: string): string {
  if (!/^[a-z]{2}$/i.test(text)) throw invalidArgument(field, 'a two-letter code', text);
  return text.toLowerCase();
}

/** Turns `20070131` into `2007-01-31`. */
function birthdayOf(text: string): string | null {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(text) ?? [];
  return year === undefined ? null : `${year}-${month}-${day}`;
}
