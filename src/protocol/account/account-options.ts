import { entryOf } from '../../base/entry-of.js';

/** Value of an option: an integer, a text, or bytes. */
export type AccountOptionValue = number | string | Uint8Array;

/** One allowed value of an option, in both generations of the service. */
export interface OptionChoice {
  readonly value: number;
  readonly word: string;
  readonly means: string;
}

/** A known option. */
export interface AccountOptionSpec {
  /** Its name in the second generation, in which values are words. */
  readonly name: string;
  readonly choices: readonly OptionChoice[];
  readonly note: string;
}

/** Known options, by their name in the first generation. An account may have other options, which have no effect. */
export const ACCOUNT_OPTIONS = {
  OPT_SKYPE_CALL_POLICY: {
    name: 'calling.skype-call-policy',
    choices: [
      { value: 0, word: 'EVERYONE_CAN_CALL', means: 'anyone' },
      { value: 2, word: 'AUTHORIZED_CAN_CALL', means: 'contacts' },
    ],
    note: 'Callers that may call: anyone, or only contacts.',
  },
} as const satisfies Readonly<Record<string, AccountOptionSpec>>;

export type KnownOption = keyof typeof ACCOUNT_OPTIONS;

/** Format of an option's name in the first generation. */
export const OPTION_NAME: RegExp = /^[A-Z][A-Z0-9_]{0,63}$/;
/** Format of an option's name in the second generation. */
export const OPTION_NAME_2: RegExp = /^[a-z][a-z0-9.-]{0,63}$/;

/** Finds a known option by its first-generation name. */
export function optionSpec(name: string): AccountOptionSpec | undefined {
  return entryOf<AccountOptionSpec>(ACCOUNT_OPTIONS, name);
}

/** Finds the first-generation name of a known option by its second-generation name. */
export function knownOption(name: string): KnownOption | undefined {
  return (Object.keys(ACCOUNT_OPTIONS) as KnownOption[]).find(
    (known) => ACCOUNT_OPTIONS[known].name === name,
  );
}

/** Known settings of the whole account, by name. They are set as booleans and returned as `"true"`. */
export const PEOPLE_SETTINGS = {
  'Skype.AutoBuddy': {
    onlyWhenTrue: true,
    note: 'Adds contacts of the address book to the contact list. The service reports it only when it is true.',
  },
} as const;
