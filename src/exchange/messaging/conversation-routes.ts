import { z } from 'zod';
import { escapeXml } from '../../base/xml.js';
import { HttpRefusal } from '../../http/http-refusal.js';
import { plainText } from '../../protocol/account/rich-text.js';
import { type AccountRoute, type Asked, type Given, route } from '../account-routes/account-route.js';
import type { ChatView, FoundMessage } from '../chats/chat-view.js';
import { cleanRichText } from './clean-rich-text.js';
import { pageMetadata, pageOf, pageQuery } from './paged-list.js';
import { webIdOf } from './web-message.js';

const conversationAnswer = z.looseObject({
  id: z.string(),
  type: z.string(),
  version: z.number(),
  properties: z.looseObject({}),
  threadProperties: z.looseObject({}).optional(),
  lastMessage: z.looseObject({}),
  messages: z.string().describe('Address of the messages of the conversation.'),
});
const messageAnswer = z.looseObject({
  id: z.string(),
  type: z.literal('Message'),
  messagetype: z.string(),
  content: z.string(),
  from: z.string(),
  imdisplayname: z.string(),
  composetime: z.string(),
  originalarrivaltime: z.string(),
  conversationLink: z.string(),
});
const messageBody = z.looseObject({
  content: z
    .string()
    .max(60_000)
    .nullish()
    .transform((content) => content ?? ''),
  messagetype: z.string().max(100).default('Text'),
  contenttype: z.string().max(100).optional(),
  clientmessageid: z
    .union([z.string().max(100), z.number()])
    .transform(String)
    .optional(),
  skypeeditedid: z
    .union([z.string().max(100), z.number()])
    .transform(String)
    .optional(),
});
type MessageBody = z.output<typeof messageBody>;

const CONVERSATION = '/users/{id}/conversations/{conversation}';

/** Conversations and their messages. */
export const CONVERSATION_ROUTES: readonly AccountRoute[] = [
  route({
    service: 'messaging',
    method: 'GET',
    path: '/users/{id}/conversations',
    does: 'Conversations in pages, the most recent first.',
    query: pageQuery,
    gives: z.object({ conversations: z.array(conversationAnswer), _metadata: pageMetadata }),
    answer: (asked) => {
      const { conversations } = asked.messaging;
      const since = Number(asked.query.startTime ?? 0) / 1000;
      const views = conversations
        .list(asked.user)
        .filter(({ chat }) => (chat.face.activity || chat.state.created) >= since)
        .map((view) => ({ view, key: conversations.keyOf(view) }))
        .sort((a, b) => a.key - b.key);
      const page = pageOf(asked, { path: '/users/ME/conversations', keys: views.map(({ key }) => key) });
      const shown = page.keys.flatMap((key) => views.find((each) => each.key === key)?.view ?? []);
      return {
        json: {
          conversations: shown.map((view) => conversations.show(view, asked.base)),
          _metadata: page._metadata,
        },
      };
    },
  }),
  route({
    service: 'messaging',
    method: 'GET',
    path: CONVERSATION,
    does: 'One conversation.',
    gives: conversationAnswer,
    answer: (asked) => {
      const view = viewOf(asked);
      if (view) return { json: asked.messaging.conversations.show(view, asked.base) };
      const expected = 'a message, which starts the conversation';
      throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The conversation has no messages yet.', expected);
    },
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: `${CONVERSATION}/properties`,
    does: 'Marks messages as read: `consumptionhorizon` begins with the id of the last one.',
    query: z.looseObject({ name: z.literal('consumptionhorizon') }),
    body: z.looseObject({ consumptionhorizon: z.string().regex(/^\d{1,16}(?:;\d{0,24}){0,2}$/) }),
    answer: (asked) => {
      const view = viewOf(asked);
      if (!view) return {};
      asked.messaging.conversations.seeUpTo(view, Number.parseInt(asked.body.consumptionhorizon, 10));
      asked.messaging.tellConversation({ view });
      return {};
    },
  }),
  route({
    service: 'messaging',
    method: 'GET',
    path: `${CONVERSATION}/messages`,
    does: 'Messages in pages, the newest first.',
    query: pageQuery,
    gives: z.object({ messages: z.array(messageAnswer), _metadata: pageMetadata }),
    answer: (asked) => {
      const { conversations } = asked.messaging;
      const view = viewOf(asked);
      const since = Number(asked.query.startTime ?? 0) / 1000;
      const all = view ? conversations.keysIn(view) : [];
      const isWanted = (id: number) => (conversations.message(asked.user, id)?.message.at ?? 0) >= since;
      const keys = since > 0 ? all.filter(isWanted) : all;
      const id = view ? conversations.idOf(view) : (asked.parameters['conversation'] ?? '');
      const page = pageOf(asked, { path: `/users/ME/conversations/${id}/messages`, keys });
      const shown = page.keys.flatMap((key) => conversations.message(asked.user, key) ?? []);
      return {
        json: {
          messages: shown.map((found) => conversations.showMessage(found.view, found.message, asked.base)),
          _metadata: page._metadata,
        },
      };
    },
  }),
  route({
    service: 'messaging',
    method: 'POST',
    path: `${CONVERSATION}/messages`,
    does: 'Sends a message (a CHATMESSAGE of the desktop API) or a typing notice.',
    body: messageBody,
    gives: z.object({ OriginalArrivalTime: z.number() }),
    status: 201,
    answer: sendMessage,
  }),
  route({
    service: 'messaging',
    method: 'PUT',
    path: `${CONVERSATION}/messages/{message}`,
    does: 'Changes the text of a message.',
    body: messageBody,
    answer: async (asked) => {
      await edit(asked, messageOf(asked), asked.body);
      return {};
    },
  }),
  route({
    service: 'messaging',
    method: 'DELETE',
    path: `${CONVERSATION}/messages/{message}`,
    does: 'Removes the text of a message.',
    answer: (asked) => {
      if (asked.services.chats.remove(messageOf(asked))) return {};
      throw notAllowed('The account cannot delete this message.');
    },
  }),
];

