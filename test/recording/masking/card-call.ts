import { join } from 'node:path';
import { Segment, type SegmentResult } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { type OutputFormat, publishSegment } from '../../../src/recording/publication/publish.js';
import { SealedFile } from '../../../src/recording/sealed/sealed-file.js';
import type { Catalogue } from '../../../src/recording.js';
import { dtmfSamples } from '../../../src/voice.js';
import { murmur } from '../../analysis/murmur.js';
import { type Script, scripted } from '../../analysis/words/scripted.js';

const RATE = 16_000;
/** Length of the call in seconds. */
export const SECONDS = 14;
export const CARD = '4111111111111111';
const SPOKEN = 'four one one one one one one one one one one one one one one one'.split(' ');

/** The remote leg says the card's number from 1 to 4.2 s, and presses it from 6 s to 8.5 s. */
const REMOTE: readonly Script[] = [
  [
    ['number', 0.7, 0.95],
    ...SPOKEN.slice(0, 8).map((word, at) => [word, 1 + at * 0.2, 1.2 + at * 0.2] as const),
  ],
  [...SPOKEN.slice(8).map((word, at) => [word, 2.6 + at * 0.2, 2.8 + at * 0.2] as const), ['thanks', 4.6, 5]],
];
/** The local leg says a phrase at 10 s. */
const LOCAL: readonly Script[] = [
  [
    ['your', 9.5, 9.8],
    ['mothers', 10, 10.5],
    ['maiden', 10.5, 11],
    ['name', 11, 11.4],
    ['please', 12, 12.6],
  ],
];

/** An engine that understands what is to be heard of the call. */
export const engine = () => scripted(LOCAL, REMOTE);

/** Stereo samples of the call. */
export function callSamples(): Int16Array {
  const local = murmur(SECONDS, [[9.5, 12.6]]);
  const remote = murmur(SECONDS, [[0.7, 5]], 2);
  remote.set(dtmfSamples(CARD, { toneMs: 80, pauseMs: 80 }), 6 * RATE);
  return Int16Array.from({ length: local.length * 2 }, (_, i) => (i % 2 ? remote : local)[i >> 1] ?? 0);
}

const STEREO_SAMPLES = callSamples();
const NONE = { local: 0, remote: 0 };

interface Keys {
  readonly encryptTo?: readonly string[];
  readonly signingKey?: import('node:crypto').KeyObject;
}

/** Publishes such a call, with a mark and a tag that hold the number too. */
export async function cardCall(
  catalogue: Catalogue,
  partner: string,
  options: Keys & { readonly outputs?: readonly OutputFormat[] } = {},
): Promise<SegmentResult> {
  const { outputs = [], encryptTo, signingKey } = options;
  const { folder } = catalogue;
  const path = join(folder, `under-way-${partner}.wav${encryptTo ? '.age' : ''}`);
  const finished = await recordedCall(path, partner, options);
  const result = await publishSegment(finished, {
    ...{ folder, template: 'calls/{partner}', outputs },
    ...(signingKey && { signingKey }),
  });
  await catalogue.add(result.file, result.sidecar);
  return result;
}

/** Records such a call to a file, which nobody has published yet. */
export async function recordedCall(
  path: string,
  partner: string,
  { encryptTo, signingKey }: Keys = {},
): Promise<SegmentResult> {
  const call = { id: 7, partner, type: 'INCOMING_P2P', status: 'FINISHED', duration: SECONDS, states: [] };
  const head = {
    ...{ id: `call-with-${partner}`, segment: 1, startedAt: '2026-01-01T10:00:00.000Z', call },
    streams: { local: 'INPUT', remote: 'OUTPUT' },
    tags: { card: '4111 1111-1111 1111', team: 'sales' },
  } as const;
  const store = encryptTo ? await SealedFile.create(path, encryptTo) : await StereoFile.create(path, 'async');
  const segment = await Segment.open({ store, head, base: 0, signingKey });
  const count = STEREO_SAMPLES.length / 2;
  await segment.write(STEREO_SAMPLES.slice(), 0);
  await segment.commit(count, { local: count, remote: count });
  await segment.final(STEREO_SAMPLES.slice(), 0);
  segment.mark(1000, { kind: 'note', text: 'reads 4111111111111111 now' });
  await segment.close();
  const ledger = {
    ...{ received: count, idle: 0, masked: 0, missing: 0 },
    spans: [{ from: 0, samples: count, kind: 'received' as const }],
  };
  return await segment.finish({
    ...{ call, tags: head.tags, end: 'call-ended', late: NONE, cut: NONE },
    ledgers: { local: ledger, remote: ledger },
    drift: { inserted: 0, removed: 0 },
  });
}
