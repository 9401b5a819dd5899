import { VirtualClock } from '../../../src/base/time/clock.js';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import type { DialectName } from '../../../src/line/dialect/dialect-names.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import type { MediaEvent, MediaRole, WireMessage } from '../../../src/line/dialect/media-event.js';
import { MediaSession } from '../../../src/line/media/media-session.js';
import { memoryConnections } from '../../../src/line/media/memory-connection.js';
import { PlayQueue } from '../../../src/line/media/play-queue.js';

/** A message that came, or something that is said here, after so many milliseconds; and what comes about at once. */
export type CaptureLine = readonly [
  ms: number,
  way: '<' | '>' | '<closed',
  what: WireMessage | object,
  ...then: string[],
];

/** What went over one connection, with its times. */
export interface Capture {
  readonly name: string;
  readonly dialect: DialectName;
  readonly variant?: string;
  /** The side that this end has. */
  readonly role: MediaRole;
  readonly lines: readonly CaptureLine[];
  /** The loud part, as a call hears it that reads 20 ms at a time: from and to, in ms after the first message. */
  readonly heard?: readonly [from: number, to: number];
}

/** Replays one side of a capture at its times. @returns what came about, line by line, and what a call hears. */
export async function replayed({ dialect: name, variant, role, lines }: Capture) {
  const clock = new VirtualClock();
  const dialect: Dialect = DIALECTS[name];
  const [near, far] = memoryConnections();
  let now: string[] = [];
  let isGone = false;
  const queue = new PlayQueue({ maxMs: 400, isLive: true });
  const heard: number[] = [];
  const read = () => {
    const frame = new Int16Array(320);
    queue.read(frame);
    heard.push(...frame);
    clock.timerAt(clock.now() + 20, read);
  };
  clock.timerAt(20, read);
  far.listen({
    message: (message) => now.push(wireText(message)),
    drained: () => undefined,
    closed: () => {
      if (!isGone) now.push('disconnected');
    },
  });
  const session = new MediaSession({
    ...{ dialect, variant, role, connection: near, clock },
    start: { id: '8f4b8a3e-9a5c-4f5e-8a3b-1d2c3b4a5f60', parameters: {} },
    listener: {
      started: (start) => now.push(eventText(start)),
      event: (event) => {
        now.push(eventText(event));
        if (event.type === 'audio') queue.write(event);
      },
      ended: ({ kind, error }) => now.push(error ? `${kind}: ${error.message}` : kind),
    },
  });
  session.open();
  await clock.advance(0);
  const opening = now;
  const came: string[][] = [];
  for (const [ms, way, what] of lines) {
    await clock.advance(ms - clock.now());
    now = [];
    isGone = way === '<closed';
    if (isGone) far.close();
    else if (way === '>') session.send(what as MediaEvent);
    else far.send(typeof what === 'string' || what instanceof Uint8Array ? what : JSON.stringify(what));
    await clock.advance(0);
    came.push(now);
  }
  await clock.advance(200);
  session.end();
  return { opening, came, heard, format: session.format };
}

/** One line for an event. */
function eventText(event: MediaEvent): string {
  if (event.type === 'audio') {
    const { samples, sampleRate, track, item } = event;
    const level = Math.max(...samples.map(Math.abs), 0);
    return ['audio', `${samples.length}/${sampleRate}`, level > 1000 ? 'loud' : 'quiet', track, item]
      .filter((each) => each !== undefined)
      .join(' ');
  }
  if (event.type === 'start') {
    const { id, format, from, to, parameters, tracks } = event;
    const { encoding, sampleRate, channels } = format;
    const parties = `${from ?? '-'} ${to ?? '-'}`;
    const more = Object.entries(parameters).map(([name, value]) => ` ${name}=${value}`);
    return `start ${id || '-'} ${encoding} ${sampleRate}/${channels} ${parties}${tracks ? ` ${tracks.join('+')}` : ''}${more.join('')}`;
  }
  const { type, ...rest } = event;
  return [type, ...Object.values(rest).map(String)].join(' ');
}

/** One line for a message on the wire: the text, or the bytes in short. */
function wireText(message: WireMessage): string {
  if (typeof message === 'string') return message.replace(/"[A-Za-z0-9+/]{40,}={0,2}"/, '"(audio)"');
  const head = Buffer.from(message.subarray(0, 3)).toString('hex');
  return message.length > 24
    ? `${message.length} bytes ${head}..`
    : Buffer.from(message).toString('hex') || 'empty';
}

/** 20 ms at one level, as the wire has it. */
export const LOUD = {
  /** -16 by the law is loud enough: 0x0f is about 8000. */
  mulaw: Buffer.alloc(160, 0x0f),
  s16: (sampleRate: number, channels = 1) => {
    const bytes = Buffer.alloc((sampleRate / 50) * 2 * channels);
    for (let at = 0; at < bytes.length; at += 2) bytes.writeInt16LE(8000, at);
    return bytes;
  },
  samples: (sampleRate: number) => new Int16Array(sampleRate / 50).fill(8000),
};
