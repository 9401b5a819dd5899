import type { ExchangeUser } from '../exchange-user.js';
import { sameHandle } from './chat.js';
import type { LeaveReason } from './chat-message.js';
import { partnerOf } from './chat-properties.js';
import type { ChatView } from './chat-view.js';

/** Gives the reason why `user` does not accept messages from `from`, if there is one. */
export function refusedBy(user: ExchangeUser, from: string): LeaveReason | undefined {
  if (user.has('ISBLOCKED', from)) return 'ADDED_MUST_BE_AUTHORIZED';
  switch (user.settings.chatsFrom) {
    case 'anyone':
      return undefined;
    case 'contacts':
      return user.isContact(from) ? undefined : 'ADDER_MUST_BE_FRIEND';
    case 'authorized':
      return user.has('ISAUTHORIZED', from) ? undefined : 'ADDED_MUST_BE_AUTHORIZED';
    case 'nobody':
      return 'ADDED_MUST_BE_AUTHORIZED';
    default:
      return user.settings.chatsFrom satisfies never;
  }
}

/**
 * Gives the reason why the user of a dialog does not accept the other's messages, if there is one. A user who began the
 * dialog, or wrote in it, accepts answers.
 */
export function refusedIn(view: ChatView): LeaveReason | undefined {
  const { chat, user, handle } = view;
  const partner = partnerOf(view);
  const takesPart = [chat.state.creator, ...chat.face.posters].some((each) => sameHandle(each, handle));
  return takesPart && !user.has('ISBLOCKED', partner) ? undefined : refusedBy(user, partner);
}
