import type { NumberSeries } from './number-series.js';

/** A unit that is counted: its word for each plural of the language, and the form of its number. */
export interface CountedUnit {
  /** Words by the CLDR plural categories of the language (`Intl.PluralRules`): `{ one: 'euro', other: 'euros' }`. */
  readonly plurals: Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
  /** Form of the cardinals before the unit, such as the feminine in `una hora`. Default: none. */
  readonly form?: string;
}

/** A currency: its unit, and the unit of its hundredth. */
export interface SpokenCurrency {
  readonly major: CountedUnit;
  readonly minor: CountedUnit;
}

/**
 * The words and rules of a language, as data. {@link spokenLanguage} checks them and makes a {@link SpokenLanguage}.
 */
export interface Language {
  /** BCP 47 code: `et`. */
  readonly code: string;
  readonly cardinals: NumberSeries;
  /** Default: ordinals cannot be said. */
  readonly ordinals?: NumberSeries;
  readonly minus: string;
  /** Word between a number and its decimals, which are said one by one: `point`, `Komma`. */
  readonly point: string;
  readonly star: string;
  readonly pound: string;
  /** Word for the `+` at the beginning of a phone number. */
  readonly plus: string;
  readonly months: readonly string[];
  /** The 31 days of a month, in words. */
  readonly days: readonly string[];
  /** Order of a date; names from `words` may stand between: `day month de year`. */
  readonly date: string;
  /**
   * Form of years. `number`: as any number. `pairs`: nineteen eighty-four. `hundreds`: neunzehnhundertvierundachtzig,
   * up to 1999.
   */
  readonly years: 'number' | 'pairs' | 'hundreds';
  /**
   * Patterns of a time of day, with names from `words`. `*` is the hour, `#` the minute, `@` the hour with its unit.
   * `whole` is the pattern of a full hour, `rest` that of all others. With `twelve`, hours go to twelve, and `half` is
   * `am` or `pm`. `oh` is said before minutes below ten.
   */
  readonly time: {
    readonly whole: string;
    readonly rest: string;
    readonly oh?: string;
    readonly twelve?: boolean;
  };
  /** Words of `date` and `time`, by any names. */
  readonly words: Readonly<Record<string, string>>;
  readonly units: Readonly<Record<'day' | 'hour' | 'minute' | 'second', CountedUnit>>;
  /** Currencies by code: `EUR`. */
  readonly currencies: Readonly<Record<string, SpokenCurrency>>;
  /** Word between an amount and its hundredths, and before the last part of a span. */
  readonly and: string;
}
