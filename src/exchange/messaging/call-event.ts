import { escapeXml } from '../../base/xml.js';
import type { EndpointMessage } from '../../protocol/message.js';
import { isTerminalCallStatus } from '../../protocol/status/call-status.js';
import { mriOf } from '../account/mri.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Happening } from './subscription.js';

/** Statuses of a voicemail that web clients are notified of: arrived, sent or failed. */
const VOICEMAIL_NEWS = ['NOTDOWNLOADED', 'UPLOADED', 'FAILED'];

/** Makes the event for a desktop API notification about a call or a voicemail; undefined for other notifications. */
export function callHappening(
  services: Services,
  user: ExchangeUser,
  message: EndpointMessage,
): Happening | undefined {
  if (message.kind !== 'property' || message.property !== 'STATUS') return undefined;
  const { object, id, value } = message;
  if (object === 'CALL') {
    const call = services.calls.objects.of(user, Number(id));
    if (!call) return undefined;
    const partner = {
      handle: call.get('PARTNER_HANDLE') ?? '',
      fullName: call.get('PARTNER_DISPNAME') ?? '',
    };
    return event(services, partner.handle, callContent([user, partner], value, call.get('DURATION')));
  }
  if (object !== 'VOICEMAIL' || !VOICEMAIL_NEWS.includes(value)) return undefined;
  const found = services.voicemails.objects.of(user, Number(id));
  if (!found || found.isGreeting) return undefined;
  const voicemail = found.object;
  const partner = {
    handle: voicemail.get('PARTNER_HANDLE') ?? '',
    fullName: voicemail.get('PARTNER_DISPNAME') ?? '',
  };
  const about = `<voicemail id="${Number(id)}" status="${escapeXml(value)}"/>`;
  return event(services, partner.handle, parts([partner], 'ended', value, voicemail.get('DURATION'), about));
}

type Taker = Pick<ExchangeUser, 'handle' | 'fullName'>;

function callContent(takers: readonly Taker[], status: string, duration = '0'): string {
  const type = isTerminalCallStatus(status as 'FINISHED') ? 'ended' : 'started';
  return parts(takers, type, status, duration);
}

/** Writes the list of participants in the format of web clients. */
function parts(takers: readonly Taker[], type: string, status: string, duration = '0', more = ''): string {
  const each = takers.map(({ handle, fullName }) => {
    const name = `<name>${escapeXml(fullName || handle)}</name>`;
    return `<part identity="${escapeXml(handle)}">${name}<duration>${Number(duration) || 0}</duration></part>`;
  });
  return `<partlist type="${type}" status="${escapeXml(status)}">${each.join('')}${more}</partlist>`;
}

function event({ clock }: Services, partner: string, content: string): Happening {
  const at = Math.floor(clock.unixMs());
  const conversation = `/users/ME/conversations/${mriOf(partner)}`;
  return {
    resourceType: 'NewMessage',
    path: `${conversation}/messages/${at}`,
    resource: (base) => ({
      id: String(at),
      type: 'Message',
      messagetype: 'Event/Call',
      content,
      from: `${base}/users/ME/contacts/${mriOf(partner)}`,
      composetime: new Date(at).toISOString(),
      originalarrivaltime: new Date(at).toISOString(),
      conversationLink: `${base}${conversation}`,
    }),
  };
}
