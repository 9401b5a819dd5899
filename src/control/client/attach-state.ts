import { JackfieldError } from '../../base/errors.js';

/**
 * The state of an attachment.
 *
 * ```
 * attaching -> [pending-authorization ->] attached -> unavailable -> attaching -> ...
 *     |                   |                  |             |
 *     `-------------------+------------------+-------------+-> closed
 * ```
 */
export type AttachState =
  | { readonly status: 'attaching'; readonly transport: string }
  /** The endpoint asks its user for permission. */
  | { readonly status: 'pending-authorization'; readonly transport: string }
  | {
      readonly status: 'attached';
      readonly transport: string;
      /** Agreed version of the protocol. */
      readonly protocol: number;
    }
  /** The endpoint is gone or not ready. The client tries again. */
  | { readonly status: 'unavailable'; readonly error: Error; readonly retryInMs: number }
  /** Closed for good: by {@link Client.close}, or for the reason `error` (ERR_ATTACH_REFUSED: the user refused). */
  | { readonly status: 'closed'; readonly error: Error | undefined };

type AttachStatus = AttachState['status'];

const NEXT: Readonly<Record<AttachStatus, readonly AttachStatus[]>> = {
  attaching: ['pending-authorization', 'attached', 'unavailable', 'closed'],
  'pending-authorization': ['attached', 'unavailable', 'closed'],
  attached: ['unavailable', 'closed'],
  unavailable: ['attaching', 'closed'],
  closed: [],
};

/** Checks that one attach state can follow another. @throws ERR_INVALID_STATE */
export function checkAttachMove(from: AttachStatus, to: AttachStatus): void {
  if (NEXT[from].includes(to)) return;
  throw new JackfieldError('ERR_INVALID_STATE', `An attachment that is ${from} cannot become ${to}.`);
}
