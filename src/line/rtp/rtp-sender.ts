import { randomInt } from 'node:crypto';
import { msToSamples } from '../../base/pcm.js';
import { RateHalver } from '../../voice/convert/half-band.js';
import { DigitSender } from './digit-sender.js';
import type { CodecMake, VoiceEncoder } from './rtp-codec.js';
import type { TelephoneEventType } from './rtp-options.js';
import type { RtpPacket } from './rtp-packet.js';

/** Agreement on what is sent. */
export interface Sending {
  readonly make: CodecMake;
  readonly encoder: VoiceEncoder;
  readonly payloadType: number;
  readonly ptimeMs: number;
  readonly telephoneEvent: TelephoneEventType | undefined;
  /** False while nothing is to be sent: time goes on. */
  readonly isOn: boolean;
}

/** Longest time between two frames that are one run, in ms: more is a pause, in which the timestamps went on. */
const LONGEST_GAP_MS = 200;

/**
 * Makes packets of the voice that it is given: the timestamp counts the samples, not the time at which they come.
 */
export class RtpSender {
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly digits = new DigitSender();
  readonly #send: (packet: RtpPacket) => void;
  #sending: Sending | undefined;
  #halver: RateHalver | undefined;
  #frame = new Int16Array();
  #filled = 0;
  #sequence = randomInt(2 ** 15);
  /** In samples of 16 kHz since it began. */
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

  /** Timestamp of the sample that is taken next. */
  get timestamp(): number {
    return this.#timestampAt(this.#position);
  }

  /** Sends so from now on. */
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
    // Its output comes late by what it looks ahead: so much silence goes before, and frames stay whole.
    this.#halver?.push(new Int16Array(HALVER_DELAY));
  }

  /** Takes voice of 16 kHz that is sent now. */
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

  /** A call that is not in a conversation for a while sends nothing, and its time goes on. */
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
