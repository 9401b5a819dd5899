import { parseXml, XmlElement, type XmlNode } from '@rgrove/parse-xml';
import { checkArgument, either, words } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES } from '../../base/pcm.js';

/** Participant of a recorded call. */
export interface SiprecParticipant {
  readonly id: string;
  /** Address, such as `sip:alice@example.com`; empty when it is not given. */
  readonly address: string;
  readonly name: string;
  /** Ids of the streams that carry its voice, as far as they are given. */
  readonly sends: readonly string[];
}

/** Stream of a recorded call. */
export interface SiprecStream {
  readonly id: string;
  /** `a=label` of its media line. */
  readonly label: string;
}

/** Metadata of a recorded call (RFC 7865), in one form for the dialects of all recording clients. */
export interface SiprecMetadata {
  /** False for an update of earlier metadata. */
  readonly isComplete: boolean;
  /** Id of the communication session; empty when there is none. */
  readonly session: string;
  /** Call-ID of the recorded call, or other ids of it, as far as they are given. */
  readonly callIds: readonly string[];
  readonly participants: readonly SiprecParticipant[];
  readonly streams: readonly SiprecStream[];
  /** Vendors' elements that contain only text: name and text. */
  readonly extensions: Readonly<Record<string, string>>;
}

const TEXT = either(words, BYTES);
/** Limits of a document. A larger or deeper one is refused; further items and longer texts are cut. */
const MAX_BYTES = 256 * 1024;
const MAX_DEPTH = 32;
const MAX_ITEMS = 200;
const MAX_TEXT = 1000;
const MAX_ROOTS: ReadonlySet<string> = new Set(['recording', 'recording_metadata']);
/** Elements of the standard, whose texts do not count as extensions. */
const KNOWN: ReadonlySet<string> = new Set([
  ...[
    'recording',
    'recording_metadata',
    'datamode',
    'session',
    'group',
    'participant',
    'stream',
    'nameid',
    'name',
  ],
  ...[
    'participantsessionassoc',
    'participantstreamassoc',
    'sessionrecordingassoc',
    'send',
    'recv',
    'label',
    'id',
  ],
  ...[
    'associate-time',
    'disassociate-time',
    'start-time',
    'stop-time',
    'sipsessionid',
    'group-ref',
    'reason',
    'aor',
  ],
]);

/**
 * Reads the metadata of a recorded call. It accepts all variants that clients write: either root, any prefix and
 * namespace, names in upper or lower case, ids as attributes or elements, and addresses with or without a scheme.
 *
 * @throws ERR_INVALID_ARG; ERR_SYNTAX for a value that is not XML, or not such metadata; ERR_LIMIT for a document that
 * is too large or too deep.
 */
export function readSiprecMetadata(text: string | Buffer): SiprecMetadata {
  checkArgument('text', text, TEXT);
  if (text.length > MAX_BYTES) throw tooLarge(`${text.length} bytes; at most ${MAX_BYTES} are supported`);
  const source = text.toString().trim();
  // A document type could define entities that expand without limit. No client needs one.
  if (/<!(DOCTYPE|ENTITY)/i.test(source)) throw refused('it has a document type');
  if (depthOf(source) > MAX_DEPTH) throw tooLarge(`more than ${MAX_DEPTH} levels`);
  const root = rootOf(source);
  const participants = elementsOf(root, 'participant');
  const associations = elementsOf(root, 'participantstreamassoc', 'sends');
  return {
    isComplete: textOf(childOf(root, 'datamode')).toLowerCase() !== 'partial',
    session: idOf(elementsOf(root, 'session')[0], 'session_id'),
    callIds: [
      ...new Set(['sipsessionid', 'call-id', 'callid', 'ucid'].flatMap((name) => textsOf(root, name))),
    ],
    participants: participants.slice(0, MAX_ITEMS).map((element) => participantOf(element, associations)),
    streams: elementsOf(root, 'stream')
      .slice(0, MAX_ITEMS)
      .map((element) => ({ id: idOf(element, 'stream_id'), label: labelOf(element) })),
    extensions: extensionsOf(root),
  };
}

/** Merges a later document into the metadata so far. A complete document replaces them. */
export function mergeSiprecMetadata(before: SiprecMetadata, after: SiprecMetadata): SiprecMetadata {
  if (after.isComplete) return after;
  return {
    isComplete: true,
    session: after.session || before.session,
    callIds: [...new Set([...before.callIds, ...after.callIds])].slice(-MAX_ITEMS),
    participants: mergedById(before.participants, after.participants, (old, now) => ({
      id: now.id,
      address: now.address || old.address,
      name: now.name || old.name,
      sends: now.sends.length > 0 ? now.sends : old.sends,
    })),
    streams: mergedById(before.streams, after.streams, (old, now) => ({
      id: now.id,
      label: now.label || old.label,
    })),
    extensions: { ...before.extensions, ...after.extensions },
  };
}

/**
 * Finds the participant whose voice a stream carries; undefined when that is not given, or when the stream mixes
 * several.
 */
