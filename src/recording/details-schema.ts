import { z } from 'zod';

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected SHA-256, 64 hexadecimal digits');
const segment = z.int().min(1);

const span = z.looseObject({
  from: count,
  samples: z.int().min(1),
  kind: z.enum(['received', 'idle', 'masked', 'missing']),
  reason: z
    .enum([
      'hold',
      'not-wanted',
      'ended',
      'never-came',
      'late-start',
      'stalled',
      'late',
      'dropped',
      'connection-lost',
      'disk-full',
      'killed',
    ])
    .optional(),
});

const traffic = z.looseObject({ bytes: count, samples: count, dropped: count });

export const LEDGER_SCHEMA = z.looseObject({
  ...{ received: count, idle: count, masked: count, missing: count },
  spans: z.array(span),
});

const leg = z.looseObject({
  stream: z.enum(['INPUT', 'CAPTURE_MIC', 'OUTPUT', 'none']),
  channel: z.enum(['left', 'right']),
  traffic: traffic.optional(),
  late: count.describe('Samples that came after their place was final: they are left out.'),
  cut: count.describe('Samples that lie beyond the end of the file, though nobody told it to end there.'),
  unheard: count
    .optional()
    .describe(
      'Of an input: samples that were sent and not yet heard when the call ended. Nothing is missing for them.',
    ),
  drift: z.looseObject({ inserted: count, removed: count }),
  ledger: LEDGER_SCHEMA,
});

/** A sidecar; docs/recording-sidecar.schema.json is made from it. Fields that it does not know may be there. */
export const SIDECAR_SCHEMA = z.looseObject({
  schema: z.literal('jackfield.recording/1'),
  id: z.string(),
  segment,
  call: z.looseObject({
    id: z.int(),
    partner: z.string(),
    type: z.string(),
    status: z.string(),
    duration: z.number(),
    states: z.array(z.looseObject({ status: z.string(), at: z.string() })),
  }),
  audio: z.looseObject({
    file: z.string(),
    startedAt: z.iso.datetime(),
    sampleRate: z.literal(16_000),
    channels: z.literal(2),
    samples: count,
    durationMs: z.number().min(0),
  }),
  legs: z.looseObject({ local: leg, remote: leg }),
  marks: z.array(
    z.looseObject({
      at: count,
      kind: z.enum(['paused', 'resumed', 'consent', 'note']),
      text: z.string().optional(),
    }),
  ),
  tags: z.record(z.string(), z.string()),
  unwritten: z.looseObject({ samples: count, reason: z.literal('disk-full') }).optional(),
  outputs: z.array(z.looseObject({ file: z.string(), bytes: count, sha256: hash })).optional(),
  unmade: z.array(z.looseObject({ format: z.string(), reason: z.string() })).optional(),
  microphone: z.looseObject({ bytes: count, samples: count }).optional(),
  end: z.enum(['call-ended', 'stopped', 'segment', 'limit', 'disk-full', 'connection-lost', 'killed']),
  complete: z
    .boolean()
    .describe(
      'Whether the file reaches to the end of the call, or to where it was told to end, and of neither leg anything is missing, late or cut.',
    ),
  reason: z.string().optional(),
  recovered: z.looseObject({ at: z.string(), found: z.string() }).optional(),
});

/** Blocks shorter than a tenth of a second would only make it long. */
const manifest = z.looseObject({
  id: z.string(),
  segment,
  samples: count,
  blockSamples: z.int().min(1600).max(16_000_000),
  blocks: z.array(hash),
  chain: hash,
  sidecar: hash,
  signature: z
    .looseObject({ algorithm: z.literal('Ed25519'), publicKey: z.base64(), value: z.base64() })
    .optional(),
});

/** A manifest, of either version. */
export const MANIFEST_SCHEMA = z.discriminatedUnion('schema', [
  manifest.extend({ schema: z.literal('jackfield.manifest/1'), frame: z.undefined().optional() }),
  manifest.extend({
    schema: z.literal('jackfield.manifest/2'),
    frame: z.looseObject({ offset: count, bytes: count, sha256: hash }),
  }),
]);
