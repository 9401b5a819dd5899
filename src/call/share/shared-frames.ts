import type { Socket } from 'node:net';
import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import type { SynchronousSink } from '../../stream/sink.js';
import type { SharedFrame, SharedLeg } from './share-protocol.js';

/**
 * Most characters that wait for a process that does not keep up: two seconds of both legs. More samples are dropped.
 */
const MAX_WAITING = 180_000;

/** Place of a leg. Its stream has its position 0 at `start`, and its samples are sent from the position `from` on. */
export interface FramePlace {
  readonly from: number;
  readonly start: number;
}

/**
 * Makes a sink that writes samples as lines. Samples that a peer does not take in time are dropped, so that neither
 * later samples nor the end wait for them.
 */
export function framesTo(peer: Socket, leg: SharedLeg, { from, start }: FramePlace): SynchronousSink {
  const say = (frame: SharedFrame) => {
    if (peer.writable) peer.write(`${JSON.stringify(frame)}\n`);
  };
  return {
    synchronous: true,
    write(samples, at) {
      const early = Math.max(0, from - (at + start));
      if (early >= samples.length || peer.writableLength > MAX_WAITING) return;
      const given = samples.subarray(early);
      const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
      say({ leg, position: at + start + early, pcm: bytes.toString('base64') });
    },
    end(error) {
      // A broken stream sends no end: closing the connection tells the peer.
      if (error) peer.destroySoon();
      else say({ leg, end: true });
    },
  };
}

/** The samples of a frame's `pcm`. */
export function frameSamples(pcm: string): Int16Array {
  const bytes = Buffer.from(pcm, 'base64');
  const samples = new Int16Array(Math.floor(bytes.length / BYTES_PER_SAMPLE));
  Buffer.from(samples.buffer).set(bytes.subarray(0, samples.byteLength));
  return samples;
}
