import { checkArgument } from '../base/check.js';
import type { Client } from '../control/client/client.js';
import { CLIENT } from '../control/client/command-sender.js';
import { ApiError } from '../protocol/api-error.js';

/** `GET: invalid WHAT`: an endpoint without messages does not know that there are any. */
const UNKNOWN_OBJECT = 7;

/** Finds out whether an endpoint has messages of chats, which an exchange of calls alone has not. Nothing is sent. */
export async function canSendMessages(client: Client): Promise<boolean> {
  checkArgument('client', client, CLIENT);
  try {
    await client.get('CHATMESSAGE', 1, 'BODY');
    return true;
  } catch (error) {
    // Skype answers that there is no such message.
    if (error instanceof ApiError) return error.number !== UNKNOWN_OBJECT;
    throw error;
  }
}
