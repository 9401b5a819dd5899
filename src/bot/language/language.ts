import type { NumberSeries } from './number-series.js';

/** A thing that is counted: its word for each plural of the language, and the form in which its number is. */
export interface CountedUnit {
  /** By the plurals of CLDR that the language has (`Intl.PluralRules`): `{ one: 'euro', other: 'euros' }`. */
  readonly plurals: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
  /** A form of the cardinals: the feminine of `una hora`. Default: none. */
  readonly form?: string;
}

/** A currency: its unit, and the hundredth of it. */
export interface SpokenCurrency {
  readonly major: CountedUnit;
  readonly minor: CountedUnit;
}

/** The words and rules of a language, as data. {@link spokenLanguage} checks it, and makes what speaks of it. */
export interface Language {
  /** BCP 47 code: `et`. */
  readonly code: string;
  readonly cardinals: NumberSeries;
  /** Default: ordinals cannot be said. */
  readonly ordinals?: NumberSeries;
  readonly minus: string;
  /** Between a number and its decimals, which are said one by one: `point`, `Komma`. */
  readonly point: string;
  readonly star: string;
  readonly pound: string;
  /** Of a phone number that begins with it. */
  readonly plus: string;
  readonly months: readonly string[];
  /** The days of a month, in words: 31 of them. */
  readonly days: readonly string[];
  /** Order of a date, with `words` between where the language has them: `day month de year`. */
  readonly date: string;
  /**
   * Years: `number`, as any other; `pairs`, nineteen eighty-four; `hundreds`, neunzehnhundertvierundachtzig up to 1999.
   */
  readonly years: 'number' | 'pairs' | 'hundreds';
  /**
   * A time of the day, in `words`, with `*` for the hour and `#` for the minute; `@` is the hour with its unit.
   * `whole` is that of a full hour. With `twelve`, hours go to twelve, and `half` is `am` or `pm`. `oh` is said before minutes
   * below ten.
   */
  readonly time: {
    readonly whole: string;
    readonly rest: string;
    readonly oh?: string;
    readonly twelve?: boolean;
  };
  /** Words of `date` and `time`, by names of your own. */
  readonly words: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<'day' | 'hour' | 'minute' | 'second', CountedUnit>>;
  /** By code: `EUR`. */
  readonly currencies: Readonly<Record<string, SpokenCurrency>>;
  /** Between an amount and its hundredths, and before the last part of a span. */
  readonly and: string;
}
