import { type Chat, type Client, JackfieldError } from '../../control.js';

/**
 * Finds the chat with this id, or the dialog with this handle. Does not create a chat.
 *
 * @throws ERR_INVALID_ARG when there is no such chat.
 */
export async function findChat(client: Client, named: string): Promise<Chat> {
  const chats = await client.chats.search('CHATS');
  const known = chats.find(({ id }) => id === named);
  if (known) return known;
  if (!named.startsWith('#')) {
    for (const chat of chats) if (await isWith(chat, named)) return chat;
  }
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `There is no chat ${JSON.stringify(named)}: give a chat id, or the handle of a person you have written to ` +
      '(see jackfield chat list).',
  );
}

async function isWith(chat: Chat, handle: string): Promise<boolean> {
  if (!(await chat.text('STATUS')).endsWith('DIALOG')) return false;
  return (await chat.text('DIALOG_PARTNER')).toLowerCase() === handle.toLowerCase();
}
