import { z } from 'zod';
import { checkArgument, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { issuesText } from '../../base/request-error.js';

// The IETF container for conversations (draft-ietf-vcon-vcon-core): one JSON object with parties, dialogs, analyses and
// attachments. Bodies are strings. Unknown fields are kept.

/** Most entries of a list within a part of a vCon, such as channels. */
const MOST = 1000;

const HASH = z.string().regex(/^sha512-[A-Za-z0-9_-]{86}$/, 'a SHA-512 in base64url');
const CONTENT = {
  mediatype: z.string().optional(),
  filename: z.string().optional(),
  body: z.string().optional(),
  encoding: z.enum(['base64url', 'json', 'none']).optional(),
  url: z.url().optional(),
  content_hash: z.union([HASH, listOf(HASH)]).optional(),
};
const INDEX = z.int().min(0);
const INDICES = z.union([INDEX, listOf(INDEX)]);

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
  parties: z.union([INDEX, listOf(z.union([INDEX, z.null()]))]),
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

const FACTS = {
  uuid: z.uuid(),
  created_at: z.iso.datetime({ offset: true }),
  subject: z.string().optional(),
  critical: z.array(z.string()).max(100).optional(),
};
const ENTRIES = z.array(z.unknown()).default([]);
/** A vCon whose lists are not yet checked. */
const OUTLINE = z.looseObject({
  ...FACTS,
  ...{ parties: ENTRIES, dialog: ENTRIES, analysis: ENTRIES, attachments: ENTRIES },
});
const VCON = z.looseObject({
  ...FACTS,
  ...{ parties: z.array(PARTY), dialog: z.array(DIALOG) },
  ...{ analysis: z.array(ANALYSIS), attachments: z.array(ATTACHMENT) },
});

/** A conversation in the vCon format (draft-ietf-vcon-vcon-core-04). */
export type Vcon = z.output<typeof VCON>;

/** Supported values of `critical`, the extensions that a vCon requires: none. */
const UNDERSTOOD: ReadonlySet<string> = new Set();
const MOST_LETTERS = 200;

/**
 * Parses a vCon. Checks the schema, the references to parties and dialogs, and that it requires no unknown extension.
 *
 * @throws ERR_INVALID_ARG for a value that is not a vCon; ERR_UNSUPPORTED for one that needs an extension.
 */
export function parseVcon(text: string): Vcon {
  checkArgument('text', text, words);
  const outline = fitting(OUTLINE, jsonIn(text), []);
  const listed = <T>(name: string, entry: z.ZodType<T>, entries: readonly unknown[]) =>
    entries.map((each, at) => fitting(entry, each, [name, at]));
  const vcon: Vcon = {
    ...outline,
    parties: listed('parties', PARTY, outline.parties),
    dialog: listed('dialog', DIALOG, outline.dialog),
    analysis: listed('analysis', ANALYSIS, outline.analysis),
    attachments: listed('attachments', ATTACHMENT, outline.attachments),
  };
  const unknown = (vcon.critical ?? []).filter((name) => !UNDERSTOOD.has(name));
  if (unknown.length > 0) {
    const names = printable(unknown.join(', ')).slice(0, MOST_LETTERS);
    throw new JackfieldError(
      'ERR_UNSUPPORTED',
      `The vCon needs extensions that are not supported: ${names}.`,
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

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new JackfieldError('ERR_INVALID_ARG', `This is not a vCon: ${messageOf(error)}`, { cause: error });
  }
}

/** Checks a part of a vCon. The first part that is wrong is the last one looked at: a hostile text has many. */
function fitting<T>(schema: z.ZodType<T>, value: unknown, at: readonly PropertyKey[]): T {
  const { data, error } = schema.safeParse(value);
  if (!error) return data;
  const issues = error.issues.slice(0, 3).map(({ path, message }) => ({ path: [...at, ...path], message }));
  throw new JackfieldError('ERR_INVALID_ARG', `This is not a vCon: ${issuesText(issues)}`);
}

function checkIndices(what: string, indices: readonly (number | null)[], count: number): void {
  const wrong = indices.find((index) => index !== null && index >= count);
  if (wrong === undefined) return;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    `The vCon refers to ${what} ${wrong}, but has only ${count} of them.`,
  );
}

/** A list whose entries are not looked at when there are too many. */
function listOf<T>(entry: z.ZodType<T>) {
  return z.array(z.unknown()).max(MOST).pipe(z.array(entry));
}
