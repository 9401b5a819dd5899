import { checkOptions, flag, listOf, object, type Rules, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { checkWait } from '../../base/wait.js';
import type { ForwardRule } from '../../protocol/catalogue/value-type.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { RemoteObject } from './remote-object.js';

/** Forwarding of calls that nobody answers (reference, "Call forwarding"). */
export interface Forwarding {
  /** True when calls are forwarded. */
  readonly enabled: boolean;
  /** Time that a call rings before it is forwarded, in seconds. */
  readonly noAnswerSec: number;
  /** Handles or numbers to try, each between two times in seconds. */
  readonly rules: readonly ForwardRule[];
  /** True when calls that nobody answers then go to voicemail. */
  readonly toVoicemail: boolean;
}

const RULES: Rules<Partial<Forwarding>> = {
  enabled: flag,
  noAnswerSec: whole(0, 999_999_999, 's'),
  rules: listOf(object),
  toVoicemail: flag,
};

/** The PROFILE object: the current user's own data. */
export class Profile extends RemoteObject<'PROFILE'> {
  /** @internal */
  constructor(sender: CommandSender) {
    super('PROFILE', undefined, sender);
  }

  /** Gets the forwarding of calls. */
  async forwarding(options?: CommandOptions): Promise<Forwarding> {
    const [enabled, noAnswerSec, rules, toVoicemail] = await Promise.all([
      this.get('CALL_APPLY_CF', options),
      this.get('CALL_NOANSWER_TIMEOUT', options),
      this.get('CALL_FORWARD_RULES', options),
      this.get('CALL_SEND_TO_VM', options),
    ]);
    return { enabled, noAnswerSec, rules, toVoicemail };
  }

  /**
   * Changes the given parts of the forwarding. Switching on comes last, switching off first.
   *
   * @throws ERR_INVALID_ARG for a rule that ends before it starts; ERR_API.
   */
  async setForwarding(change: Partial<Forwarding>, options?: CommandOptions): Promise<void> {
    checkOptions(change, RULES);
    checkWait(options);
    const { enabled, noAnswerSec, rules, toVoicemail } = change;
    for (const rule of rules ?? []) checkRule(rule);
    if (enabled === false) await this.set('CALL_APPLY_CF', false, options);
    if (noAnswerSec !== undefined) await this.set('CALL_NOANSWER_TIMEOUT', noAnswerSec, options);
    if (rules !== undefined) await this.set('CALL_FORWARD_RULES', rules, options);
    if (toVoicemail !== undefined) await this.set('CALL_SEND_TO_VM', toVoicemail, options);
    if (enabled === true) await this.set('CALL_APPLY_CF', true, options);
  }
}

function checkRule({ startSec, endSec, target }: ForwardRule): void {
  if (!Number.isInteger(startSec) || !Number.isInteger(endSec) || startSec < 0 || endSec <= startSec) {
    throw invalidArgument(
      'rules',
      'whole seconds, each rule ending after it starts',
      `${startSec} to ${endSec}`,
    );
  }
  if (target === '' || /[\s,]/.test(target)) {
    throw invalidArgument('rules', 'given targets without spaces and commas', target);
  }
}
