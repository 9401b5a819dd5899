import type { Dialect } from '../../../src/line/dialect/dialect.js';
import type {
  MediaEvent,
  MediaEventType,
  MediaFormat,
  MediaRole,
  WireMessage,
} from '../../../src/line/dialect/media-event.js';

export const UUID = '8f4b8a3e-9a5c-4f5e-8a3b-1d2c3b4a5f60';

/** A sine of 20 ms. */
export function tone(
  { sampleRate, channels }: Pick<MediaFormat, 'sampleRate' | 'channels'>,
  ms = 20,
): Int16Array {
  const count = (sampleRate * ms) / 1000;
  return Int16Array.from({ length: count * channels }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * Math.floor(at / channels)) / sampleRate)),
  );
}

/** One event of each type, as it is written on a session of `format`. */
export function eventsOf(format: MediaFormat): Record<Exclude<MediaEventType, 'other'>, MediaEvent> {
  const { sampleRate, channels } = format;
  return {
    start: {
      ...{ type: 'start', id: UUID, format, from: '+15550100', to: '+15550199' },
      parameters: { customer: 'c 1', language: 'de' },
    },
    audio: { type: 'audio', samples: tone(format), sampleRate, channels },
    dtmf: { type: 'dtmf', digit: '5', durationMs: 120 },
    mark: { type: 'mark', name: 'greeting-1' },
    marked: { type: 'marked', name: 'greeting-1', heard: true },
    clear: { type: 'clear' },
    flow: { type: 'flow', on: false },
    answer: { type: 'answer' },
    speech: { type: 'speech', speaking: true },
    heard: { type: 'heard', item: 'item_7', ms: 1240 },
    text: { type: 'text', text: 'guten Tag', by: 'agent', final: true },
    done: { type: 'done', whole: true },
    tool: { type: 'tool', id: 'call_1', name: 'hang_up', input: '{"why":"done"}' },
    'tool-result': { type: 'tool-result', id: 'call_1', output: 'done' },
    error: { type: 'error', message: 'a fault' },
    end: { type: 'end' },
  };
}

/** Both ends of a session, past its start. */
export function startedPair(dialect: Dialect, options: { variant?: string; format?: MediaFormat } = {}) {
  const given = { format: options.format ?? dialect.format, variant: options.variant };
  const provider = dialect.codec('provider', given);
  const application = dialect.codec('application', given);
  const start = eventsOf(given.format).start;
  const begun = provider.write(start).flatMap((message) => application.read(copy(message)));
  return { provider, application, begun, format: given.format };
}

/** Has `role` say `event`, and gives what the other side reads. */
export function said(
  pair: ReturnType<typeof startedPair>,
  role: MediaRole,
  event: MediaEvent,
): readonly MediaEvent[] {
  const [from, to] =
    role === 'provider' ? [pair.provider, pair.application] : [pair.application, pair.provider];
  return from.write(event).flatMap((message) => to.read(copy(message)));
}

/** A message as a socket gives it, in memory of its own. */
export function copy(message: WireMessage): WireMessage {
  return typeof message === 'string' ? message : Uint8Array.from(message);
}
