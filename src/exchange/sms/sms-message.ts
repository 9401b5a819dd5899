import { entryOf } from '../../base/entry-of.js';
import { decodeProperty, encodeProperty } from '../../protocol/values.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ApiObject } from '../object/api-object.js';
import type { Owned } from '../object/object-store.js';
import { type SmsChunks, smsChunks } from './sms-chunks.js';
import type { SmsRefusal, SmsRoute } from './sms-gateway.js';

/** Types of messages that CREATE SMS makes. */
export const SMS_TYPES = ['OUTGOING', 'CONFIRMATION_CODE_REQUEST', 'CONFIRMATION_CODE_SUBMIT'] as const;

export type SmsType = (typeof SMS_TYPES)[number] | 'INCOMING';

export type SmsFailure = SmsRefusal | 'INVALID_CONFIRMATION_CODE';

type TargetStatus =
  | 'TARGET_ANALYZING'
  | 'TARGET_UNDEFINED'
  | 'TARGET_ACCEPTABLE'
  | 'TARGET_NOT_ROUTABLE'
  | 'TARGET_DELIVERY_PENDING'
  | 'TARGET_DELIVERY_SUCCESSFUL'
  | 'TARGET_DELIVERY_FAILED';

const ROUTE_STATUS = {
  acceptable: 'TARGET_ACCEPTABLE',
  'not-routable': 'TARGET_NOT_ROUTABLE',
  undefined: 'TARGET_UNDEFINED',
} as const satisfies Readonly<Record<SmsRoute['kind'], TargetStatus>>;

/** An SMS object (reference, "SMS object"), as one user sees it. */
export class SmsMessage implements Owned<'SMS'> {
  readonly object: ApiObject<'SMS'>;
  readonly owner: ExchangeUser;
  /** Price per chunk, by number that has been analysed. */
  readonly #prices = new Map<string, number>();
  #statuses: Map<string, string>;
  /** Number of results that have not been reported. */
  #untold = 0;
  /** True once it is deleted. Nothing more is reported about it. */
  isGone = false;

  constructor(object: ApiObject<'SMS'>, owner: ExchangeUser) {
    this.object = object;
    this.owner = owner;
    this.#statuses = new Map(decodeProperty('SMS', 'TARGET_STATUSES', object.get('TARGET_STATUSES') ?? ''));
  }

  get id(): number {
    return this.object.id;
  }

  get type(): SmsType {
    return (this.object.get('TYPE') ?? 'OUTGOING') as SmsType;
  }

  get status(): string {
    return this.object.get('STATUS') ?? 'UNKNOWN';
  }

  get isComposing(): boolean {
    return this.status === 'COMPOSING';
  }

  /** The text, without the quotes that it may have on the wire. */
  get body(): string {
    return decodeProperty('SMS', 'BODY', this.object.get('BODY') ?? '');
  }

  get cut(): SmsChunks {
    return smsChunks(this.body);
  }

  get numbers(): readonly string[] {
    return [...this.#statuses.keys()];
  }

  /** Lists the numbers that have one of these statuses. */
  numbersThat(...statuses: readonly TargetStatus[]): string[] {
    return this.numbers.filter((number) => statuses.includes(this.#statuses.get(number) as TargetStatus));
  }

  /** True until the results of all its numbers have been reported. */
  get isAnalysing(): boolean {
    return this.#untold > 0 || this.numbersThat('TARGET_ANALYZING').length > 0;
  }

  /** Price in thousandths of the currency: the sum over each chunk and each reachable number. */
  get price(): number {
    const { chunks } = this.cut;
    const each = this.numbers.reduce((sum, number) => sum + (this.#prices.get(number) ?? 0), 0);
    return this.type === 'OUTGOING' ? each * Math.max(1, chunks.length) : 0;
  }

  /**
   * Sets the target numbers. Known results of numbers that stay are kept. Clients are not notified yet.
   *
   * @returns the new numbers.
   */
  setNumbers(numbers: readonly string[]): string[] {
    const fresh = numbers.filter((number) => !this.#statuses.has(number));
    const known = this.#statuses;
    this.#statuses = new Map(numbers.map((number) => [number, known.get(number) ?? 'TARGET_ANALYZING']));
    this.#keepStatuses();
    return fresh;
  }

  /** Notes the gateway's result for a number. @returns false when no result was expected. */
  found(number: string, route: SmsRoute): boolean {
    if (this.isGone || this.#statuses.get(number) !== 'TARGET_ANALYZING') return false;
    const { status, price } = readRoute(route);
    this.setStatus(number, status);
    this.#prices.set(number, price);
    this.#untold++;
    return true;
  }

  /** Sets the status of a number. Clients are not notified yet. */
  setStatus(number: string, status: TargetStatus): void {
    this.#statuses.set(number, status);
    this.#keepStatuses();
  }

  /** Notifies clients of one result. */
  tellFound(): void {
    this.#untold--;
    this.tellStatuses();
  }

  /** Notifies clients of the statuses of all numbers. */
  tellStatuses(): void {
    this.object.tell('TARGET_STATUSES', this.object.get('TARGET_STATUSES') ?? '');
  }

  /** Ends with a failure, marked as unseen. */
  fail(status: 'FAILED' | 'SOME_TARGETS_FAILED', reason?: SmsFailure): void {
    if (reason !== undefined) this.object.tell('FAILUREREASON', reason);
    this.object.tell('STATUS', status);
    this.object.tell('IS_FAILED_UNSEEN', 'TRUE');
  }

  #keepStatuses(): void {
    this.object.put('TARGET_STATUSES', encodeProperty('SMS', 'TARGET_STATUSES', this.#statuses));
  }
}

/** Checks the result of a gateway, which is another program. An invalid result counts as unknown. */
function readRoute(route: SmsRoute): { readonly status: TargetStatus; readonly price: number } {
  const price = route.kind === 'acceptable' ? route.price : 0;
  if (!Number.isSafeInteger(price) || price < 0) return { status: 'TARGET_UNDEFINED', price: 0 };
  return { status: entryOf<TargetStatus>(ROUTE_STATUS, route.kind) ?? 'TARGET_UNDEFINED', price };
}
