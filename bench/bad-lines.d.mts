import type { RtpSession, VirtualClock } from '../src/line.js';
import type { decodeG711 } from '../src/voice/codec/g711.js';

export interface PlayedLine {
  readonly delayMs: number;
  readonly playout: NonNullable<ReturnType<RtpSession['stats']>['playout']>;
  readonly received: ReturnType<RtpSession['stats']>['received'];
  readonly quality: ReturnType<RtpSession['stats']>['quality'];
  /** Samples at 8 kHz that came, and those of them that differ from what was said: see bad-lines.mjs. */
  readonly compared: number;
  readonly joined: number;
  readonly wrong: number;
  readonly moved: number;
}

export const LINES: Readonly<Record<string, unknown>>;
export function playLine(
  parts: {
    readonly RtpSession: typeof RtpSession;
    readonly VirtualClock: typeof VirtualClock;
    readonly decodeG711: typeof decodeG711;
  },
  name: string,
  seconds: number,
): Promise<PlayedLine>;
