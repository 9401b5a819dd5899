import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import { type WaitOptions, waitFor } from '../../base/wait.js';
import type { CallControl } from '../../call/call-control.js';
import type { CallEvents } from '../../control/call/call.js';
import type { CallState } from '../../control/call/call-life.js';
import type { SiprecParticipant } from '../../line/siprec/siprec-metadata.js';
import type { SiprecSession } from '../../line/siprec/siprec-session.js';

let calls = 0;

/** A call of a SIPREC client, as a recorder needs it. It can be recorded, but not controlled. */
export class SiprecCall
  extends FencedEmitter<Pick<CallEvents, 'state' | 'dtmf' | 'property' | 'failure'>>
  implements CallControl
{
  readonly id = ++calls;
  readonly #session: SiprecSession;
  readonly #clock: Clock;
  readonly #history: CallState[];

  constructor(session: SiprecSession, clock: Clock) {
    super();
    this.#session = session;
    this.#clock = clock;
    const atMs = clock.unixMs();
    this.#history = [{ phase: 'talking', status: 'INPROGRESS', atMs, answeredAtMs: atMs }];
    session.once('ended', () => this.#ended());
  }

  get state(): CallState | undefined {
    return this.#history.at(-1);
  }

  get status(): CallState['status'] {
    return this.state?.status ?? 'FINISHED';
  }

  get history(): readonly CallState[] {
    return this.#history;
  }

  get over(): boolean {
    return this.#history.length > 1;
  }

  /** Properties of the call. The partner is the participant of the second stream, or else the last participant. */
  get properties(): ReadonlyMap<string, string> {
    const { metadata } = this.#session;
    const partner = this.#session.participant('remote') ?? metadata.participants.at(-1);
    const [first] = this.#history;
    const endMs = this.over ? (this.state?.atMs ?? 0) : this.#clock.unixMs();
    return new Map([
      ['PARTNER_HANDLE', partner ? handleOf(partner) : ''],
      ['TYPE', 'SIPREC'],
      ['DURATION', String(Math.floor((endMs - (first?.atMs ?? endMs)) / 1000))],
    ]);
  }

  text(property: string): Promise<string> {
    return Promise.resolve(this.properties.get(property) ?? '');
  }

  async reached(status: CallState['status'], options?: WaitOptions): Promise<CallState> {
    const found = () => this.#history.find((state) => state.status === status);
    if (!found()) await this.ended(options);
    const state = found();
    if (state) return state;
    throw new JackfieldError('ERR_CALL_ENDED', `Call ${this.id} ended before it was ${status}.`);
  }

  ended(options: WaitOptions = {}): Promise<CallState['status']> {
    return waitFor<CallState['status']>({
      ...options,
      what: `call ${this.id} to end`,
      begin: (resolve) => {
        if (this.over) resolve(this.status);
        const told = () => void (this.over && resolve(this.status));
        this.on('state', told);
        return () => void this.off('state', told);
      },
    });
  }

  async refresh(): Promise<void> {}

  answer = notPossible;
  refuse = notPossible;
  hold = notPossible;
  resume = notPossible;
  hangUp = notPossible;
  transfer = notPossible;
  sendDtmf = notPossible;

  #ended(): void {
    const state: CallState = { phase: 'ended', status: 'FINISHED', atMs: this.#clock.unixMs() };
    this.#history.push(state);
    this.emit('state', state);
  }
}

/** The user or number of an address, without scheme, host and parameters. The name when the address has none. */
export function handleOf({ address, name }: SiprecParticipant): string {
  const [user = ''] = address.replace(/^(sips?|tel):/i, '').split(/[@;?]/);
  return user || name;
}

function notPossible(): Promise<never> {
  const text = 'A call that a recording client sends can only be recorded.';
  return Promise.reject(new JackfieldError('ERR_UNSUPPORTED', text));
}
