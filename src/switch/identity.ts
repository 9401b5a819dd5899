import { rule } from '../base/check.js';

/** Name and address of one end of a call. */
export interface Identity {
  /** A Skype name, or a phone number with its `+`. */
  readonly handle: string;
  readonly fullName: string;
  readonly network: 'P2P' | 'PSTN';
}

/** Makes the identity of a phone. @param fullName Default: the number. */
export function phoneIdentity(number: string, fullName: string = number): Identity {
  return { handle: number, fullName, network: 'PSTN' };
}

/** Accepts an {@link Identity}. */
export const IDENTITY = rule('an object with the strings handle and fullName', (value) => {
  const { handle, fullName } = Object(value) as Partial<Identity>;
  return typeof handle === 'string' && typeof fullName === 'string';
});

/** Skype name: a letter, then 1 to 31 letters, digits, `.`, `,`, `-`, `_` or `:`. */
const HANDLE = /^[a-z][a-z0-9.,_:-]{1,31}$/i;
/** Phone number: `+` or `00`, then 3 to 20 digits, as in the reference. */
const NUMBER = /^(?:\+|00)(\d{3,20})$/;

export function isHandle(text: string): boolean {
  return HANDLE.test(text);
}

/** Returns the phone number with its `+`; undefined when the text is not a phone number. */
export function phoneNumber(text: string): string | undefined {
  const digits = NUMBER.exec(text.replace(/[\s()-]/g, ''))?.[1];
  return digits === undefined ? undefined : `+${digits}`;
}
