import { z } from 'zod';
import { LEDGER_SCHEMA } from '../../recording/details-schema.js';
import { count, hash } from './catalogue-rows.js';

/** An ISO 8601 time, converted to seconds since the Unix epoch. */
const seconds = z
  .string()
  .transform((text) => Math.floor(Date.parse(text) / 1000))
  .pipe(z.int());

/** Schema of the sidecar of an archived message. Unknown fields are allowed. */
export const VOICEMAIL_SIDECAR_SCHEMA = z.looseObject({
  schema: z.literal('jackfield.voicemail/1'),
  voicemail: z.looseObject({
    account: z.string(),
    id: z.int(),
    type: z.string(),
    partner: z.string(),
    partnerName: z.string(),
    recordedAt: seconds,
    duration: z.number(),
    played: z.boolean(),
  }),
  audio: z.looseObject({
    file: z.string().regex(/^[^/\\]+\.wav(?:\.age)?$/),
    samples: count,
    bytes: count,
    samplesSha256: hash,
    fileSha256: hash,
  }),
  ledger: LEDGER_SCHEMA,
  unwritten: z.looseObject({ samples: count, reason: z.string() }).optional(),
  complete: z.boolean(),
  reason: z.string().optional(),
  archivedAt: seconds,
  hold: z.string().optional(),
  tags: z.array(z.string()),
  transcript: z.string(),
});

export type ReadSidecar = z.output<typeof VOICEMAIL_SIDECAR_SCHEMA>;
