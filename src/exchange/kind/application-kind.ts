import { isHandle } from '../../switch/identity.js';
import { Refusal, taking } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import { ClientApplication } from '../applications/client-application.js';
import type { TextStreamEnd } from '../applications/text-stream-end.js';
import type { ObjectOwner } from '../object/api-object.js';
import { type Action, type AnyKind, type Asking, kindOf } from '../object/object-kind.js';
import { ObjectStore } from '../object/object-store.js';
import { checkText, MAX_NAME_LENGTH } from '../wire-value.js';

/** Most applications of one client. */
const LIMIT = 100;

/** Milliseconds that it takes to connect. */
const CONNECT_MS = 100;

/**
 * The APPLICATION object (reference, "Application to application"). It belongs to the client that registered it.
 * Another client connects to each client that has registered the same name, so one user can be reached at several
 * clients.
 */
export function applicationKind(): AnyKind {
  const applications = new ObjectStore<'APPLICATION', ClientApplication>();
  /** Lists the applications of the user `handle` that the asking user's application can connect to. */
  const placesOf = (asking: Asking, own: ClientApplication, handle: string): ClientApplication[] =>
    applications.all().filter((place) => place !== own && place.id === own.id && isAt(asking, place, handle));
  return kindOf<'APPLICATION', ClientApplication>({
    object: 'APPLICATION',
    find: ({ client }, id) => applications.of(client, id),
    get: {
      CONNECTABLE(asking, own) {
        const places = applications.all().filter(({ id, owner }) => id === own.id && owner !== own.owner);
        const open = places.filter((place) => isAt(asking, place, place.owner.handle));
        return [...new Set(open.map(({ owner }) => owner.handle))].join(' ');
      },
      CONNECTING: (_asking, own) => own.value('CONNECTING'),
      STREAMS: (_asking, own) => own.value('STREAMS'),
      SENDING: (_asking, own) => own.value('SENDING'),
      RECEIVED: (_asking, own) => own.value('RECEIVED'),
    },
    alter: {
      CONNECT(asking, own, target) {
        if (!isHandle(target)) throw new Refusal('wrong-target');
        if (own.isFull) return false;
        const handle = asking.services.identityOf(target)?.handle ?? target;
        own.connect(handle, CONNECT_MS, () => placesOf(asking, own, handle));
        return true;
      },
      DISCONNECT: onStream((own, end) => {
        own.disconnect(end);
        return true;
      }),
      WRITE: onOpenStream((end, text) => end.write(text)),
      READ: onStream((_own, end, _text, name) => `${name} ${end.read()}`),
      DATAGRAM: onOpenStream((end, text) => {
        end.sendDatagram(text);
        return true;
      }),
    },
    create({ services, client }, id) {
      taking('invalid-id', () => checkText('the name of an application', id, MAX_NAME_LENGTH));
      if (!/^\S+$/.test(id)) throw new Refusal('invalid-id');
      if (applications.of(client, id) || applications.listOf(client).length >= LIMIT) {
        throw new Refusal('application-failed');
      }
      applications.add(newApplication(id, client, services));
      return undefined;
    },
    delete({ client }, id) {
      const own = applications.of(client, id);
      if (!own) throw new Refusal('unknown-object');
      applications.remove(own);
      // The other ends are not notified (reference, "DELETE APPLICATION").
      own.end(false);
    },
    leave(client) {
      for (const own of applications.listOf(client)) own.end(true);
      applications.leave(client);
    },
  });
}

function newApplication(id: string, client: ObjectOwner, services: Services): ClientApplication {
  const { clock, limits, sendingExtraBytes: extraBytes } = services;
  return new ClientApplication(id, client, { clock, limit: limits.applicationBytes, extraBytes });
}

/** True when the application belongs to this user, who is reachable and has not blocked the asking user. */
function isAt({ services, user }: Asking, { owner }: ClientApplication, handle: string): boolean {
  if (owner.handle.toLowerCase() !== handle.toLowerCase()) return false;
  const there = services.userOf(handle);
  if (!there?.online) return false;
  return !there.has('ISBLOCKED', user.handle);
}

type OnStream = (
  own: ClientApplication,
  end: TextStreamEnd,
  text: string,
  name: string,
) => ReturnType<Action<ClientApplication>>;

/** Makes an action whose argument begins with the name of a stream. A text may follow. */
function onStream(act: OnStream): Action<ClientApplication> {
  return (_asking, own, argument) => {
    const [name = ''] = argument.trimStart().split(' ', 1);
    const end = own.stream(name);
    if (!end) throw new Refusal('wrong-target');
    return act(own, end, argument.trimStart().slice(name.length + 1), name);
  };
}

/** As {@link onStream}, for a stream whose other end is connected. The answer leaves the text out. */
function onOpenStream(act: (end: TextStreamEnd, text: string) => boolean): Action<ClientApplication> {
  return onStream((_own, end, text, name) => {
    if (!end.isOpen) throw new Refusal('wrong-target');
    return act(end, text) && name;
  });
}
