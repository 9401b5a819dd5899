/** The profile of an account; null for a value that is not set. */
export interface AccountProfile {
  readonly username: string;
  readonly firstname: string | null;
  readonly lastname: string | null;
  readonly emails: readonly string[];
  readonly mood: string | null;
  readonly richMood: string | null;
  readonly phoneHome: string | null;
  readonly phoneMobile: string | null;
  readonly phoneOffice: string | null;
  /** Two-letter code. */
  readonly country: string | null;
  readonly province: string | null;
  readonly city: string | null;
  /** Two-letter code. */
  readonly language: string | null;
  /** Such as `2007-01-31`. */
  readonly birthday: string | null;
  readonly homepage: string | null;
  readonly about: string | null;
  readonly avatarUrl: string | null;
}

/** Fields of a profile that can be changed. */
export type AccountProfileChange = Partial<
  Readonly<Record<Exclude<keyof AccountProfile, 'username' | 'emails' | 'avatarUrl'>, string>>
>;

/** Names of the fields that can be changed. */
export const PROFILE_FIELDS = [
  'firstname',
  'lastname',
  'mood',
  'richMood',
  'phoneHome',
  'phoneMobile',
  'phoneOffice',
  'country',
  'province',
  'city',
  'language',
  'birthday',
  'homepage',
  'about',
] as const satisfies readonly (keyof AccountProfileChange)[];
