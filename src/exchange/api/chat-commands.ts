import type {
  ChatCommand,
  EndpointMessage,
  SendChatMessageCommand,
  SendMessageCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { sameHandle } from '../chats/chat.js';
import { MAX_MEMBERS } from '../chats/chat-membership.js';
import { chatProperty } from '../chats/chat-properties.js';
import type { ChatView } from '../chats/chat-view.js';
import type { ExchangeUser } from '../exchange-user.js';
import { handlesOf } from '../kind/chat-kind.js';
import { Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

/** Answers `CHAT CREATE`, `CHAT CREATEUSINGBLOB` and `CHAT FINDUSINGBLOB` with the status of the chat. */
export function answerChat(services: Services, user: ExchangeUser, command: ChatCommand): EndpointMessage {
  const view = chatFor(services, user, command);
  const status = chatProperty(view, services.chats.table, 'STATUS');
  view.answered('STATUS', status);
  return replies.property('CHAT', view.chat.name, 'STATUS', status);
}

function chatFor(services: Services, user: ExchangeUser, { action, argument }: ChatCommand): ChatView {
  const { chats } = services;
  if (action === 'CREATE') return create(services, user, argument);
  const view = action === 'CREATEUSINGBLOB' ? chats.byBlob(user, argument) : chats.knownBlob(user, argument);
  if (!view) throw new Refusal('chat-action');
  return view;
}

/** Carries out `CHAT CREATE [<target>, ...]`: a dialog with one target, a multichat with none or several. */
function create(services: Services, user: ExchangeUser, list: string): ChatView {
  const { chats, identityOf } = services;
  if (list === '') return chats.create(user, []);
  const targets = handlesOf(list, identityOf);
  if (!targets || targets.length >= MAX_MEMBERS) throw new Refusal('chat-targets');
  const others = targets.filter((target) => !sameHandle(target, user.handle));
  if (others.some((target) => isDisabled(services, user, target))) throw new Refusal('chat-disabled');
  const [partner] = others;
  if (others.length > 1) return chats.create(user, others);
  if (partner === undefined || !identityOf(partner)) throw new Refusal('chat-dialog');
  return chats.dialog(user, partner);
}

/** Answers `MESSAGE <handle> <text>`. */
export function sendMessage(
  services: Services,
  user: ExchangeUser,
  { target, text }: SendMessageCommand,
): EndpointMessage {
  const handle = phoneNumber(target) ?? target;
  if (!isHandle(handle) && phoneNumber(handle) === undefined) throw new Refusal('message-handle');
  if (sameHandle(handle, user.handle)) throw new Refusal('message-handle');
  return send(services, services.chats.dialog(user, handle), text);
}

/** Answers `CHATMESSAGE <chat> <text>`. */
export function sendChatMessage(
  services: Services,
  user: ExchangeUser,
  { chat, text }: SendChatMessageCommand,
): EndpointMessage {
  const view = services.chats.find(user, chat);
  if (!view) throw new Refusal('message-chat');
  return send(services, view, text);
}

function send({ chats }: Services, view: ChatView, text: string): EndpointMessage {
  const id = taking('message-not-sent', () => chats.send(view, text));
  if (id === undefined) throw new Refusal('message-not-sent');
  return replies.property('CHATMESSAGE', id, 'STATUS', 'SENDING');
}

/** True for a handle that cannot be chatted with: a phone, a user who refuses chats, a blocked user. */
function isDisabled({ userOf }: Services, user: ExchangeUser, target: string): boolean {
  const other = userOf(target);
  return (
    phoneNumber(target) !== undefined ||
    user.has('ISBLOCKED', target) ||
    other?.settings.chatsFrom === 'nobody'
  );
}
