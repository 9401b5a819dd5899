import {
  checkArgument,
  checkOptions,
  either,
  flag,
  having,
  listOf,
  needed,
  nested,
  number,
  oneOf,
  type Rules,
  rule,
  within,
  words,
} from '../base/check.js';
import { SAMPLES } from '../base/pcm.js';
import { CLOCK, type Clock } from '../base/time/clock.js';
import { dtmfSamples } from '../voice/tone/dtmf.js';
import type { Attempt, Destination, Tariff } from './attempt.js';
import { IDENTITY, type Identity } from './identity.js';
import { Impaired, type Impairment } from './impaired.js';
import { CAUSE, type Conversation, type EndCause, type Leg, type Placing } from './leg.js';
import type { Party } from './party.js';
import { Script, type ScriptStep } from './script.js';

/** Step of the script of a robot. Steps are carried out in order. */
export type RobotStep =
  | Exclude<ScriptStep, { readonly run: () => void }>
  /** Sends DTMF, as sound and as signals. */
  | { readonly digits: string }
  /** Holds the call for this many milliseconds. */
  | { readonly hold: number };

/** Behaviour of a robot, or a phone, in a call. */
export interface RobotBehaviour {
  /** Ringing time before the `outcome`, in milliseconds. */
  readonly ringMs: number;
  readonly outcome: 'answer' | EndCause;
  /** Audio that the caller hears before the answer. */
  readonly earlyMedia?: Int16Array;
  readonly steps: readonly RobotStep[];
  /** True when the robot stays on the line after its last step. */
  readonly stay: boolean;
  /** Time from the answer until the robot drops the call, in milliseconds. Default: it does not drop it. */
  readonly dropAfterMs?: number;
  /** Cause of the drop. Default: it hangs up. */
  readonly dropCause?: EndCause;
  readonly impairment?: Impairment;
}

const TIME = within(0, Infinity, 'ms');
const COUNT = within(0, Infinity);
const STEP = rule(
  "'play-back', or an object with say, wait, record, digits or hold",
  (value) =>
    value === 'play-back' ||
    ['say', 'wait', 'record', 'digits', 'hold'].some((name) => Object.hasOwn(Object(value) as object, name)),
);
const BEHAVIOUR_RULES: Rules<RobotBehaviour> = {
  ringMs: needed(TIME),
  outcome: needed(either(oneOf('answer'), CAUSE)),
  earlyMedia: SAMPLES,
  steps: needed(listOf(STEP)),
  stay: needed(flag),
  dropAfterMs: TIME,
  dropCause: CAUSE,
  impairment: nested<Impairment>({
    lossPercent: within(0, 100),
    meanLossMs: within(20, 60_000),
    halfDuplex: flag,
    seed: number,
  }),
};
const TARIFF_RULES: Rules<Tariff> = {
  rate: needed(COUNT),
  precision: needed(COUNT),
  currency: needed(words),
};

/**
 * Destination that is always available and follows a script: a service, a scripted user, or a number of the gateway.
 */
export class RobotDestination implements Destination {
  readonly identity: Identity;
  readonly tariff?: Tariff;
  readonly #behaviour: RobotBehaviour;
  readonly #clock: Clock;

  constructor(identity: Identity, behaviour: RobotBehaviour, clock: Clock, tariff?: Tariff) {
    checkArgument('identity', identity, IDENTITY);
    checkOptions(behaviour, BEHAVIOUR_RULES, 'behaviour.');
    checkArgument('clock', clock, CLOCK);
    if (tariff !== undefined) checkOptions(tariff, TARIFF_RULES, 'tariff.');
    this.identity = identity;
    this.#behaviour = behaviour;
    this.#clock = clock;
    if (tariff) this.tariff = tariff;
  }

  arrive(attempt: Attempt): void {
    checkArgument('attempt', attempt, having('ringing', 'answer', 'decline'));
    const { ringMs, outcome, earlyMedia } = this.#behaviour;
    if (ringMs > 0 || outcome === 'answer') attempt.ringing();
    if (earlyMedia) attempt.earlyMedia(new Script([{ say: earlyMedia }], () => undefined));
    const cancel = this.#clock.timerAt(this.#clock.now() + ringMs, () => {
      if (outcome === 'answer') attempt.answer(this.leg());
      else attempt.decline(outcome);
    });
    attempt.onWithdrawn(cancel);
  }

  /** Makes a new end of a call, to answer or to place one. */
  leg(): RobotLeg {
    return new RobotLeg(this.identity, this.#behaviour, this.#clock);
  }
}

/** End of a call that is a robot. */
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
    checkArgument('placing', placing, having('start'));
    placing.start();
  }

  connected(conversation: Conversation): void {
    checkArgument('conversation', conversation, having('end'));
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
