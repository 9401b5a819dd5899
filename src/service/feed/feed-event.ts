import { z } from 'zod';

/**
 * The version of the feed. Fields may be added within a version. They never change their meaning and are never removed.
 */
export const FEED_VERSION = 1;

/** Longest text of an event, in characters. A longer text is cut, and ends with an ellipsis. */
export const MAX_TEXT = 2000;

const word = z.string();
const text = z.string().max(MAX_TEXT + 1);
const count = z.number().int().min(0);
const ms = z.number().min(0);

/** Common fields of all events. */
const head = {
  v: z.literal(FEED_VERSION).describe('Version of the feed.'),
  at: z.iso.datetime().describe('Time of the event, in UTC.'),
  account: word.optional().describe('Handle of the account of the endpoint.'),
};
const ofCall = { ...head, call: count.describe('Id of the call on its endpoint.') };
const perhapsOfCall = { ...head, call: count.optional() };

const event = <T extends string, S extends z.core.$ZodLooseShape>(type: T, shape: S) =>
  z.strictObject({ type: z.literal(type), ...shape });

/** Values of `what` in events of recordings. */
export const RECORDING_EVENTS = [
  ...['begun', 'held', 'ended', 'paused', 'resumed', 'disk-full', 'disk-resumed', 'limit'],
  ...['silenced', 'mask-failed'],
  ...['published', 'recovered', 'discarded', 'undelivered'],
  ...['transcribed', 'masked', 'after-call-failed'],
] as const;

/** Values of `what` in events of analyses. */
export const ANALYSIS_NOTICES = [
  ...['speech-began', 'speech-ended', 'overlap-began', 'overlap-ended', 'dead-air-began', 'dead-air-ended'],
  ...['tone', 'music', 'ended'],
] as const;

