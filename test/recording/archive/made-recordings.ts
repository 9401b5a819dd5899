import { join } from 'node:path';
import { Segment, type SegmentResult } from '../../../src/recording/file/segment.js';
import { StereoFile } from '../../../src/recording/file/stereo-file.js';
import { type OutputFormat, publishSegment } from '../../../src/recording/publication/publish.js';
import type { Catalogue } from '../../../src/recording.js';

const NONE = { local: 0, remote: 0 };
const LEDGER = {
  ...{ received: 1600, idle: 0, masked: 0, missing: 0 },
  spans: [{ from: 0, samples: 1600, kind: 'received' as const }],
};

/** Makes recordings of a tenth of a second in a folder, each with other samples, another id and another time. */
export class RecordingMaker {
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A recording that is complete and not published. */
  async recorded(partner: string): Promise<SegmentResult> {
    const count = ++this.#count;
    const call = { id: count, partner, type: 'INCOMING_P2P', status: 'FINISHED', duration: 1, states: [] };
    const store = await StereoFile.create(join(this.#folder, `${count}.wav`), 'async');
    const head = {
      id: `recording-${String(count).padStart(4, '0')}`,
      segment: 1,
      startedAt: new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString(),
      call,
      streams: { local: 'INPUT', remote: 'OUTPUT' },
      tags: { number: String(count) },
    } as const;
    const segment = await Segment.open({ store, head, base: 0, signingKey: undefined });
    const samples = Int16Array.from({ length: 3200 }, (_, index) => (index * count) % 20_000);
    await segment.write(samples, 0);
    await segment.commit(1600, { local: 1600, remote: 1600 });
    await segment.final(samples, 0);
    await segment.close();
    return await segment.finish({
      call,
      ledgers: { local: LEDGER, remote: LEDGER },
      late: NONE,
      cut: NONE,
      drift: { inserted: 0, removed: 0 },
      tags: head.tags,
      end: 'call-ended',
    });
  }

  /** A recording that is where it belongs, in `calls`. */
  async published(
    catalogue: Catalogue,
    partner: string,
    outputs: readonly OutputFormat[] = [],
  ): Promise<SegmentResult> {
    const segment = await this.recorded(partner);
    const options = { folder: this.#folder, template: 'calls/{partner}', outputs };
    const result = await publishSegment(segment, options);
    await catalogue.add(result.file, result.sidecar);
    return result;
  }
}
