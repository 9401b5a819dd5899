import type { Clock } from '../base/clock.js';
import { dtmfSamples } from '../voice/tone/dtmf.js';
import type { Attempt, Destination, Tariff } from './attempt.js';
import type { Identity } from './identity.js';
import { Impaired, type Impairment } from './impaired.js';
import type { Conversation, EndCause, Leg, Placing } from './leg.js';
import type { Party } from './party.js';
import { Script, type ScriptStep } from './script.js';

/** Step of a robot's script. Steps come one after the other. */
export type RobotStep =
  | Exclude<ScriptStep, { readonly run: () => void }>
  /** Sends DTMF, as sound and as signals. */
  | { readonly digits: string }
  /** Holds the call for this many milliseconds. */
  | { readonly hold: number };

/** Behaviour of a robot, or a phone, in a call. */
export interface RobotBehaviour {
  /** Time that it rings before the `outcome`, in milliseconds. */
  readonly ringMs: number;
  readonly outcome: 'answer' | EndCause;
  /** Heard by the caller before the answer. */
  readonly earlyMedia?: Int16Array;
  readonly steps: readonly RobotStep[];
  /** True when it stays on the line after its last step. */
  readonly stay: boolean;
  /** Time from the answer until it drops the call, in milliseconds. Default: it does not. */
  readonly dropAfterMs?: number;
  /** Cause with which it drops it. Default: it hangs up. */
  readonly dropCause?: EndCause;
  readonly impairment?: Impairment;
}

/** A destination that is always there and follows a script: a service, a scripted user, a number of the gateway. */
export class RobotDestination implements Destination {
  readonly identity: Identity;
  readonly tariff?: Tariff;
  readonly #behaviour: RobotBehaviour;
  readonly #clock: Clock;

  constructor(identity: Identity, behaviour: RobotBehaviour, clock: Clock, tariff?: Tariff) {
    this.identity = identity;
    this.#behaviour = behaviour;
    this.#clock = clock;
    if (tariff) this.tariff = tariff;
  }

  arrive(attempt: Attempt): void {
    const { ringMs, outcome, earlyMedia } = this.#behaviour;
    if (ringMs > 0 || outcome === 'answer') attempt.ringing();
    if (earlyMedia) attempt.earlyMedia(new Script([{ say: earlyMedia }], () => undefined));
    const cancel = this.#clock.timerAt(this.#clock.now() + ringMs, () => {
      if (outcome === 'answer') attempt.answer(this.leg());
      else attempt.decline(outcome);
    });
    attempt.onWithdrawn(cancel);
  }

  /** A new end of a call, to answer with or to call from. */
  leg(): RobotLeg {
    return new RobotLeg(this.identity, this.#behaviour, this.#clock);
  }
}

/** A robot's end of a call. */
export class RobotLeg implements Leg {
  readonly identity: Identity;
  readonly voice: Party;
  readonly #behaviour: RobotBehaviour;
  readonly #clock: Clock;
  #conversation: Conversation | undefined;
  #cancelDrop: (() => void) | undefined;

  constructor(identity: Identity, behaviour: RobotBehaviour, clock: Clock) {
    this.identity = identity;
    this.#behaviour = behaviour;
    this.#clock = clock;
    const script = new Script(
      behaviour.steps.flatMap((step) => this.#scripted(step)),
      () => {
        if (!behaviour.stay) this.#conversation?.end({ kind: 'hung-up' });
      },
    );
    this.voice = behaviour.impairment ? new Impaired(script, behaviour.impairment) : script;
  }

  place(placing: Placing): void {
    placing.start();
  }

  connected(conversation: Conversation): void {
    this.#conversation = conversation;
    const { dropAfterMs, dropCause = { kind: 'hung-up' } } = this.#behaviour;
    if (dropAfterMs === undefined || this.#cancelDrop) return;
    this.#cancelDrop = this.#clock.timerAt(this.#clock.now() + dropAfterMs, () =>
      this.#conversation?.end(dropCause),
    );
  }

  ended(): void {
    this.#cancelDrop?.();
    this.#conversation = undefined;
  }

  #scripted(step: RobotStep): ScriptStep[] {
    if (step === 'play-back') return [step];
    if ('hold' in step) {
      const hold = (on: boolean) => () => this.#conversation?.hold(this, on);
      return [{ run: hold(true) }, { wait: step.hold }, { run: hold(false) }];
    }
    if ('digits' in step) {
      return [...step.digits].flatMap((digit) => [
        { run: () => this.#conversation?.digit(this, digit) },
        { say: dtmfSamples(digit) },
      ]);
    }
    return [step];
  }
}
