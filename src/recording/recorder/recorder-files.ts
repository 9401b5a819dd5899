import { join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import type { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import type { Catalogue } from '../archive/catalogue.js';
import type { EncoderSlots } from '../file/encoder-slots.js';
import type { SegmentResult } from '../file/segment.js';
import { AfterCallNotes } from '../masking/after-call-notes.js';
import type { AfterCalls, AfterCallsSettings } from '../masking/after-calls.js';
import { type LeftBehind, takeUp } from '../publication/left-behind.js';
import { Outbox } from '../publication/outbox.js';
import {
  type PublishOptions,
  publishSegment,
  resumePublication,
  type TellPublication,
} from '../publication/publish.js';
import { workAfterCalls } from './after-recorded.js';
import { removeSegment } from './follow-recording.js';
import type { RecorderEvents } from './recorder-events.js';
import type { RecorderOptions, ResolvedRecorderOptions } from './recorder-options.js';

/** The options of a recorder, as given and as resolved. */
export interface RecorderSettings {
  readonly given: RecorderOptions;
  readonly resolved: ResolvedRecorderOptions;
}

export interface RecorderFilesContext {
  readonly clock: Clock;
  readonly encoders: EncoderSlots;
  readonly catalogue: Catalogue | undefined;
  /** Emits the recorder's events about finished files. */
  readonly emitter: Pick<FencedEmitter<RecorderEvents>, 'emit'>;
}

/** Publishes the finished files of a recorder, adds them to the catalogue, and sends their events. */
export class RecorderFiles {
  readonly #context: RecorderFilesContext;
  readonly #outbox: Outbox;
  #settings: RecorderSettings;
  #after: AfterCalls | undefined;

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
    this.#after = this.#workAfter();
  }

  /** Uses other options for later files. */
  configure(settings: RecorderSettings): void {
    this.#settings = settings;
    this.#outbox.useChannels(settings.resolved.channels);
    const after = settingsAfter(settings);
    // Existing processing stays: recordings that wait for masking wait on when it is turned off.
    if (this.#after) this.#after.configure(after ?? {});
    else this.#after = this.#workAfter();
  }

  /** @param begun Options by which the recording began: it is masked by their rules. Default: the current ones. */
  async publish(
    segment: SegmentResult,
    type: string,
    begun: RecorderSettings = this.#settings,
  ): Promise<SegmentResult> {
    const tell = this.#tellBy(settingsAfter(begun));
    return this.#published(await publishSegment(segment, this.#publishing, type, tell));
  }

  async discard(segment: SegmentResult): Promise<void> {
    await removeSegment(segment);
    this.#context.emitter.emit('discarded', segment);
  }

  /** Finishes the work of an earlier process: unfinished recordings, unpublished files, waiting events. */
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
        void this.#published(await resumePublication(file, this.#publishing, this.#tellBy(undefined))),
      failed: (error) => emitter.emit('failed', error, undefined),
    });
    void this.#outbox.run();
    await catalogue?.keepHolds();
    await this.#takeUpAfter();
  }

  /** Ends the processing after calls and the deliveries. Undelivered events wait on disk. */
  async close(): Promise<void> {
    await this.#after?.end();
    await this.#outbox.close();
  }

  #tellBy(rules: AfterCallsSettings | undefined): TellPublication {
    return async ({ file, sidecar }, { id, type }) => {
      const { catalogue, emitter } = this.#context;
      await catalogue?.add(file, sidecar);
      if (catalogue?.gone) emitter.emit('failed', catalogue.gone, undefined);
      const waits = await this.#after?.keep(file, { id, type }, rules);
      if (!waits) await this.#outbox.add(type, { file, sidecar }, id);
    };
  }

  #workAfter(): AfterCalls | undefined {
    const { catalogue, emitter } = this.#context;
    if (!catalogue) return undefined;
    return workAfterCalls(settingsAfter(this.#settings), {
      catalogue,
      told: {
        transcribed: (entry) => emitter.emit('transcribed', entry),
        masked: (entry, result) => emitter.emit('masked', entry, result),
        undone: (file, error) => emitter.emit('undone', file, error),
      },
      tell: (published, { id, type }) => this.#outbox.add(type, published, id),
    });
  }

  async #takeUpAfter(): Promise<void> {
    if (this.#after) return await this.#after.takeUp();
    const { length } = await new AfterCallNotes(this.#settings.resolved.folder).read();
    if (length === 0) return;
    const text = `${length} recordings wait to be transcribed or masked, but afterCalls is not configured: give afterCalls.`;
    this.#context.emitter.emit('failed', new JackfieldError('ERR_INVALID_STATE', text), undefined);
  }

  #published(segment: SegmentResult): SegmentResult {
    this.#context.emitter.emit('published', segment);
    void this.#after?.takeUp();
    if (segment.outputError) this.#context.emitter.emit('failed', segment.outputError, undefined);
    return segment;
  }

  get #publishing(): PublishOptions {
    const { given, resolved } = this.#settings;
    const { signingKey } = given;
    return { ...resolved, encoders: this.#context.encoders, ...(signingKey && { signingKey }) };
  }
}

function settingsAfter({ given, resolved }: RecorderSettings): AfterCallsSettings | undefined {
  const { afterCalls, identity, signingKey } = given;
  const { encryptTo } = resolved.recording;
  return (
    afterCalls && {
      ...afterCalls,
      ...(identity !== undefined && { identity }),
      ...(signingKey && { signingKey }),
      ...(encryptTo && { encryptTo }),
    }
  );
}
