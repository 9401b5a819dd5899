import { CHAT_OPTIONS, type ChatOption } from '../../protocol/catalogue/chat.js';

/** Changes of a chat's options. Each named option is set or cleared; all others stay. */
export type ChatOptionChanges = Readonly<Partial<Record<ChatOption, boolean>>>;

const ENTRIES = Object.entries(CHAT_OPTIONS) as [ChatOption, number][];

/** Gives the names of the options whose bits are set. Bits without a name are left out. */
export function chatOptionsOf(bits: number): ChatOption[] {
  return ENTRIES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name);
}

/** Gives `bits` with the options of `changes` set or cleared. Bits without a name stay. */
export function withChatOptions(bits: number, changes: ChatOptionChanges): number {
  return ENTRIES.reduce((sum, [name, bit]) => {
    const on = changes[name];
    return on === undefined ? sum : on ? sum | bit : sum & ~bit;
  }, bits);
}
