import type { EndpointMessage } from '../../protocol/message.js';
import { mriOf } from '../account/mri.js';
import type { Services } from '../api/services.js';
import type { CopyNews } from '../chats/chat-table.js';
import type { ExchangeUser } from '../exchange-user.js';
import { callHappening } from './call-event.js';
import { Conversations } from './conversations.js';
import { PageLinks } from './page-links.js';
import type { Happening } from './subscription.js';
import { WebEndpoints } from './web-endpoints.js';
import { webIdOf } from './web-message.js';
import { webStatus } from './web-status.js';

/** Parts of the exchange that {@link Messaging} works on. */
export interface MessagingContext {
  readonly services: Services;
  /** Key of 32 bytes that seals links. */
  readonly key: Uint8Array;
  /** Names of the desktop clients that are attached to a user's endpoint. */
  readonly clientsOf: (user: ExchangeUser) => readonly string[];
  /** Calls `listener` for every notification that the clients of a user get. */
  readonly onNotice: (listener: (user: ExchangeUser, message: EndpointMessage) => void) => void;
}

/** The messaging service of an exchange: endpoints of web clients, conversations and events. */
export class Messaging {
  readonly endpoints: WebEndpoints;
  readonly conversations: Conversations;
  readonly links: PageLinks;
  readonly clientsOf: MessagingContext['clientsOf'];

  constructor({ services, key, clientsOf, onNotice }: MessagingContext) {
    const { clock, people, chats } = services;
    this.endpoints = new WebEndpoints(clock, people);
    this.conversations = new Conversations(services);
    this.links = new PageLinks(key, () => clock.unixMs());
    this.clientsOf = clientsOf;
    chats.onMessage((news) => this.#tellMessage(news));
    chats.onEdit((news) => this.#tellMessage(news));
    people.on('seen', ({ viewer, handle, property, value }) => {
      if (property === 'ONLINESTATUS') this.tellPresence(viewer, handle, value);
    });
    onNotice((user, message) => {
      const happening =
        this.endpoints.of(user).length > 0 ? callHappening(services, user, message) : undefined;
      if (happening) this.endpoints.tell(user, happening);
    });
  }

  /** Notifies a user's endpoints of the presence of a contact. */
  tellPresence(viewer: ExchangeUser, handle: string, status: string): void {
    const path = `/users/${mriOf(handle)}/presenceDocs/messagingService`;
    this.endpoints.tell(viewer, {
      resourceType: 'UserPresence',
      path,
      resource: (base) => presenceOf(status, `${base}${path}`),
    });
  }

  /** Notifies the other members of a chat that a member types, or has stopped typing. */
  tellTyping(user: ExchangeUser, id: string, messagetype: string): void {
    const view = this.conversations.open(user, id);
    for (const { handle } of view.chat.face.members) {
      const other = handle === user.handle ? undefined : this.conversations.viewOf(handle, view);
      if (!other || other.user.has('ISBLOCKED', user.handle)) continue;
      this.endpoints.tell(other.user, this.#control(other, user.handle, messagetype));
    }
  }

  /** Notifies a user's endpoints of a change of one conversation. */
  tellConversation(happening: Pick<CopyNews, 'view'>): void {
    const { view } = happening;
    this.endpoints.tell(view.user, {
      resourceType: 'ConversationUpdate',
      path: `/users/ME/conversations/${this.conversations.idOf(view)}`,
      resource: (base) => this.conversations.show(view, base),
    });
  }

  /** Ends all polls. */
  close(): void {
    this.endpoints.endAll();
  }

  #tellMessage({ view, message }: CopyNews): void {
    if (this.endpoints.of(view.user).length === 0 || !this.conversations.isShown(view, message)) return;
    const id = this.conversations.idOf(view);
    this.endpoints.tell(view.user, {
      resourceType: 'NewMessage',
      path: `/users/ME/conversations/${id}/messages/${webIdOf(message)}`,
      resource: (base) => this.conversations.showMessage(view, message, base),
    });
    if (message.type === 'SAID' || view.chat.isDialog) return;
    this.endpoints.tell(view.user, {
      resourceType: 'ThreadUpdate',
      path: `/threads/${id}`,
      resource: (base) => this.conversations.showThread(view, base),
    });
  }

  #control(view: CopyNews['view'], from: string, messagetype: string): Happening {
    const id = this.conversations.idOf(view);
    const at = this.conversations.now;
    return {
      resourceType: 'NewMessage',
      path: `/users/ME/conversations/${id}/messages/${at}`,
      resource: (base) => ({
        id: String(at),
        type: 'Message',
        messagetype,
        content: '',
        from: `${base}/users/ME/contacts/${mriOf(from)}`,
        composetime: new Date(at).toISOString(),
        originalarrivaltime: new Date(at).toISOString(),
        conversationLink: `${base}/users/ME/conversations/${id}`,
      }),
    };
  }
}

/** The presence of a user, as the service shows it. */
export function presenceOf(status: string, selfLink: string): object {
  const word = webStatus(status);
  return {
    id: 'messagingService',
    type: 'UserPresenceDoc',
    selfLink,
    // Hidden users are shown as offline.
    availability: word === 'Hidden' ? 'Offline' : word,
    status: word,
    capabilities: '',
  };
}
