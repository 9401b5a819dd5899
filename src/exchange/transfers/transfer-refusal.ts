import { JackfieldError } from '../../base/errors.js';
import type { Identity } from '../../switch/identity.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { TransferReason, TransferView } from './transfer-view.js';

/** The reason why a user cannot receive a file from another user; undefined when there is none. */
export function refusalOf(
  user: ExchangeUser | undefined,
  { handle }: ExchangeUser,
): TransferReason | undefined {
  if (user?.settings.transferFolder === undefined) return 'REMOTE_DOES_NOT_SUPPORT_FT';
  // Files can be sent only between users who have authorised each other (reference, SENDER_NOT_AUTHORIZED).
  return user.has('ISAUTHORIZED', handle) && !user.has('ISBLOCKED', handle)
    ? undefined
    : 'SENDER_NOT_AUTHORIZED';
}

/** Makes the error for a sender without a folder. */
export function withoutFolder({ handle }: ExchangeUser): JackfieldError {
  return impossible(`${handle} has no folder for files: set transferFolder.`);
}

/** Makes the error for a receiver who is not a contact of the sender. */
export function notContact({ handle }: ExchangeUser, partner: Identity): JackfieldError {
  return impossible(`${partner.handle} is not a contact of ${handle}: add the contact first.`);
}

/** Makes the error for a command that the status of the transfer does not allow. */
export function notNow(view: TransferView, what: string): JackfieldError {
  return impossible(`Transfer ${view.id} cannot be ${what}: it is ${view.status}.`);
}

export function impossible(message: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', message);
}
