import { z } from 'zod';
import { type FlowPart, type FlowSpeech, ms, speech } from '../flow/flow-parts.js';
import { spokenParts } from '../prompt/speakable.js';
import { sayPlace } from '../queue/queue-place.js';

const text = z.string().min(1).max(200);
const count = z.int().min(1);
const key = z.string().regex(/^[0-9*#]$/, 'must be one key: 0-9, * or #');

/** A queue that is defined in a flow file. */
export const flowQueue = z.strictObject({
  agents: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        dial: z.union([text, z.array(text).min(1)]),
        priority: z.number().min(-1000).max(1000).optional(),
        skills: z.array(z.string().min(1).max(100)).optional(),
      }),
    )
    .min(1)
    .refine(
      (agents) => new Set(agents.map(({ name }) => name)).size === agents.length,
      'must have unique names',
    ),
  folder: z.string().min(1).optional(),
  music: speech.optional(),
  announce: z.strictObject({ everyMs: ms.min(1000).optional() }).optional(),
  callBack: z
    .strictObject({
      key: key.optional(),
      promise: speech.optional(),
      greeting: speech.optional(),
      attempts: count.max(20).optional(),
      retryAfterMs: z.number().min(0).optional(),
      ringMs: ms.optional(),
    })
    .optional(),
  exitKeys: z
    .string()
    .regex(/^[0-9*#]+$/, 'must consist of 0-9, * and #')
    .optional(),
  maxWaiting: count.max(100_000).optional(),
  maxWaitMs: z.number().min(0).optional(),
  ringMs: ms.optional(),
  restMs: ms.optional(),
  wrapUpMs: ms.optional(),
  agentGreeting: speech.optional(),
  acceptKey: key.optional(),
});

export type FlowQueue = z.infer<typeof flowQueue>;

/** Returns the speech of a queue with its paths. Announcements are examples in the language of the flow. */
export function speechOfQueue(
  queue: FlowQueue,
  language = 'en',
): readonly (readonly [path: readonly string[], speech: FlowSpeech])[] {
  const { music, agentGreeting, callBack, announce } = queue;
  const place = { queue: '', partner: '', position: 7, estimateMs: 180_000, waitedMs: 0, language };
  const words = spokenParts(sayPlace(place)) as FlowPart[];
  const all: readonly [readonly string[], FlowSpeech | undefined][] = [
    [['music'], music],
    [['agentGreeting'], agentGreeting],
    [['callBack', 'promise'], callBack?.promise],
    [['callBack', 'greeting'], callBack?.greeting],
    [['announce'], announce && words],
  ];
  return all.flatMap(([path, each]) => (each === undefined ? [] : [[path, each] as const]));
}
