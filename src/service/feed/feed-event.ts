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
  at: z.iso.datetime().describe('When it was told, in UTC.'),
  account: word.optional().describe('Handle of the account whose endpoint it concerns.'),
};
const ofCall = { ...head, call: count.describe('Id of the call, as its endpoint counts.') };
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
  }).describe('A call was heard of for the first time.'),
  event('decision', {
    ...ofCall,
    rule: word.describe('Name of the rule that fits the call; empty where none does.'),
    answer: word.optional().describe('Name of the bot that answers; absent when nobody does.'),
    reason: text.optional().describe('Conditions of the rule that hold, or why none does.'),
  }).describe('It was decided who answers a call.'),
  event('state', {
    ...ofCall,
    status: word.describe('As on the wire.'),
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
    ms: ms.optional().describe('Voice that is missing.'),
  }).describe('Voice was lost.'),
  event('recording', {
    ...perhapsOfCall,
    what: z.enum(RECORDING_EVENTS),
    partner: word.optional(),
    file: word.optional(),
    durationMs: ms.optional().describe('Of the file; of what was silenced.'),
    rule: word.optional().describe('By which a stretch was silenced: card-spoken, undecided and so on.'),
    end: word
      .optional()
      .describe('Why one that is published ended, as in its sidecar: call-ended and so on.'),
    complete: z.boolean().optional().describe('False when something of it is missing.'),
    reason: text.optional(),
    stretches: count.optional().describe('Of one that was masked: how many.'),
    channel: word.optional().describe('The hook or webhook that has not taken an event.'),
    id: word.optional().describe('Id of the event that was not taken.'),
    last: z.boolean().optional().describe('True when it is not tried again.'),
  }).describe('A recording began, changed, or is where it belongs.'),
  event('analysis', {
    ...ofCall,
    what: z.enum(ANALYSIS_NOTICES),
    leg: z.enum(['local', 'remote']).optional().describe('The side that was heard; of an overlap the later.'),
    fromMs: ms.optional().describe('Place in the call.'),
    toMs: ms.optional().describe('Its end; absent where it goes on.'),
    tone: word.optional().describe('Kind of a tone: ring-back, busy, beep and so on.'),
    figures: z
      .strictObject({
        durationMs: ms,
        silenceMs: ms,
        deadAirMs: ms.describe('Of the silences that are dead air, without music and tones.'),
        overlapMs: ms,
        interruptionsByLocal: count,
        interruptionsByRemote: count,
        droppedMs: ms.describe('Voice that the analysis could not keep up with. The recording has it.'),
      })
      .optional()
      .describe('Of the whole call, when it has ended.'),
  }).describe('Something was heard of a call that is analysed while it is recorded, or it has ended.'),
  event('bot', {
    ...ofCall,
    bot: word,
    partner: word.optional().describe('Who the bot talks with, when it begins to.'),
    what: z.enum(['talking', 'done', 'hung-up', 'failed', 'unanswered', 'refused']),
    reason: text.optional(),
  }).describe('A bot has a call, or has finished with it.'),
  event('step', {
    ...ofCall,
    action: z.enum(['prompt', 'gather', 'message']),
    what: z.enum(['begun', 'ended']),
    outcome: word.optional().describe('Of one that ended: played, cut, timeout and so on.'),
  }).describe('Something that a bot says, asks or records as a message begins, or ends.'),
  event('message', {
    ...perhapsOfCall,
    partner: word,
    file: word,
    durationMs: ms,
  }).describe('A voicemail was kept.'),
  event('digit', { ...ofCall, digit: z.string().max(1) }).describe(
    'The other party pressed a key; * for each where recordings are masked.',
  ),
  event('transcript', {
    ...perhapsOfCall,
    by: z.enum(['bot', 'caller']),
    text,
  }).describe('Words: what a bot did and said, or what a caller said.'),
  event('campaign', {
    ...perhapsOfCall,
    campaign: word,
    what: z.enum(['begun', 'called', 'waiting', 'stopped', 'ended', 'failed']),
    target: word.optional(),
    outcome: word.optional(),
    reason: text.optional().describe('What it waits for, or why it failed.'),
  }).describe('A campaign began, has called somebody, stands still, or ended.'),
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
    reason: text.optional().describe('Why the caller has left, or was not taken.'),
    waiting: count.describe('Callers without an agent after it, those to be called back included.'),
    longestMs: ms.describe('Longest that one of them has waited.'),
    talking: count,
    free: count.describe('Agents who could take a caller.'),
    handled: count,
    abandoned: count,
    serviceLevel: z
      .number()
      .min(0)
      .max(1)
      .describe('Part of those who are through that was handled in time.'),
  }).describe('A caller came into a queue, was offered to an agent, talked, or left; with its figures.'),
  event('endpoint', {
    ...head,
    endpoint: word.describe('Its name in the configuration.'),
    what: z.enum(['attached', 'lost', 'returned', 'closed']),
    reason: text.optional(),
  }).describe('An endpoint was attached to, was lost, or is there again.'),
  event('service', {
    ...head,
    what: z.enum(['ready', 'configured', 'not-configured', 'draining', 'ended', 'advice']),
    text: text.optional(),
  }).describe('Something happened to the service itself.'),
  event('control', {
    ...perhapsOfCall,
    command: word.describe('Name of the command, as in docs: hangup and so on.'),
    by: word.describe('The client: the control socket, or the name of a token.'),
  }).describe('A client had the service do something.'),
  event('failure', {
    ...perhapsOfCall,
    where: word,
    reason: text,
    code: word.optional().describe('As in docs: ERR_FILE and so on.'),
  }).describe('Something went wrong; the rest goes on.'),
  event('dropped', {
    ...head,
    events: count,
  }).describe(
    'Told to one reader alone: so many events came that it had not read in time, and were dropped.',
  ),
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
