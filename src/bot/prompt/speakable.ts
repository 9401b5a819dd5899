import { type Rule, rule } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import type { PcmFormat, PcmSource } from '../../base/pcm.js';

/** Speech for a call. A string is the name of a prompt in the library. A list is said in order. */
export type Speakable = SpokenPart | readonly SpokenPart[];

export type SpokenPart =
  | string
  /** 16 kHz mono samples. */
  | Int16Array
  /** An audio file of any format. */
  | { readonly file: string }
  /** One or two sines, of `ms` milliseconds. `levelDbfs` is the level of each; default -12. */
  | {
      readonly tone: number | readonly [number, number];
      readonly ms: number;
      readonly levelDbfs?: number | undefined;
    }
  /** Digital silence of so many milliseconds. */
  | { readonly silence: number }
  /** Samples as they come; default format 16 kHz mono. */
  | { readonly stream: PcmSource; readonly format?: PcmFormat }
  /** Spoken by the speech engine. */
  | { readonly text: string }
  /** A number, as a cardinal: `forty-two`. As text it keeps its decimals: `'3.10'`. */
  | { readonly number: number | string }
  /** A whole number of 1 or more, as an ordinal: `forty-second`. */
  | { readonly ordinal: number }
  /** An amount with at most two decimals: `twelve euros and fifty cents`. */
  | { readonly money: number; readonly currency: string }
  /** A phone number, digit by digit, with a pause at each blank, slash, hyphen, dot or bracket. */
  | { readonly phone: string }
  /** A time of the day: `14:30`. */
  | { readonly time: string }
  /** A span in milliseconds, to the second: `two minutes and five seconds`. */
  | { readonly span: number }
  /** Digits one by one: `four two`. */
  | { readonly digits: string }
  /** A day: `2027-03-01`, or a Date, whose UTC day is taken. */
  | { readonly date: string | Date }
  /** Repeated until it is cleared. */
  | { readonly loop: Speakable };

const MAX_MS = 3_600_000;
const KINDS = [
  ...([
    'file',
    'tone',
    'silence',
    'stream',
    'text',
    'number',
    'ordinal',
    'money',
    'phone',
    'digits',
  ] as const),
  ...(['date', 'time', 'span', 'loop'] as const),
] as const;

/** The rule of an option that is speech. {@link spokenParts} checks its parts. */
export const SPEAKABLE: Rule = rule(
  `a prompt's name, samples, an object with one of ${KINDS.join(', ')}, or a list of those`,
  (value) =>
    (typeof value === 'string' && value !== '') ||
    value instanceof Int16Array ||
    (Array.isArray(value) && value.every(isPart)) ||
    isPart(value),
);

/** Returns the parts of `what`, in order, as a list. @throws ERR_INVALID_ARG for anything that cannot be said. */
export function spokenParts(what: Speakable): readonly SpokenPart[] {
  const parts: readonly SpokenPart[] = isList(what) ? what : [what];
  for (const part of parts) checkPart(part);
  return parts;
}

/** Describes speech for a transcript or a diagram. */
export function describeSpeakable(what: Speakable): string {
  return spokenParts(what).map(describePart).join(' ');
}

function isList(what: Speakable): what is readonly SpokenPart[] {
  return Array.isArray(what);
}

function isPart(part: unknown): boolean {
  if (typeof part === 'string') return part !== '';
  if (part instanceof Int16Array) return true;
  return typeof part === 'object' && part !== null && KINDS.some((kind) => kind in part);
}

function checkPart(part: SpokenPart): void {
  if (!isPart(part)) {
    const expected = `a prompt's name, samples, or an object with one of ${KINDS.join(', ')}`;
    throw invalidArgument('say', expected, part);
  }
  if (typeof part === 'string' || part instanceof Int16Array) return;
  if ('silence' in part) checkMs('silence', part.silence);
  else if ('tone' in part) checkMs('ms', part.ms);
  else if ('loop' in part) spokenParts(part.loop);
}

function checkMs(name: string, ms: number): void {
  if (!(ms >= 0 && ms <= MAX_MS)) throw invalidArgument(name, `from 0 to ${MAX_MS} ms`, ms);
}

function describePart(part: SpokenPart): string {
  if (typeof part === 'string') return part;
  if (part instanceof Int16Array) return `${part.length} samples`;
  if ('file' in part) return part.file;
  if ('tone' in part) return `tone ${part.tone} Hz`;
  if ('silence' in part) return `silence ${part.silence} ms`;
  if ('stream' in part) return 'a stream';
  if ('text' in part) return `“${part.text}”`;
  if ('number' in part) return `number ${part.number}`;
  if ('digits' in part) return `digits ${part.digits}`;
  if ('ordinal' in part) return `ordinal ${part.ordinal}`;
  if ('money' in part) return `money ${part.money} ${part.currency}`;
  if ('phone' in part) return `phone number ${part.phone}`;
  if ('time' in part) return `time ${part.time}`;
  if ('span' in part) return `span ${part.span} ms`;
  if ('date' in part)
    return `date ${part.date instanceof Date ? part.date.toISOString().slice(0, 10) : part.date}`;
  return `${describeSpeakable(part.loop)} in a loop`;
}
