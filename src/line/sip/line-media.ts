import { during } from '../../base/during.js';
import type { Clock } from '../../base/time/clock.js';
import { CallMedia } from '../sip-call/call-media.js';
import type { SipEndpoint } from './sip-endpoint.js';
import type { SipLineSettings } from './sip-line-options.js';

/** Opens the media of one call of a line, on its media address or else on the address that it listens on. */
export function openLineMedia(
  { media, listen, advertised }: SipLineSettings,
  endpoint: SipEndpoint,
  clock: Clock,
): Promise<CallMedia> {
  const host =
    media.address ?? listen.udp?.host ?? listen.tcp?.host ?? listen.tls?.host ?? endpoint.addresses[0]?.host;
  const opening = CallMedia.open({
    clock,
    address: host ?? '0.0.0.0',
    ...(advertised !== undefined && { advertised }),
    ...(media.ports && { ports: media.ports }),
    codecs: media.codecs as never,
    ptimeMs: media.ptimeMs,
    srtp: media.srtp,
    timeoutMs: media.timeoutSeconds * 1000,
  });
  return during(clock, opening);
}
