import { z } from 'zod';
import { checkArgument, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';

// The IETF container for conversations (draft-ietf-vcon-vcon-core): one JSON object with parties, dialogs, analyses and
// attachments. Bodies are strings. Unknown fields are kept.

const HASH = z.string().regex(/^sha512-[A-Za-z0-9_-]{86}$/, 'a SHA-512 in base64url');
const CONTENT = {
  mediatype: z.string().optional(),
  filename: z.string().optional(),
  body: z.string().optional(),
  encoding: z.enum(['base64url', 'json', 'none']).optional(),
  url: z.url().optional(),
  content_hash: z.union([HASH, z.array(HASH)]).optional(),
};
const INDEX = z.int().min(0);
const INDICES = z.union([INDEX, z.array(INDEX)]);

const PARTY = z.looseObject({
  tel: z.string().optional(),
  sip: z.string().optional(),
  mailto: z.string().optional(),
  name: z.string().optional(),
  role: z.string().optional(),
});
const DIALOG = z.looseObject({
  type: z.enum(['recording', 'text', 'transfer', 'incomplete']),
  start: z.iso.datetime({ offset: true }),
  /** In seconds. */
  duration: z.number().min(0).optional(),
  /** The party of each channel; null for an empty channel. */
  parties: z.union([INDEX, z.array(z.union([INDEX, z.null()]))]),
  originator: INDEX.optional(),
  ...CONTENT,
});
const ANALYSIS = z.looseObject({
  type: z.string(),
  vendor: z.string(),
  product: z.string().optional(),
  schema: z.string().optional(),
  dialog: INDICES.optional(),
  ...CONTENT,
});
const ATTACHMENT = z.looseObject({
  purpose: z.string().optional(),
  start: z.iso.datetime({ offset: true }).optional(),
  party: INDEX.optional(),
  dialog: INDICES.optional(),
  ...CONTENT,
});

/** The schema of a vCon. */
export const VCON = z.looseObject({
  uuid: z.uuid(),
  created_at: z.iso.datetime({ offset: true }),
  subject: z.string().optional(),
  critical: z.array(z.string()).optional(),
  parties: z.array(PARTY).default([]),
  dialog: z.array(DIALOG).default([]),
  analysis: z.array(ANALYSIS).default([]),
  attachments: z.array(ATTACHMENT).default([]),
});

/** A conversation in the vCon format (draft-ietf-vcon-vcon-core-04). */
export type Vcon = z.output<typeof VCON>;

/** Supported values of `critical`, the extensions that a vCon requires: none. */
const UNDERSTOOD: ReadonlySet<string> = new Set();

/**
 * Parses a vCon. Checks the schema, the references to parties and dialogs, and that it requires no unknown extension.
 *
 * @throws ERR_INVALID_ARG for a value that is not a vCon; ERR_UNSUPPORTED for one that needs an extension.
 */
export function parseVcon(text: string): Vcon {
  checkArgument('text', text, words);
  let vcon: Vcon;
  try {
    vcon = VCON.parse(JSON.parse(text));
  } catch (error) {
    throw new JackfieldError('ERR_INVALID_ARG', `This is not a vCon: ${messageOf(error).slice(0, 500)}`, {
      cause: error,
    });
  }
  const unknown = (vcon.critical ?? []).filter((name) => !UNDERSTOOD.has(name));
  if (unknown.length > 0) {
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `The vCon needs extensions that are not supported: ${unknown.join(', ')}.`,
    );
  }
  const parties = vcon.dialog.flatMap((dialog) => [dialog.parties, dialog.originator ?? []].flat());
  const dialogs = [...vcon.analysis, ...vcon.attachments].flatMap(({ dialog }) => dialog ?? []);
  checkIndices(
    'a party',
    [...parties, ...vcon.attachments.map(({ party }) => party ?? null)],
    vcon.parties.length,
  );
  checkIndices('a dialog', dialogs, vcon.dialog.length);
  return vcon;
}

function checkIndices(what: string, indices: readonly (number | null)[], count: number): void {
  const wrong = indices.find((index) => index !== null && index >= count);
  if (wrong === undefined) return;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `The vCon refers to ${what} ${wrong}, but has only ${count} of them.`,
  );
}
