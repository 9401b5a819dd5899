import type { CallStatus } from '../protocol/catalogue/call-status.js';
import type { PropertyName } from '../protocol/message.js';
import type { User } from './user.js';
import { UserVoice } from './user-voice.js';

/** How a user's CALL object is told to the clients attached to him. */
export type CallObserver = (property: PropertyName<'CALL'>, value: string) => void;

/** One user's view of a call: the CALL object that his clients see (reference, "CALL object"). */
export class UserCall {
  readonly id: number;
  readonly user: User;
  readonly partner: { readonly handle: string; readonly fullName: string };
  readonly type: 'OUTGOING_P2P' | 'INCOMING_P2P';
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
  readonly voice: UserVoice;
  readonly #tell: CallObserver;
  #status: CallStatus = 'UNPLACED';
  #durationSeconds = 0;
  #failureReason: number | undefined;
  #listening = false;

  constructor(
    properties: Pick<UserCall, 'id' | 'user' | 'partner' | 'type' | 'timestamp'>,
    tell: CallObserver,
  ) {
    this.id = properties.id;
    this.user = properties.user;
    this.partner = properties.partner;
    this.type = properties.type;
    this.timestamp = properties.timestamp;
    this.voice = new UserVoice(properties.user.soundCard);
    this.#tell = tell;
  }

  get status(): CallStatus {
    return this.#status;
  }

  get durationSeconds(): number {
    return this.#durationSeconds;
  }

  get failureReason(): number | undefined {
    return this.#failureReason;
  }

  /** Whether the other side listens to voice input: VAA_INPUT_STATUS. */
  get listening(): boolean {
    return this.#listening;
  }

  setStatus(status: CallStatus): void {
    this.#status = status;
    this.#tell('STATUS', status);
  }

  setDuration(seconds: number): void {
    this.#durationSeconds = seconds;
    this.#tell('DURATION', String(seconds));
  }

  setListening(listening: boolean): void {
    this.#listening = listening;
    this.#tell('VAA_INPUT_STATUS', listening ? 'TRUE' : 'FALSE');
  }

  /** Fails the call with one of the reasons of the reference ("Call failure reasons"). */
  fail(reason: number): void {
    this.#failureReason = reason;
    this.#tell('FAILUREREASON', String(reason));
    this.setStatus('FAILED');
  }
}
