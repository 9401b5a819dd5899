import type { Clock } from '../clock.js';
import { decodeProperty } from '../protocol/values.js';
import { Refusal } from './api/refusal.js';
import type { Attempt, Destination, Forward, Overflow } from './calls/attempt.js';
import type { Calls } from './calls/calls.js';
import { RING_MS } from './calls/dial.js';
import type { EndCause } from './calls/leg.js';
import { enableVideo } from './calls/video.js';
import { type Identity, isHandle, phoneNumber } from './identity.js';
import type { User } from './user.js';

/** The way to phones: a simulated gateway, or one to a real network. */
export interface LineInterface {
  /** The line to `number`, which begins with `+`. Nothing when there is no such number. */
  lineTo(number: string): Destination | undefined;
}

/** Everyone who can be called: users, robots, phones. */
export class Directory {
  readonly #clock: Clock;
  readonly #users = new Map<string, User>();
  readonly #robots = new Map<string, Destination>();
  readonly #lines: LineInterface;

  constructor(clock: Clock, lines: LineInterface) {
    this.#clock = clock;
    this.#lines = lines;
  }

  addUser(user: User): void {
    this.#users.set(user.handle.toLowerCase(), user);
  }

  addRobot(robot: Destination): void {
    this.#robots.set(robot.identity.handle.toLowerCase(), robot);
  }

  get users(): User[] {
    return [...this.#users.values()];
  }

  userOf(handle: string): User | undefined {
    return this.#users.get(handle.toLowerCase());
  }

  identityOf(handle: string): Identity | undefined {
    return this.userOf(handle) ?? this.#robots.get(handle.toLowerCase())?.identity;
  }

  identities(): Identity[] {
    return [...this.users, ...Array.from(this.#robots.values(), (robot) => robot.identity)];
  }

  /**
   * Whom `target` names for `user`: a handle, a phone number, or a speed-dial code of one or two digits.
   *
   * @throws Refusal 34 when it can name nobody, 93 for a handle that nobody has.
   */
  destinationOf(user: User, target: string, calls: Calls): Destination {
    const dialled = /^\d{1,2}$/.test(target) ? speedDial(user, target) : target;
    const number = dialled === undefined ? undefined : phoneNumber(dialled);
    if (number !== undefined) return this.#lineTo(user, number, calls);
    if (dialled === undefined || !isHandle(dialled)) throw new Refusal(34);
    const callee = this.userOf(dialled);
    if (callee) return new UserDestination(callee, this, calls);
    const robot = this.#robots.get(dialled.toLowerCase());
    if (!robot) throw new Refusal(93, `call error: no user ${dialled} on this exchange`);
    return robot;
  }

  /** Where a call to `user` goes when he does not answer: his forward rules, then his voicemail. */
  overflowOf(user: User, calls: Calls): Overflow {
    const forwarding = user.applies('CALL_APPLY_CF');
    const voicemail = user.settings.voicemail && user.applies('CALL_SEND_TO_VM');
    const timeoutMs = Number(user.profile.get('CALL_NOANSWER_TIMEOUT')) * 1000;
    return {
      ringMs: forwarding || voicemail ? timeoutMs : RING_MS,
      forwards: forwarding ? this.#forwardsOf(user, calls) : [],
      forwardedBy: user,
      voicemail,
    };
  }

  #forwardsOf(user: User, calls: Calls): Forward[] {
    const rules = decodeProperty(
      'PROFILE',
      'CALL_FORWARD_RULES',
      user.profile.get('CALL_FORWARD_RULES') ?? '',
    );
    return rules.flatMap(({ startSec, endSec, target }) => {
      try {
        const destination = this.destinationOf(user, target, calls);
        return [{ destination, startMs: startSec * 1000, endMs: endSec * 1000 }];
      } catch {
        // A rule that names nobody rings nobody.
        return [];
      }
    });
  }

  #lineTo(user: User, number: string, calls: Calls): Destination {
    const owner = this.users.find(({ settings }) => settings.skypeIn === number);
    if (owner) return new UserDestination(owner, this, calls);
    const identity: Identity = { handle: number, fullName: number, network: 'PSTN' };
    if (!user.settings.skypeOut) return declining(identity, { kind: 'failed', reason: 11 }, this.#clock);
    const line = this.#lines.lineTo(number);
    return line ?? declining(identity, { kind: 'failed', reason: 2 }, this.#clock);
  }
}

/** A user of the exchange, as somebody who can be called. */
class UserDestination implements Destination {
  readonly identity: User;
  readonly #directory: Directory;
  readonly #calls: Calls;

  constructor(user: User, directory: Directory, calls: Calls) {
    this.identity = user;
    this.#directory = directory;
    this.#calls = calls;
  }

  overflow(): Overflow {
    return this.#directory.overflowOf(this.identity, this.#calls);
  }

  arrive(attempt: Attempt): void {
    const user = this.identity;
    const { caller, forwardedBy, transferredBy } = attempt.origin;
    const cause = barredFor(user, caller);
    if (cause) {
      attempt.decline(cause);
      return;
    }
    const busy = !user.settings.callWaiting && this.#calls.activeCallsOf(user).length > 0;
    const call = this.#calls.create(user, caller, 'INCOMING');
    if (caller.network === 'PSTN') call.object.put('TARGET_IDENTITY', user.settings.skypeIn ?? '');
    if (forwardedBy) call.object.put('FORWARDED_BY', forwardedBy.handle);
    if (transferredBy) call.object.put('TRANSFERRED_BY', transferredBy.handle);
    enableVideo(call, this.#directory.userOf(caller.handle)?.settings.video ?? false);
    if (busy) {
      call.ended({ kind: 'busy' });
      attempt.decline({ kind: 'busy' });
    } else call.offer(attempt);
  }
}

/** Why a call of `caller` does not get through to `user` (reference, "Call failure reasons"). */
function barredFor(user: User, caller: Identity): EndCause | undefined {
  const failed = (reason: number): EndCause => ({ kind: 'failed', reason });
  if (user.has('ISBLOCKED', caller.handle)) return failed(9);
  if (!user.online) return failed(3);
  if (user.settings.callsFrom === 'contacts' && !user.isContact(caller.handle)) return failed(10);
  if (user.settings.callsFrom === 'authorized' && !user.has('ISAUTHORIZED', caller.handle)) return failed(11);
  return undefined;
}

/** A line that goes nowhere. */
function declining(identity: Identity, cause: EndCause, clock: Clock): Destination {
  return {
    identity,
    arrive: (attempt) => {
      const cancel = clock.timerAt(clock.now(), () => attempt.decline(cause));
      attempt.onWithdrawn(cancel);
    },
  };
}

function speedDial(user: User, code: string): string | undefined {
  for (const [handle, contact] of user.contacts) if (contact.get('SPEEDDIAL') === code) return handle;
  return undefined;
}
