import type { Cast } from './cast.js';
import type { Door } from './public-types.js';

/** Interfaces that programs implement, and the package calls: those of the cast are arguments alone. */
const IMPLEMENTED = `CampaignStore CommandSender Destination Leg Link Office Party PcmSink Placing SessionClient SpanSink SpeechEngine
  SpokenLanguage TestExchange TestExchangeStarter TransportHandlers`;

/** Names of classes and interfaces whose methods are no doors. */
const NOT_CALLED: ReadonlySet<string> = new Set(`${IMPLEMENTED} WavError`.split(/\s+/));

/**
 * True for what a program calls: functions, and what hangs on classes that are exported as values. Of other types, such as
 * interfaces, only those of the cast are handed to programs.
 */
export function isDoor({ owner, kind }: Door, cast: Cast, exported: object): boolean {
  if (owner === undefined) return true;
  if (NOT_CALLED.has(owner)) return false;
  return owner in exported || (kind === 'method' && cast.has(owner));
}

/** Parameters that take anything, by `door:parameter`, with the reason. */
const EXCEPTIONS: readonly (readonly [door: RegExp, reason: string])[] = [
  [/^new \w+Error:/, 'made while something is told: a check would hide what happened'],
  [/^verifyWebhook:signature$/, 'a header as it came: what is no signature is false'],
  [/^Prompts#faults:what$/, 'says itself what cannot be said'],
  [/^Catalogue#fileOf:(?:file|nonsense)$/, 'an entry, which has more than that'],
  [/^Prompts#(?:preload|ready):what$/, 'lists are gone through: a part is called say'],
  [/^(?:Chats|Groups)#(?:get|known):id$/, 'an id of its own kind, a word or a number'],
  [/^RestApi#answer:/, 'never rejects: whatever is wrong is its answer'],
  [/^WavWriter\.of:fd$/, 'numbers that are rarely meant are descriptors of this process'],
  [/^answering:nonsense$/, 'any message'],
  [/:_?error$/, 'whatever was thrown'],
];

/** The reason for which a parameter is not checked, if it is none that is. */
export function exceptionOf(door: string, parameter: string): string | undefined {
  return EXCEPTIONS.find(([pattern]) => pattern.test(`${door}:${parameter}`))?.[1];
}
