import type { Identity } from '../identity.js';
import type { Progress } from './leg.js';
import type { Occupation, UserCall } from './user-call.js';

/**
 * What the one who transferred a call sees of it from then on (reference, "ALTER CALL TRANSFER"): the status of the
 * new call, until that is over or he hangs up.
 */
export class TransferWatch implements Occupation {
  readonly #call: UserCall;
  #over = false;

  /** @param call the call of the one who transfers. */
  constructor(call: UserCall, to: Identity) {
    this.#call = call;
    call.occupy(this);
    call.setStatus('TRANSFERRING');
    call.object.tell('TRANSFERRED_TO', to.handle);
    this.#tell('UNPLACED');
    this.#tell('ROUTING');
  }

  progress(step: Progress | 'INPROGRESS'): void {
    if (!this.#over) this.#tell(step);
  }

  /** The transferred call is over. */
  over(): void {
    if (this.#over) return;
    this.#over = true;
    this.#call.ended({ kind: 'transferred' });
    this.#call.object.tell('VAA_INPUT_STATUS', 'FALSE');
  }

  stop(): void {
    this.over();
  }

  #tell(status: Progress | 'INPROGRESS' | 'UNPLACED'): void {
    this.#call.object.tell('TRANSFER_STATUS', status);
  }
}
