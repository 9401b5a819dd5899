import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';

/** Digits as people write them, without the prefix of a country. */
const NATIONAL = /^\(?\d[\d\s().-]{1,28}\d$/;

/** The tables of all countries, which come from Google's libphonenumber. They are loaded when the first is asked for. */
let tables: typeof import('libphonenumber-js/min') | undefined;

/** Completes a number that is dialled as within a country; nothing for one that cannot be a number there. */
export function completeNumber(dialled: string, country: string): string | undefined {
  if (!NATIONAL.test(dialled)) return undefined;
  tables ??= createRequire(import.meta.url)('libphonenumber-js/min') as NonNullable<typeof tables>;
  const code = country.toUpperCase();
  if (!tables.isSupportedCountry(code)) return undefined;
  const number = tables.parsePhoneNumberFromString(dialled, code as CountryCode);
  return number?.isPossible() ? number.number : undefined;
}
