import type { Clock } from '../../base/time/clock.js';
import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from './people.js';

/**
 * Keeps CONNSTATUS in step with USERSTATUS. Clients are notified in a turn of their own, as if by the network. The
 * clients of a user who has logged out are then detached (reference, "Connection status", "User status").
 */
export function followConnection(people: People, clock: Clock, detach: (user: ExchangeUser) => void): void {
  people.on('status', ({ user, status }) => {
    const value = connectionOf(status);
    if (user.parameters.get('CONNSTATUS') === value) return;
    user.setParameter('CONNSTATUS', value);
    clock.timerAt(clock.now(), () => {
      user.notify(replies.parameter('CONNSTATUS', value));
      if (user.parameters.get('CONNSTATUS') === 'LOGGEDOUT') detach(user);
    });
  });
}

function connectionOf(status: string): string {
  return status === 'OFFLINE' || status === 'LOGGEDOUT' ? status : 'ONLINE';
}
