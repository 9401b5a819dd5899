import { z } from 'zod';

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'expected SHA-256, 64 hexadecimal digits');
const segment = z.int().min(1);

const span = z.looseObject({
  from: count,
  samples: z.int().min(1),
  kind: z.enum(['received', 'idle', 'masked', 'missing', 'concealed']),
  reason: z
    .enum([
      'hold',
      'not-wanted',
      'not-sent',
      'held-up',
      'lost',
      'ended',
      'never-came',
      'late-start',
      'stalled',
      'late',
      'dropped',
      'connection-lost',
      'disk-full',
      'killed',
      'card-spoken',
      'card-pressed',
      'phrase',
      'request',
      'undecided',
    ])
    .optional(),
});

const rule = z.enum(['card-spoken', 'card-pressed', 'phrase', 'request', 'undecided']);

const traffic = z.looseObject({ bytes: count, samples: count, dropped: count });

export const LEDGER_SCHEMA = z.looseObject({
  ...{ received: count, idle: count, masked: count, missing: count },
  concealed: count.optional().describe('Samples that the line concealed because packets were missing.'),
  spans: z.array(span),
});

const number = z.number();
const quality = z
  .looseObject({
    ...{ codec: z.string(), packets: count, lost: count, late: count, duplicates: count, jitterMs: number },
    ...{ lossPercent: number, burstRatio: number, delayMs: number },
    ...{ insertedMs: number.optional(), removedMs: number.optional() },
    scale: z.enum(['narrowband', 'wideband']),
    ...{ r: number.optional(), mos: number.optional(), basis: z.string() },
  })
  .describe('Quality of the line that carried the leg, over the whole call: R and MOS by ITU-T G.107.');

const leg = z.looseObject({
  stream: z.enum(['INPUT', 'CAPTURE_MIC', 'OUTPUT', 'none']),
  channel: z.enum(['left', 'right']),
  traffic: traffic.optional(),
  late: count.describe('Samples that arrived after their place in the file was final. They are dropped.'),
  cut: count.describe('Samples beyond the end of the file, which ended without a request to stop.'),
  unheard: count
    .optional()
    .describe(
      'Only for input: samples that were sent but not yet played when the call ended. They do not count as missing.',
    ),
  drift: z.looseObject({ inserted: count, removed: count }),
  quality: quality.optional(),
  ledger: LEDGER_SCHEMA,
});

/** Schema of a sidecar; docs/recording-sidecar.schema.json is generated from it. Unknown fields are allowed. */
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
      'True when the file reaches the end of the call, or the place where it was told to stop, and no leg has missing, late or cut audio.',
    ),
  reason: z.string().optional(),
  recovered: z.looseObject({ at: z.string(), found: z.string() }).optional(),
  maskings: z
    .array(
      z.looseObject({
        at: z.iso.datetime(),
        looked: z.array(rule),
        transcriber: z.string().optional(),
        spans: z.array(
          z.looseObject({ from: count, samples: z.int().min(1), rule, luhn: z.boolean().optional() }),
        ),
        live: z.literal(true).optional(),
      }),
    )
    .optional()
    .describe(
      'Each masking of the recording, during the call (live) or after it: its rules and the masked parts.',
    ),
});

/** Schema of a manifest. Blocks are at least a tenth of a second long, so that the list stays short. */
const manifest = z.looseObject({
  id: z.string(),
  segment,
  samples: count,
  blockSamples: z.int().min(1600).max(16_000_000),
  blocks: z.array(hash),
  chain: hash,
  sidecar: hash,
  renewed: z.looseObject({ at: z.iso.datetime(), reason: z.literal('masked'), before: hash }).optional(),
  signature: z
    .looseObject({ algorithm: z.literal('Ed25519'), publicKey: z.base64(), value: z.base64() })
    .optional(),
});

/** Schema of a manifest of version 1 or 2. */
export const MANIFEST_SCHEMA = z.discriminatedUnion('schema', [
  manifest.extend({ schema: z.literal('jackfield.manifest/1'), frame: z.undefined().optional() }),
  manifest.extend({
    schema: z.literal('jackfield.manifest/2'),
    frame: z.looseObject({ offset: count, bytes: count, sha256: hash }),
  }),
]);