/** Schema of all events: a union by `type`. docs/event-feed.schema.json is generated from it. */
export const feedEventSchema = z.discriminatedUnion('type', [
  event('call', {
    ...ofCall,
    direction: z.enum(['in', 'out', 'unknown']),
    partner: word,
  }).describe('A new call became known.'),
  event('decision', {
    ...ofCall,
    rule: word.describe('Name of the rule that matches the call; empty when none does.'),
    answer: word.optional().describe('Name of the bot that answers; absent when none does.'),
    reason: text.optional().describe('Conditions of the rule that hold, or the reason why no rule matches.'),
  }).describe('A rule decided what answers a call.'),
  event('state', {
    ...ofCall,
    status: word.describe('Status as in the protocol.'),
    phase: z.enum([
      'placing',
      'talking',
      'held',
      'transferring',
      'voicemail',
      'redialling',
      'ended',
      'other',
    ]),
  }).describe('A call has a new status.'),
  event('stream', {
    ...perhapsOfCall,
    object: word.describe('CALL or VOICEMAIL, with its id.'),
    stream: z.enum(['input', 'output', 'capture_mic']),
    what: z.enum(['leased', 'claimed', 'flowing', 'draining', 'closed', 'refused']),
    port: count,
    reason: text.optional(),
  }).describe('A redirected voice stream has a new state.'),
  event('loss', {
    ...perhapsOfCall,
    where: word.describe('The sink that fell behind, or the leg of a recording.'),
    ms: ms.optional().describe('Length of the missing audio.'),
  }).describe('Audio was lost.'),
  event('recording', {
    ...perhapsOfCall,
    what: z.enum(RECORDING_EVENTS),
    partner: word.optional(),
    file: word.optional(),
    durationMs: ms.optional().describe('Length of the file, or of the masked audio.'),
    rule: word.optional().describe('Rule that masked the audio: card-spoken, undecided and so on.'),
    end: word
      .optional()
      .describe('Reason why a published recording ended, as in its sidecar: call-ended and so on.'),
    complete: z.boolean().optional().describe('False when audio is missing.'),
    reason: text.optional(),
    stretches: count.optional().describe('Number of masked parts.'),
    channel: word.optional().describe('The hook or webhook that did not accept an event.'),
    id: word.optional().describe('Id of the event that was not accepted.'),
    last: z.boolean().optional().describe('True when delivery is given up.'),
  }).describe('A recording started, changed or was published.'),
  event('analysis', {
    ...ofCall,
    what: z.enum(ANALYSIS_NOTICES),
    leg: z
      .enum(['local', 'remote'])
      .optional()
      .describe('The leg that was heard; for an overlap, the later one.'),
    fromMs: ms.optional().describe('Time in the call.'),
    toMs: ms.optional().describe('End of the event; absent while it lasts.'),
    tone: word.optional().describe('Kind of a tone: ring-back, busy, beep and so on.'),
    figures: z
      .strictObject({
        durationMs: ms,
        silenceMs: ms,
        deadAirMs: ms.describe('Length of the dead air, without music and tones.'),
        overlapMs: ms,
        interruptionsByLocal: count,
        interruptionsByRemote: count,
        droppedMs: ms.describe(
          'Audio that the analysis dropped because it was too slow. The recording has it.',
        ),
      })
      .optional()
      .describe('Figures of the whole call, when it has ended.'),
  }).describe('The analysis of a recorded call found something, or the call has ended.'),
  event('bot', {
    ...ofCall,
    bot: word,
    partner: word.optional().describe('The partner of the bot, when the call starts.'),
    what: z.enum(['talking', 'done', 'hung-up', 'failed', 'unanswered', 'refused']),
    reason: text.optional(),
  }).describe('A bot started or finished a call.'),
  event('step', {
    ...ofCall,
    action: z.enum(['prompt', 'gather', 'message']),
    what: z.enum(['begun', 'ended']),
    outcome: word.optional().describe('Outcome of a finished step: played, cut, timeout and so on.'),
  }).describe('A bot started or finished a prompt, a question or the recording of a message.'),
  event('message', {
    ...perhapsOfCall,
    partner: word,
    file: word,
    durationMs: ms,
  }).describe('A voicemail was stored.'),
  event('digit', { ...ofCall, digit: z.string().max(1) }).describe(
    'The other party pressed a key; * for each where recordings are masked.',
  ),
  event('transcript', {
    ...perhapsOfCall,
    by: z.enum(['bot', 'caller']),
    text,
  }).describe('Text of what a bot did and said, or of what a caller said.'),
  event('campaign', {
    ...perhapsOfCall,
    campaign: word,
    what: z.enum(['begun', 'called', 'waiting', 'stopped', 'ended', 'failed']),
    target: word.optional(),
    outcome: word.optional(),
    reason: text.optional().describe('What the campaign waits for, or why it failed.'),
  }).describe('A campaign started, placed a call, is waiting, or ended.'),
  event('queue', {
    ...perhapsOfCall,
    queue: word,
    what: z.enum([
      ...['entered', 'returned', 'offered', 'declined', 'connected', 'ended'],
      ...['call-back', 'calling-back', 'left', 'refused'],
    ] as const),
    partner: word,
    agent: word.optional(),
    waitedMs: ms,
    reason: text.optional().describe('Reason why the caller left or was not accepted.'),
    waiting: count.describe('Callers without an agent after the event, including those to be called back.'),
    longestMs: ms.describe('Longest wait of these callers.'),
    talking: count,
    free: count.describe('Agents that could take a caller.'),
    handled: count,
    abandoned: count,
    serviceLevel: z
      .number()
      .min(0)
      .max(1)
      .describe('Fraction of finished callers that were handled in time.'),
  }).describe(
    'A caller entered a queue, was offered to an agent, talked, or left; with the figures of the queue.',
  ),
  event('endpoint', {
    ...head,
    endpoint: word.describe('Name in the configuration.'),
    what: z.enum(['attached', 'lost', 'returned', 'closed']),
    reason: text.optional(),
  }).describe('An endpoint was attached, was lost, or is connected again.'),
  event('service', {
    ...head,
    what: z.enum(['ready', 'configured', 'not-configured', 'draining', 'ended', 'advice']),
    text: text.optional(),
  }).describe('The service changed its state.'),
  event('control', {
    ...perhapsOfCall,
    command: word.describe('Name of the command, such as hangup.'),
    by: word.describe('The client: the control socket, or the name of a token.'),
  }).describe('A client sent a command to the service.'),
  event('failure', {
    ...perhapsOfCall,
    where: word,
    reason: text,
    code: word.optional().describe('Error code of the documentation, such as ERR_FILE.'),
  }).describe('An error occurred; the service continues.'),
  event('dropped', {
    ...head,
    events: count,
  }).describe('Sent only to a reader that is too slow: number of events that were dropped for it.'),
]);

/** One event of the feed. */
export type FeedEvent = z.infer<typeof feedEventSchema>;
/** The `type` of an event. */
export type FeedEventType = FeedEvent['type'];
/** All types of events. */
export const FEED_EVENT_TYPES: readonly FeedEventType[] = feedEventSchema.options.map(
  ({ shape }) => shape.type.value,
);
/** An event before the feed adds version and time. */
export type ToldEvent = FeedEvent extends infer E
  ? E extends FeedEvent
    ? Omit<E, 'v' | 'at'>
    : never
  : never;

/** The schema as JSON Schema, for other programs. */
export function feedJsonSchema(): object {
  return z.toJSONSchema(feedEventSchema);
}
