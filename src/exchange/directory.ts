import { messageOf } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import { decodeProperty } from '../protocol/values.js';
import type { Attempt, Destination, Forward, Overflow, Tariff } from '../switch/attempt.js';
import { RING_MS } from '../switch/dial.js';
import { completeNumber } from '../switch/dialer.js';
import { type Identity, isHandle, phoneIdentity, phoneNumber } from '../switch/identity.js';
import type { EndCause, FailureReason } from '../switch/leg.js';
import { LineTable, type Onward } from '../switch/line.js';
import type { Calls } from './calls/calls.js';
import { enableVideo } from './calls/video.js';
import type { ExchangeUser } from './exchange-user.js';
import { DEFAULT_MANNER, type Manner } from './people/manner.js';
import { type Everyone, Sight } from './people/sight.js';
import { asLine, checkIdentity } from './wire-value.js';

/** Outcome of looking up a target. */
export type LookUp =
  | { readonly kind: 'found'; readonly destination: Destination }
  /** The target is not a handle, a phone number or a speed-dial code that is set. */
  | { readonly kind: 'invalid' }
  /** The handle does not exist. */
  | { readonly kind: 'unknown'; readonly handle: string };

/** Directory of everything that can be called: users, robots, phones. */
export class Directory implements Everyone {
  /** Rules for which user sees the presence of which other. */
  readonly sight: Sight = new Sight(this);
  readonly #clock: Clock;
  readonly #users = new Map<string, ExchangeUser>();
  readonly #robots = new Map<string, Destination>();
  readonly #manners = new Map<string, Manner>();
  /** Lines to phones. */
  readonly lines = new LineTable();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  addUser(user: ExchangeUser): void {
    this.#users.set(user.handle.toLowerCase(), user);
  }

  /** Adds a robot. @throws ERR_INVALID_ARG, ERR_LINE_BREAK for a name that cannot be sent on the wire. */
  addRobot(robot: Destination): void {
    checkIdentity('robot', robot.identity);
    this.#robots.set(robot.identity.handle.toLowerCase(), robot);
  }

  get users(): ExchangeUser[] {
    return [...this.#users.values()];
  }

  userOf(handle: string): ExchangeUser | undefined {
    return this.#users.get(handle.toLowerCase());
  }

  identityOf(handle: string): Identity | undefined {
    return this.userOf(handle) ?? this.#robots.get(handle.toLowerCase())?.identity;
  }

  mannerOf(handle: string): Manner {
    return this.#manners.get(handle.toLowerCase()) ?? DEFAULT_MANNER;
  }

  setManner(handle: string, manner: Manner): void {
    this.#manners.set(handle.toLowerCase(), manner);
  }

  identities(): Identity[] {
    return [...this.users, ...Array.from(this.#robots.values(), (robot) => robot.identity)];
  }

  /** Looks up what `target` names for `user`: a handle, a phone number, or a speed-dial code of one or two digits. */
  lookUp(user: ExchangeUser, target: string, calls: Calls): LookUp {
    const dialled = /^\d{1,2}$/.test(target) ? speedDial(user, target) : target;
    const number =
      dialled === undefined
        ? undefined
        : (phoneNumber(dialled) ?? completeNumber(dialled, user.settings.dialerCountry));
    if (number !== undefined) return found(this.#lineTo(user, number, calls));
    if (dialled === undefined || !isHandle(dialled)) return { kind: 'invalid' };
    const callee = this.userOf(dialled);
    if (callee) return found(this.destinationOf(callee, calls));
    const robot = this.#robots.get(dialled.toLowerCase());
    if (!robot) return { kind: 'unknown', handle: dialled };
    const paid = !robot.tariff || canPay(user, robot.tariff);
    return found(paid ? robot : this.#failing(robot.identity, 'not-paid-for'));
  }

  /** Looks up the destination of a call from outside: a user or robot by handle, or a user by phone number. */
  lookUpInside(target: string, calls: Calls): Destination | undefined {
    const number = phoneNumber(target);
    const user = this.userOf(target) ?? (number === undefined ? undefined : this.#ownerOf(number));
    return user ? this.destinationOf(user, calls) : this.#robots.get((number ?? target).toLowerCase());
  }

  /** Looks up the phone to which a call from outside may be passed on by a line. */
  lookUpOutside(target: string, onward: Onward): Destination | undefined {
    const number = phoneNumber(target);
    if (number === undefined || onward === 'none' || !this.lines.covers(number)) return undefined;
    return this.#through(number, () =>
      onward === 'own' ? this.lines.ownTo(number) : this.lines.lineTo(number),
    );
  }

  /** Gives a user as a destination of calls. */
  destinationOf(user: ExchangeUser, calls: Calls): Destination {
    return new UserDestination(user, this, calls);
  }

  /** Gives the next steps of a call that `user` does not answer: the forward rules, then voicemail. */
  overflowOf(user: ExchangeUser, calls: Calls): Overflow {
    const forwarding = user.applies('CALL_APPLY_CF');
    const voicemail = user.hasVoicemail && user.applies('CALL_SEND_TO_VM');
    const timeoutMs = Number(user.profile.get('CALL_NOANSWER_TIMEOUT')) * 1000;
    return {
      ringMs: forwarding || voicemail ? timeoutMs : RING_MS,
      forwards: forwarding ? this.#forwardsOf(user, calls) : [],
      forwardedBy: user,
      voicemail,
    };
  }

  #forwardsOf(user: ExchangeUser, calls: Calls): Forward[] {
    const rules = decodeProperty(
      'PROFILE',
      'CALL_FORWARD_RULES',
      user.profile.get('CALL_FORWARD_RULES') ?? '',
    );
    return rules.flatMap(({ startSec, endSec, target }) => {
      const looked = this.lookUp(user, target, calls);
      // A rule without a valid destination is skipped.
      if (looked.kind !== 'found') return [];
      return [{ destination: looked.destination, startMs: startSec * 1000, endMs: endSec * 1000 }];
    });
  }

  #ownerOf(number: string): ExchangeUser | undefined {
    return this.users.find(({ settings }) => settings.skypeIn === number);
  }

  #lineTo(user: ExchangeUser, number: string, calls: Calls): Destination {
    const owner = this.#ownerOf(number);
    if (owner) return this.destinationOf(owner, calls);
    const identity = phoneIdentity(number);
    if (!user.hasSkypeOut) return this.#failing(identity, 'not-authorized');
    if (!this.lines.covers(number)) return this.#failing(identity, 'no-route');
    const line = this.#through(number, () => this.lines.lineTo(number));
    if (line && !paysLine(user, line)) return this.#failing(identity, 'not-paid-for');
    return line ?? this.#failing(identity, 'no-such-number');
  }

  /** Asks the lines for a number. The call fails if a line throws or returns text that cannot be sent on the wire. */
  #through(number: string, look: () => Destination | undefined): Destination | undefined {
    try {
      const line = look();
      if (line) checkIdentity('line', line.identity);
      return line;
    } catch (error) {
      return this.#failing(phoneIdentity(number), 'error', asLine(messageOf(error)));
    }
  }

  /** Makes a destination to which every call fails. */
  #failing(identity: Identity, reason: FailureReason, text?: string): Destination {
    const cause: EndCause = { kind: 'failed', reason, ...(text !== undefined && { text }) };
    return {
      identity,
      arrive: (attempt) => {
        const cancel = this.#clock.timerAt(this.#clock.now(), () => attempt.decline(cause));
        attempt.onWithdrawn(cancel);
      },
    };
  }
}

