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
  /** The endpoint is asking its user. */
  | { readonly status: 'pending-authorization'; readonly transport: string }
  | {
      readonly status: 'attached';
      readonly transport: string;
      /** The version of the protocol that was agreed on. */
      readonly protocol: number;
    }
  /** The endpoint is gone or not ready; it is tried again. */
  | { readonly status: 'unavailable'; readonly error: Error; readonly retryInMs: number }
  /** For good: {@link Client.close} was called, or `error` says why (ERR_ATTACH_REFUSED: the user said no). */
  | { readonly status: 'closed'; readonly error: Error | undefined };

type AttachStatus = AttachState['status'];

const NEXT: Readonly<Record<AttachStatus, readonly AttachStatus[]>> = {
  attaching: ['pending-authorization', 'attached', 'unavailable', 'closed'],
  'pending-authorization': ['attached', 'unavailable', 'closed'],
  attached: ['unavailable', 'closed'],
  unavailable: ['attaching', 'closed'],
  closed: [],
};

/** The one place that says which attach state can follow which. @throws ERR_INVALID_STATE */
export function checkAttachMove(from: AttachStatus, to: AttachStatus): void {
  if (NEXT[from].includes(to)) return;
  throw new JackfieldError('ERR_INVALID_STATE', `An attachment that is ${from} cannot become ${to}.`);
}
