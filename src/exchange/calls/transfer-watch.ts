import type { Identity } from '../../switch/identity.js';
import type { EndCause, Progress } from '../../switch/leg.js';
import { END_STATUS, PROGRESS_STATUS } from './call-end.js';
import type { Occupation } from './call-stage.js';
import type { UserCall } from './user-call.js';

/** Observer of a call that is being dialled, in addition to its legs. */
export interface Follower {
  progress(step: Progress): void;
  /** Called when a target took the call. */
  answered(): void;
  /**
   * Called when no target took the call.
   *
   * @returns true when the follower takes over the caller's call; otherwise it ends.
   */
  failed(cause: EndCause): boolean;
  /** Called when the call is over, answered or not. */
  over(): void;
}

/** Returns a call to the user who transferred it, when that user had talked to the caller. */
export interface WayBack {
  /** Stops dialling. */
  cancel(): void;
  /** Reconnects the user and the caller. */
  connect(): void;
  /** Closes the streams of the transferring user, when a target has taken the call. */
  release(): void;
}

/**
 * The view of a call for the user who transferred it (reference, "ALTER CALL TRANSFER"). It shows the status of the new
 * call, until that is over or the user hangs up. If nobody answers and the user had talked to the caller, the call
 * returns to the user.
 */
export class TransferWatch implements Occupation, Follower {
  readonly #call: UserCall;
  readonly #wayBack: WayBack | undefined;
  /** True once the outcome of the transfer is known. */
  #settled = false;
  #over = false;

  /** @param call The call of the transferring user. */
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
    // The caller has hung up while the target was ringing.
    if (!this.#settled) this.#tell('CANCELLED');
    this.#end();
  }

  stop(): void {
    if (!this.#over) this.#end();
  }

  /** Takes the call back while the target rings. */
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

/** Combines the followers of one call, one for each user who passed it on. */
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
