import { createRequire } from 'node:module';
import type { CountryCode } from 'libphonenumber-js/min';

/** Number as people write it, without a country code. */
const NATIONAL = /^\(?\d[\d\s().-]{1,28}\d$/;

/** Numbering plans of all countries, from Google's libphonenumber. They are loaded on first use. */
let tables: typeof import('libphonenumber-js/min') | undefined;

/** Completes a number that is dialled in its national form; undefined when it cannot be a number of the country. */
export function completeNumber(dialled: string, country: string): string | undefined {
  if (!NATIONAL.test(dialled)) return undefined;
  tables ??= createRequire(import.meta.url)('libphonenumber-js/min') as NonNullable<typeof tables>;
  const code = country.toUpperCase();
  if (!tables.isSupportedCountry(code)) return undefined;
  const number = tables.parsePhoneNumberFromString(dialled, code as CountryCode);
  return number?.isPossible() ? number.number : undefined;
}
