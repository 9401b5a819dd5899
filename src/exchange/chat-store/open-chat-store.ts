import type { ExchangeLimits } from '../limits.js';
import { ChatMemory } from './chat-memory.js';
import type { ChatStore } from './chat-store.js';

/**
 * Opens the storage of chats and messages: a database in the state folder, or memory without one. The code of the
 * database is loaded only when needed.
 *
 * @throws ERR_FILE when the database cannot be opened; ERR_UNSUPPORTED without the package `libsql`.
 */
export async function openChatStore(options: {
  readonly stateFolder?: string;
  readonly limits: ExchangeLimits;
}): Promise<ChatStore> {
  if (options.stateFolder === undefined) return new ChatMemory(options.limits.messageBytes);
  const { ChatDatabase } = await import('./chat-database.js');
  return ChatDatabase.open(options.stateFolder);
}
