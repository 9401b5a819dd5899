import { JackfieldError } from '../../base/errors.js';
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

export function notNow(view: TransferView, what: string): JackfieldError {
  return impossible(`Transfer ${view.id} cannot be ${what}: it is ${view.status}.`);
}

export function impossible(message: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', message);
}
