import type { Identity } from '../../switch/identity.js';
import type { EndCause, Progress } from '../../switch/leg.js';
import { END_STATUS, PROGRESS_STATUS } from './call-end.js';
import type { Occupation } from './call-stage.js';
import type { UserCall } from './user-call.js';

/** Is told how a call that is dialled gets on, besides those in it. */
export interface Follower {
  progress(step: Progress): void;
  /** A target took the call. */
  answered(): void;
  /** No target took it. @returns true when the caller is looked after: else the call ends for them. */
  failed(cause: EndCause): boolean;
  /** The call is over, taken or not. */
  over(): void;
}

/** Takes a call back for the party that transfers it, after an announced transfer. */
export interface WayBack {
  /** Dials no more. */
  cancel(): void;
  /** Puts the two who have talked through to each other again. */
  connect(): void;
  /** Lets the streams of the transferring user go: a target has taken the call. */
  release(): void;
}

/**
 * The view of a call for the user who transferred it (reference, "ALTER CALL TRANSFER"): the status of the new call,
 * until that is over or the user hangs up. Where nobody takes the call it returns to the user, if the user had talked
 * to the caller before.
 */
export class TransferWatch implements Occupation, Follower {
  readonly #call: UserCall;
  readonly #wayBack: WayBack | undefined;
  /** True once it is decided who has the call. */
  #settled = false;
  #over = false;

  /** @param call the call of the transferring user. */
  constructor(call: UserCall, to: Identity, wayBack: WayBack | undefined) {
    this.#call = call;
    this.#wayBack = wayBack;
    call.occupy(this);
    call.setStatus('TRANSFERRING');
    call.object.tell('TRANSFERRED_TO', to.handle);
    this.#tell('UNPLACED');
    this.#tell('ROUTING');
  }

  progress(step: Progress): void {
    if (!this.#over) this.#tell(PROGRESS_STATUS[step]);
  }

  answered(): void {
    this.#settled = true;
    this.#wayBack?.release();
    if (!this.#over) this.#tell('INPROGRESS');
  }

  failed(cause: EndCause): boolean {
    if (this.#over) return false;
    this.#settled = true;
    this.#tell(END_STATUS[cause.kind].OUTGOING);
    if (this.#wayBack) this.#takeBack(this.#wayBack);
    return this.#wayBack !== undefined;
  }

  over(): void {
    if (this.#over) return;
    // The caller has hung up while it rang.
    if (!this.#settled) this.#tell('CANCELLED');
    this.#end();
  }

  stop(): void {
    if (!this.#over) this.#end();
  }

  /** Takes the call back while it rings. */
  resume(): boolean {
    if (this.#over || this.#settled || !this.#wayBack) return false;
    this.#tell('CANCELLED');
    this.#takeBack(this.#wayBack);
    return true;
  }

  #takeBack(wayBack: WayBack): void {
    this.#over = true;
    wayBack.cancel();
    wayBack.connect();
  }

  #end(): void {
    this.#over = true;
    this.#call.ended({ kind: 'transferred' });
    this.#call.object.tell('VAA_INPUT_STATUS', 'FALSE');
  }

  #tell(status: string): void {
    this.#call.object.tell('TRANSFER_STATUS', status);
  }
}

/** Several watches of one call: one for each user who passed it on. */
export function followers(all: readonly Follower[]): Follower {
  const each = (tell: (follower: Follower) => void) => {
    for (const follower of all) tell(follower);
  };
  return {
    progress: (step) => each((follower) => follower.progress(step)),
    answered: () => each((follower) => follower.answered()),
    failed: (cause) => all.map((follower) => follower.failed(cause)).includes(true),
    over: () => each((follower) => follower.over()),
  };
}
