import { randomInt } from 'node:crypto';
import { msToSamples } from '../../base/pcm.js';
import { RateHalver } from '../../voice/resample/half-band.js';
import { DigitSender } from './digit-sender.js';
import type { CodecMake, VoiceEncoder } from './rtp-codec.js';
import type { TelephoneEventType } from './rtp-options.js';
import type { RtpPacket } from './rtp-packet.js';

/** Agreed format of what is sent. */
export interface Sending {
  readonly make: CodecMake;
  readonly encoder: VoiceEncoder;
  readonly payloadType: number;
  readonly ptimeMs: number;
  readonly telephoneEvent: TelephoneEventType | undefined;
  /** False while nothing is to be sent. The timestamps advance all the same. */
  readonly isOn: boolean;
}

/** Longest time between two frames of one run, in ms. A longer time is a pause, and the timestamps advance by it. */
const LONGEST_GAP_MS = 200;

/** Makes RTP packets of voice. The timestamp counts samples; it does not depend on the time at which they arrive. */
export class RtpSender {
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly digits = new DigitSender();
  readonly #send: (packet: RtpPacket) => void;
  #sending: Sending | undefined;
  #halver: RateHalver | undefined;
  #frame = new Int16Array();
  #filled = 0;
  #sequence = randomInt(2 ** 15);
  /** Samples at 16 kHz since the sender began. */
  #position = 0;
  readonly #offset = randomInt(2 ** 32);
  #marker = true;
  #lastMs: number | undefined;
  #packets = 0;
  #octets = 0;

  constructor(send: (packet: RtpPacket) => void) {
    this.#send = send;
  }

  get packets(): number {
    return this.#packets;
  }

  /** Bytes of payload, as RTCP counts them. */
  get octets(): number {
    return this.#octets;
  }

  /** Timestamp of the next sample. */
  get timestamp(): number {
    return this.#timestampAt(this.#position);
  }

  /** Sends in this format from now on. */
  begin(sending: Sending): void {
    const before = this.#sending;
    const changed = before?.make !== sending.make || before.ptimeMs !== sending.ptimeMs;
    this.#sending = sending;
    if (!sending.isOn || before?.isOn !== true) this.#marker = true;
    if (!changed) return;
    this.#position += this.#filled;
    this.#filled = 0;
    this.#frame = new Int16Array(msToSamples(sending.ptimeMs));
    this.#halver = sending.make.sampleRate === 8000 ? new RateHalver() : undefined;
    // The filter delays its output by its look-ahead. Silence of that length goes in first, so that frames stay whole.
    this.#halver?.push(new Int16Array(HALVER_DELAY));
  }

  /** Takes voice at 16 kHz, which is sent now. */
  take(samples: Int16Array, nowMs: number): void {
    this.#passPause(nowMs, samples.length);
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + this.#frame.length - this.#filled);
      if (part.length === 0) return;
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === this.#frame.length) this.#packet();
    }
  }

  /** Advances the timestamps over a pause in which the call was in no conversation and nothing was sent. */
  #passPause(nowMs: number, samples: number): void {
    const last = this.#lastMs;
    this.#lastMs = nowMs;
    if (last === undefined || nowMs - last <= LONGEST_GAP_MS) return;
    this.#position += Math.max(0, Math.round((nowMs - last) * 16) - samples);
    this.#marker = true;
  }

  #packet(): void {
    const sending = this.#sending;
    const frame = this.#frame;
    const start = this.#position;
    this.#position += frame.length;
    this.#filled = 0;
    if (!sending) return;
    const { make, telephoneEvent, isOn } = sending;
    if (telephoneEvent) {
      const event = this.digits.packet(frame.length, make.clockRate / 16_000);
      if (event) {
        if (event !== 'pause' && isOn) {
          const timestamp = (this.#timestampAt(start) - event.since) >>> 0;
          this.#write(event.payload, telephoneEvent.payloadType, timestamp, event.isFirst);
        }
        this.#halver?.push(frame);
        this.#marker = true;
        return;
      }
    } else this.digits.overlay(frame);
    const voice = this.#halver ? this.#halver.push(frame) : frame;
    if (!isOn) return;
    const payload = sending.encoder.encode(voice);
    this.#write(
      Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      sending.payloadType,
      this.#timestampAt(start),
      this.#marker,
    );
    this.#marker = false;
  }

  #timestampAt(position: number): number {
    const rate = this.#sending?.make.clockRate ?? 8000;
    return (this.#offset + Math.round((position * rate) / 16_000)) >>> 0;
  }

  #write(payload: Buffer, payloadType: number, timestamp: number, marker: boolean): void {
    const packet: RtpPacket = {
      payloadType,
      marker,
      sequence: this.#sequence,
      timestamp,
      ssrc: this.ssrc,
      payload,
    };
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets++;
    this.#octets += payload.length;
    this.#send(packet);
  }
}

const HALVER_DELAY = 32;
