import { createSocket, type Socket } from 'node:dgram';
import { expect } from 'vitest';
import type { SrtpKey } from '../../../src/line/rtp/rtp-options.js';
import { packRtp } from '../../../src/line/rtp/rtp-packet.js';
import { SrtpContext } from '../../../src/line/rtp/srtp.js';
import type { SessionMedia } from '../../../src/line/sip-call/session-host.js';
import { multipart, type SipBody, sdpBody } from '../../../src/line/sip-message/body.js';
import { encodeG711 } from '../../../src/voice/codec/g711.js';
import { toneSamples } from '../../../src/voice/tone/tone-samples.js';

const PACKET = 160;

/** Metadata of a call of two. */
export const metadata = (names: readonly [string, string], mode = 'complete') => `<?xml version="1.0"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>${mode}</datamode>
<session session_id="s1"><sipSessionID>ab30317f</sipSessionID></session>
<participant participant_id="p1"><nameID aor="sip:agent@example.com"><name>${names[0]}</name></nameID></participant>
<participant participant_id="p2"><nameID aor="sip:+4930123@example.com"><name>${names[1]}</name></nameID></participant>
<stream stream_id="a"><label>1</label></stream><stream stream_id="b"><label>2</label></stream>
<participantstreamassoc participant_id="p1"><send>a</send></participantstreamassoc>
<participantstreamassoc participant_id="p2"><send>b</send></participantstreamassoc>
</recording>`;

/** A recording client: its SIP end, and a stream for each side. */
export class Client implements SessionMedia {
  readonly #socket: Socket = createSocket('udp4');
  readonly #sent = [0, 0];
  #next = [0, 0];
  direction = 'sendonly';
  labels: readonly string[] = ['1', '2'];
  xml: string | undefined;
  #key: SrtpKey | undefined;
  #srtp: readonly SrtpContext[] = [];
  /** Port of the server for each of its streams. */
  ports: number[] = [];
  answer = (): SipBody => {
    throw new Error('the server offers nothing');
  };

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#socket.bind(0, '127.0.0.1', resolve));
    return this;
  }

  /** Has the voice encrypted from now on. */
  encrypt(key: SrtpKey): void {
    this.#key = key;
    this.#srtp = [new SrtpContext(key), new SrtpContext(key)];
  }

  close(): void {
    this.#socket.close();
  }

  offer(): SipBody {
    const { port } = this.#socket.address();
    const lines = this.labels.flatMap((label) => [
      `m=audio ${port} RTP/${this.#key ? 'SAVP' : 'AVP'} 8 0`,
      ...(this.#key ? [`a=crypto:1 ${this.#key.suite} inline:${this.#key.key}`] : []),
      'a=rtpmap:8 PCMA/8000',
      `a=label:${label}`,
      `a=${this.direction}`,
    ]);
    const sdp = sdpBody(
      ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...lines, ''].join('\r\n'),
    );
    if (this.xml === undefined) return sdp;
    return multipart([sdp, { type: 'application/rs-metadata+xml', content: Buffer.from(this.xml) }]);
  }

  take(answer: SipBody): void {
    const text = answer.content.toString();
    expect([...text.matchAll(/a=label:(.*)\r/g)].map(([, label]) => label)).toEqual(this.labels);
    this.ports = [...text.matchAll(/m=audio (\d+)/g)].map(([, port]) => Number(port));
  }

  /** Packets that one side has sent. */
  sent(side: number): number {
    return this.#sent[side] ?? 0;
  }

  /** Sends 20 ms of a side; or passes over it, as if nobody spoke (`silent`) or the packet was lost (`lost`). */
  send(side: number, samples: Int16Array, fate: 'sent' | 'silent' | 'lost' = 'sent'): void {
    const at = this.#next[side] ?? 0;
    this.#next[side] = at + PACKET;
    if (fate === 'silent') return;
    const sequence = this.#sent[side] ?? 0;
    this.#sent[side] = sequence + 1;
    if (fate === 'lost') return;
    const payload = Buffer.from(encodeG711(samples.subarray(at % 8000, (at % 8000) + PACKET), 'alaw'));
    const packet = { payloadType: 8, marker: false, sequence, timestamp: at, ssrc: side + 1, payload };
    const bytes = packRtp(packet, this.#srtp[side]?.tagBytes);
    this.#srtp[side]?.protectInPlace(bytes);
    this.#socket.send(bytes, this.ports[side] ?? 0, '127.0.0.1');
  }
}

const format = { sampleRate: 8000, channels: 1 };
/** The voice of each side: a second of a tone. */
export const VOICES = [300, 700].map((frequency) =>
  toneSamples({ frequency, durationMs: 1000, levelDbfs: -10, fadeMs: 0, format }),
) as [Int16Array, Int16Array];

/** Frequency of a stretch, by its zero crossings. */
export function frequencyOf(samples: Int16Array): number {
  let crossings = 0;
  for (let i = 1; i < samples.length; i++)
    if ((samples[i - 1] ?? 0) < 0 && (samples[i] ?? 0) >= 0) crossings++;
  return (crossings * 16_000) / samples.length;
}