export function speakerOf(metadata: SiprecMetadata, label: string): SiprecParticipant | undefined {
  const stream = metadata.streams.find((each) => each.label === label);
  const speakers = metadata.participants.filter(({ sends }) =>
    sends.some((id) => (stream && id === stream.id) || id === label),
  );
  return speakers.length === 1 ? speakers[0] : undefined;
}

function mergedById<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
  merge: (old: T, now: T) => T,
): T[] {
  const merged = new Map(before.map((each) => [each.id, each]));
  for (const each of after) {
    const old = merged.get(each.id);
    merged.set(each.id, old ? merge(old, each) : each);
  }
  return [...merged.values()].slice(-MAX_ITEMS);
}

function participantOf(element: XmlElement, associations: readonly XmlElement[]): SiprecParticipant {
  const id = idOf(element, 'participant_id');
  const named = childOf(element, 'nameid') ?? element;
  const address = attributeOf(named, 'aor') || attributeOf(element, 'aor') || textOf(childOf(named, 'aor'));
  const own = associations.filter((each) => idOf(each, 'participant_id', 'participant') === id);
  const sends = [element, ...own].flatMap((each) => elementsOf(each, 'send').flatMap(streamsSentBy));
  return {
    id,
    address: cut(address),
    name: textOf(childOf(named, 'name')) || attributeOf(named, 'name'),
    sends: [...new Set(sends)].slice(0, MAX_ITEMS),
  };
}

/** Reads the ids in `<send>id</send>`, `<send id="..."/>`, or `<send><id>...</id></send>`. */
function streamsSentBy(send: XmlElement): string[] {
  const ids = elementsOf(send, 'id').map(textOf);
  const own =
    ids.length > 0 ? ids : [ownTextOf(send) || attributeOf(send, 'id') || attributeOf(send, 'stream_id')];
  return own.filter((id) => id !== '');
}

function labelOf(stream: XmlElement): string {
  return textOf(childOf(stream, 'label')) || attributeOf(stream, 'label');
}

function extensionsOf(root: XmlElement): Record<string, string> {
  const found = new Map<string, string>();
  for (const element of descendantsOf(root)) {
    const name = localName(element.name);
    const isLeaf = element.children.every((child) => !(child instanceof XmlElement));
    const value = textOf(element);
    if (found.size < MAX_ITEMS && isLeaf && value !== '' && !KNOWN.has(name)) found.set(name, value);
  }
  return Object.fromEntries(found);
}

function rootOf(source: string): XmlElement {
  let root: XmlElement | null;
  try {
    root = parseXml(source, { ignoreUndefinedEntities: true }).root;
  } catch (cause) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `The SIPREC metadata is not XML: ${messageOf(cause).split('\n')[0]}`,
      { cause },
    );
  }
  if (!root || !MAX_ROOTS.has(localName(root.name))) throw refused(`its root is ${root?.name ?? 'missing'}`);
  return root;
}

/**
 * Deepest nesting of the tags. It is found without recursion, because the parser and the code that reads its result
 * recurse.
 */
function depthOf(source: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = source.indexOf('<'); at >= 0; at = source.indexOf('<', at + 1)) {
    const next = source[at + 1];
    if (next === '/') depth--;
    else if (next !== '!' && next !== '?') {
      const end = source.indexOf('>', at);
      if (end > 0 && source[end - 1] !== '/') depth++;
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest;
}

function descendantsOf(element: XmlElement): XmlElement[] {
  return element.children.filter(isElement).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Elements of these names within `element`, whatever their prefix. */
function elementsOf(element: XmlElement, ...names: readonly string[]): XmlElement[] {
  return descendantsOf(element).filter(({ name }) => names.includes(localName(name)));
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.filter(isElement).find((child) => localName(child.name) === name);
}

function textsOf(element: XmlElement, name: string): string[] {
  return elementsOf(element, name)
    .map(textOf)
    .filter((each) => each !== '')
    .slice(0, MAX_ITEMS);
}

/** Reads an id from an attribute or an element with one of these names, or with the name `id`. */
function idOf(element: XmlElement | undefined, ...names: readonly string[]): string {
  if (!element) return '';
  for (const name of [...names, 'id']) {
    const found = attributeOf(element, name) || textOf(childOf(element, name));
    if (found !== '') return found;
  }
  return '';
}

function attributeOf(element: XmlElement, name: string): string {
  const found = Object.entries(element.attributes).find(([key]) => localName(key) === name);
  return cut(found?.[1] ?? '');
}

function textOf(element: XmlElement | undefined): string {
  return cut(element?.text.trim() ?? '');
}

/** Text of an element, without that of its child elements. */
function ownTextOf(element: XmlElement): string {
  const parts = element.children
    .filter((child) => child.type === 'text')
    .map((child) => String(child.toJSON()['text']));
  return cut(parts.join('').trim());
}

function cut(text: string): string {
  return text.slice(0, MAX_TEXT);
}

/** Name without prefix, in lower case. */
function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase();
}

function isElement(node: XmlNode): node is XmlElement {
  return node instanceof XmlElement;
}

function refused(why: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `This is not SIPREC metadata (RFC 7865): ${why}.`);
}

function tooLarge(what: string): JackfieldError {
  return new JackfieldError('ERR_LIMIT', `The SIPREC metadata is too large: ${what}.`);
}
