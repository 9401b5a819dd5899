import { checkArgument } from '../base/check.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import { ApiError } from '../protocol/api-error.js';

/** `GET: invalid WHAT`: the reply of an endpoint that has no message objects. */
const UNKNOWN_OBJECT = 7;

/** Resolves to true when an endpoint has chat messages. An exchange for calls alone has none. Sends no message. */
export async function canSendMessages(client: Client): Promise<boolean> {
  checkArgument('client', client, CLIENT);
  try {
    await client.get('CHATMESSAGE', 1, 'BODY');
    return true;
  } catch (error) {
    // Skype replies with another error: that this message does not exist.
    if (error instanceof ApiError) return error.number !== UNKNOWN_OBJECT;
    throw error;
  }
}
