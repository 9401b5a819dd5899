import { matchingRule } from '../voicemail/answering/answering-rule.js';
import type { ServiceConfig } from './config/service-config.js';

/** A rule of a configuration. */
export type AnswerRule = NonNullable<ServiceConfig['rules']>[number];

/** Facts of a call that rules are about. */
export interface OfferedCall {
  readonly endpoint: string;
  readonly caller: string;
  /** In milliseconds since the Unix epoch. */
  readonly unixMs: number;
}

/** The rule that decides who answers a call: of those that fit, the first with the highest priority. */
export function ruleFor(rules: readonly AnswerRule[], call: OfferedCall): AnswerRule | undefined {
  const { endpoint, caller, unixMs } = call;
  const at = new Date(unixMs);
  return rules
    .filter(({ endpoints }) => endpoints === undefined || endpoints.includes(endpoint))
    .toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
    .find(({ callers, hours, timezone }) => {
      const conditions = { ...(callers && { callers }), ...(hours && { hours }) };
      return matchingRule([conditions], { caller, at, userStatus: '', timezone }) !== undefined;
    });
}
