import { join } from 'node:path';
import type { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import type { Catalogue } from '../archive/catalogue.js';
import type { EncoderSlots } from '../file/encoder-slots.js';
import type { SegmentResult } from '../file/segment.js';
import { type LeftBehind, takeUp } from '../publication/left-behind.js';
import { Outbox } from '../publication/outbox.js';
import {
  type PublishOptions,
  publishSegment,
  resumePublication,
  type TellPublication,
} from '../publication/publish.js';
import { removeSegment } from './follow-recording.js';
import type { RecorderEvents } from './recorder-events.js';
import type { RecorderOptions, ResolvedRecorderOptions } from './recorder-options.js';

/** The options of a recorder, as they were given and as they were resolved. */
export interface RecorderSettings {
  readonly given: RecorderOptions;
  readonly resolved: ResolvedRecorderOptions;
}

export interface RecorderFilesContext {
  readonly clock: Clock;
  readonly encoders: EncoderSlots;
  readonly catalogue: Catalogue | undefined;
  /** Emits the events of the recorder that are about finished files. */
  readonly emitter: Pick<FencedEmitter<RecorderEvents>, 'emit'>;
}

/** Finished files of a recorder: published into its folder, catalogued, and told to its channels. */
export class RecorderFiles {
  readonly #context: RecorderFilesContext;
  readonly #outbox: Outbox;
  #settings: RecorderSettings;
  readonly #tell: TellPublication = async ({ file, sidecar }, { id, type }) => {
    await this.#context.catalogue?.add(file, sidecar);
    await this.#outbox.add(type, { file, sidecar }, id);
  };

  constructor(settings: RecorderSettings, context: RecorderFilesContext) {
    this.#settings = settings;
    this.#context = context;
    const { folder, channels } = settings.resolved;
    this.#outbox = new Outbox({
      folder: join(folder, '.outbox'),
      channels,
      clock: context.clock,
      onFailure: (event, channel, error, last) =>
        context.emitter.emit('undelivered', event, channel, error, last),
    });
  }

  /** Uses other options for the files to come. */
  configure(settings: RecorderSettings): void {
    this.#settings = settings;
    this.#outbox.useChannels(settings.resolved.channels);
  }

  async publish(segment: SegmentResult, type: string): Promise<SegmentResult> {
    return this.#published(await publishSegment(segment, this.#publishing, type, this.#tell));
  }

  async discard(segment: SegmentResult): Promise<void> {
    await removeSegment(segment);
    this.#context.emitter.emit('discarded', segment);
  }

  /** Finishes what an earlier process left: recordings that were under way, files that were not published, events. */
  async takeUp(left: LeftBehind): Promise<void> {
    const { signingKey, identity, recording: { encryptTo } = {} } = this.#settings.given;
    const { clock, catalogue, emitter } = this.#context;
    const options = {
      clock,
      ...(signingKey && { signingKey }),
      ...(identity !== undefined && { identity }),
      ...(encryptTo && { encryptTo }),
    };
    const unlessEmpty =
      (keep: (segment: SegmentResult) => Promise<unknown>) => async (segment: SegmentResult) =>
        void (await (segment.sidecar.audio.samples === 0 ? this.discard(segment) : keep(segment)));
    await takeUp(left, options, {
      recovered: unlessEmpty(async (segment) =>
        emitter.emit('recovered', await this.publish(segment, 'recording.recovered')),
      ),
      finished: unlessEmpty((segment) => this.publish(segment, 'recording.finished')),
      resume: async (file) =>
        void this.#published(await resumePublication(file, this.#publishing, this.#tell)),
      failed: (error) => emitter.emit('failed', error, undefined),
    });
    void this.#outbox.run();
    await catalogue?.keepHolds();
  }

  /** Ends the deliveries. Undelivered events wait on disk. */
  async close(): Promise<void> {
    await this.#outbox.close();
  }

  #published(segment: SegmentResult): SegmentResult {
    this.#context.emitter.emit('published', segment);
    if (segment.outputError) this.#context.emitter.emit('failed', segment.outputError, undefined);
    return segment;
  }

  get #publishing(): PublishOptions {
    const { given, resolved } = this.#settings;
    const { signingKey } = given;
    return { ...resolved, encoders: this.#context.encoders, ...(signingKey && { signingKey }) };
  }
}