function found(destination: Destination): LookUp {
  return { kind: 'found', destination };
}

/** A user of the exchange, as a destination of calls. */
class UserDestination implements Destination {
  readonly identity: ExchangeUser;
  readonly #directory: Directory;
  readonly #calls: Calls;

  constructor(user: ExchangeUser, directory: Directory, calls: Calls) {
    this.identity = user;
    this.#directory = directory;
    this.#calls = calls;
  }

  overflow(): Overflow {
    return this.#directory.overflowOf(this.identity, this.#calls);
  }

  arrive(attempt: Attempt): void {
    const user = this.identity;
    const { caller, forwardedBy, transferredBy, subject } = attempt.origin;
    const cause = barredFor(user, caller, this.#directory.sight);
    if (cause) {
      attempt.decline(cause);
      return;
    }
    const busy =
      this.#calls.isFull(user) || (!user.settings.callWaiting && this.#calls.activeCallsOf(user).length > 0);
    const call = this.#calls.create(user, caller, 'INCOMING');
    if (caller.network === 'PSTN') call.object.put('TARGET_IDENTITY', user.settings.skypeIn ?? '');
    if (forwardedBy) call.object.put('FORWARDED_BY', forwardedBy.handle);
    if (subject !== undefined) call.object.put('SUBJECT', asLine(subject));
    if (transferredBy) call.object.put('TRANSFERRED_BY', transferredBy.handle);
    enableVideo(call.object, user, this.#directory.userOf(caller.handle));
    if (busy) {
      call.ended({ kind: 'busy' });
      attempt.decline({ kind: 'busy' });
    } else call.offer(attempt);
  }
}

/**
 * Gives the reason why a call of `caller` does not reach `user`, if there is one (reference, "Call failure reasons").
 */
function barredFor(user: ExchangeUser, caller: Identity, sight: Sight): EndCause | undefined {
  const failed = (reason: FailureReason): EndCause => ({ kind: 'failed', reason });
  if (!sight.reaches(caller.handle, user)) return failed('blocked');
  if (!user.online) return failed('offline');
  if (user.callsFrom === 'contacts' && !user.isContact(caller.handle)) return failed('not-a-contact');
  if (user.callsFrom === 'authorized' && !sight.authorises(user, caller.handle))
    return failed('not-authorized');
  return undefined;
}

/** True when a user can pay for a call to a phone. If the account has services of its own, they decide. */
function paysLine(user: ExchangeUser, { tariff }: Destination): boolean {
  const { entitlements } = user.account;
  return !entitlements || !tariff || entitlements.minutesLeft > 0 || canPay(user, tariff);
}

/** True when the balance covers the first minute of a call. */
function canPay(user: ExchangeUser, { rate, precision }: Tariff): boolean {
  return Number(user.profile.get('PSTN_BALANCE')) >= (rate / 10 ** precision) * 100;
}

function speedDial(user: ExchangeUser, code: string): string | undefined {
  for (const [handle, contact] of user.contacts) if (contact.get('SPEEDDIAL') === code) return handle;
  return undefined;
}