/** Message types that say that a member is typing. */
const TYPING = /^Control\/(?:Typing|ClearTyping)$/i;
const TEXTS = /^(?:Text|RichText)$/i;

async function sendMessage(asked: Asked<MessageBody>): Promise<Given> {
  const { body, messaging, services, user, base } = asked;
  const { messagetype, clientmessageid, skypeeditedid } = body;
  const conversation = asked.parameters['conversation'] ?? '';
  const { conversations } = messaging;
  if (TYPING.test(messagetype)) {
    const view = conversations.find(user, conversation);
    const isTold = view?.subscribed && user.account.setting('typingIndicator');
    if (isTold) messaging.tellTyping(user, conversation, messagetype);
    return { json: { OriginalArrivalTime: conversations.now } };
  }
  checkKind(body);
  const view = conversations.open(user, conversation);
  if (skypeeditedid !== undefined) {
    const found =
      conversations.byClientId(view, skypeeditedid) ?? conversations.findMessage(view, skypeeditedid);
    if (!found) throw noMessage();
    await edit(asked, found, body);
    return { json: { OriginalArrivalTime: Number(webIdOf(found.message)) } };
  }
  const id = services.chats.send(view, textOf(body), await richIn(body));
  const message = id === undefined ? undefined : conversations.message(user, id)?.message;
  if (!message) throw notAllowed('The account cannot write here, or the message is empty.');
  if (clientmessageid !== undefined) conversations.noteClientId(message, clientmessageid);
  const webId = webIdOf(message);
  const location = `${base}/users/ME/conversations/${conversations.idOf(view)}/messages/${webId}`;
  return { json: { OriginalArrivalTime: Number(webId) }, headers: { location: encodeURI(location) } };
}

/** Checks the type of a message. @throws HttpRefusal 422 for types that are not supported. */
function checkKind({ messagetype, content }: MessageBody): void {
  if (/^RichText\/Files$/i.test(messagetype)) {
    throw unsupported(
      'Only desktop clients can transfer several files at once.',
      'one file, sent by a desktop client',
    );
  }
  if (!TEXTS.test(messagetype)) {
    throw unsupported(`A message of type ${messagetype} cannot be sent.`, 'Text, RichText, Control/Typing');
  }
  if (/^\/fork\b/.test(content)) {
    throw unsupported(
      'Forking is not supported: each group chat is already a thread.',
      'a text that is not a command',
    );
  }
}

async function edit(
  { services }: Pick<Asked, 'services'>,
  found: FoundMessage,
  body: MessageBody,
): Promise<void> {
  checkKind(body);
  const text = textOf(body);
  // A client deletes a message by setting an empty text.
  const { chats } = services;
  const rich = await richIn(body);
  if (text === '' ? chats.remove(found) : chats.edit(found, text, rich)) return;
  throw notAllowed('The account cannot change this message.');
}

function textOf(body: MessageBody): string {
  return isRich(body) ? plainText(body.content) : body.content;
}

/** Cleaned markup of rich text; empty for a text without markup. */
async function richIn(body: MessageBody): Promise<string> {
  if (!isRich(body)) return '';
  const rich = await cleanRichText(body.content);
  return rich === escapeXml(textOf(body)) ? '' : rich;
}

function isRich({ messagetype }: MessageBody): boolean {
  return /^RichText$/i.test(messagetype);
}

function viewOf({
  messaging,
  user,
  parameters,
}: Pick<Asked, 'messaging' | 'user' | 'parameters'>): ChatView | undefined {
  return messaging.conversations.find(user, parameters['conversation'] ?? '');
}

/** Finds the message of the request. @throws HttpRefusal 404. */
function messageOf(asked: Pick<Asked, 'messaging' | 'user' | 'parameters'>): FoundMessage {
  const view = viewOf(asked);
  const found = view && asked.messaging.conversations.findMessage(view, asked.parameters['message'] ?? '');
  if (found) return found;
  throw noMessage();
}

function noMessage(): HttpRefusal {
  const expected = 'the id of a message of the conversation';
  return new HttpRefusal(404, 'ERR_UNSUPPORTED', 'The message does not exist.', expected);
}

function notAllowed(message: string): HttpRefusal {
  return new HttpRefusal(403, 'ERR_FORBIDDEN', message, 'a chat that the account may write to, and a text');
}

function unsupported(message: string, expected: string): HttpRefusal {
  return new HttpRefusal(422, 'ERR_UNSUPPORTED', message, expected);
}
