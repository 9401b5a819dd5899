import type { SessionMedia } from '../../../src/line/sip-call/session-host.js';
import { sdpBody } from '../../../src/line/sip-message/body.js';

const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n';

/** Media that agrees to one codec, and hears nothing. */
export const agreeing: SessionMedia = {
  offer: () => sdpBody(SDP),
  answer: () => sdpBody(SDP),
  take: () => undefined,
};
