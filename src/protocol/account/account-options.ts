import { entryOf } from '../../base/entry-of.js';

/** Value of an option: an integer, a text, or bytes. */
export type AccountOptionValue = number | string | Uint8Array;

/** One value that an option may have, in both generations of the service. */
export interface OptionChoice {
  readonly value: number;
  readonly word: string;
  readonly means: string;
}

/** An option that is known. */
export interface AccountOptionSpec {
  /** Its name in the second generation, where a value is a word. */
  readonly name: string;
  readonly choices: readonly OptionChoice[];
  readonly note: string;
}

/** Options that are known, by their name in the first generation. An account may have others, which do nothing. */
export const ACCOUNT_OPTIONS = {
  OPT_SKYPE_CALL_POLICY: {
    name: 'calling.skype-call-policy',
    choices: [
      { value: 0, word: 'EVERYONE_CAN_CALL', means: 'anyone' },
      { value: 2, word: 'AUTHORIZED_CAN_CALL', means: 'contacts' },
    ],
    note: 'Callers who get through: anyone, or those in the contact list.',
  },
} as const satisfies Readonly<Record<string, AccountOptionSpec>>;

export type KnownOption = keyof typeof ACCOUNT_OPTIONS;

/** Form of an option's name in the first generation. */
export const OPTION_NAME: RegExp = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Form of an option's name in the second generation. */
export const OPTION_NAME_2: RegExp = /^[a-z][a-z0-9.-]{0,63}$/;

/** The option of that name, if it is one that is known. */
export function optionSpec(name: string): AccountOptionSpec | undefined {
  return entryOf<AccountOptionSpec>(ACCOUNT_OPTIONS, name);
}

/** The name in the first generation of an option of the second, if it is one that is known. */
export function knownOption(name: string): KnownOption | undefined {
  return (Object.keys(ACCOUNT_OPTIONS) as KnownOption[]).find(
    (known) => ACCOUNT_OPTIONS[known].name === name,
  );
}

/** Settings of the whole account that are known, by name. They are set as booleans, and told as `"true"`. */
export const PEOPLE_SETTINGS = {
  'Skype.AutoBuddy': {
    onlyWhenTrue: true,
    note: 'Adds contacts of the address book to the contact list. It is told only when it is true.',
  },
} as const;
