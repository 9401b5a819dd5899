import type { ApiObject } from '../api-object.js';

/** What a call has cost when it is over, by the minute begun, in hundredths of the currency. */
export function chargeFor(call: ApiObject<'CALL'>): number {
  const minutes = Math.ceil(Number(call.get('DURATION') ?? 0) / 60);
  const rate = Number(call.get('RATE') ?? 0) / 10 ** Number(call.get('RATE_PRECISION') ?? 2);
  return Math.round(minutes * rate * 100);
}
