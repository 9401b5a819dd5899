import { closeSync, writeSync } from 'node:fs';
import {
  path as aPath,
  checkOptions,
  flag,
  listOf,
  needed,
  object,
  oneOf,
  type Rules,
  rule,
} from '../../base/check.js';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES_PER_SAMPLE, msToSamples, type PcmFormat } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { openPrivateSync } from '../../files/private-file.js';
import type { FileSinkSpec, SynchronousSink } from '../sink.js';
import { SampleRun } from './sample-run.js';

/** Length fields are brought up to date at least this often, in ms of audio. */
const UPDATE_MS = 500;
const MAX_UINT32 = 0xffff_ffff;

/**
 * Writes a stream to a file that a {@link FileSinkSpec} describes. Samples are placed by their position, so dropped
 * ones become silence of exactly their length. Each write goes to the system at once, so written samples survive the
 * end of the process.
 */
export class FileSink implements SynchronousSink {
  readonly synchronous = true;
  readonly #fd: number;
  readonly #header: Uint8Array;
  readonly #headerBytes: number;
  readonly #fields: FileSinkSpec['lengthFields'];
  readonly #blockAlign: number;
  readonly #updateEvery: number;
  #base: number | undefined;
  #dataBytes = 0;
  #updatedAt = 0;

  /** @throws ERR_INVALID_ARG, ERR_FILE when the file cannot be created. */
  constructor(spec: FileSinkSpec, format: PcmFormat) {
    checkSpec(spec);
    this.#blockAlign = format.channels * BYTES_PER_SAMPLE;
    this.#updateEvery = msToSamples(UPDATE_MS, format) * this.#blockAlign;
    this.#header = Uint8Array.from(spec.header ?? []);
    this.#headerBytes = this.#header.length;
    this.#fields = spec.lengthFields ?? [];
    try {
      this.#fd = openPrivateSync(spec.path, spec.overwrite ? 'w' : 'wx');
    } catch (error) {
      throw cannotRecord(spec.path, error);
    }
    try {
      if (this.#header.length > 0) this.#writeHeader();
    } catch (error) {
      closeSync(this.#fd);
      throw cannotRecord(spec.path, error);
    }
  }

  write(samples: Int16Array, position: number): void {
    this.writeRun(SampleRun.of(samples), position);
  }

  /** Writes samples from the buffer that they were read to. */
  writeRun(run: SampleRun, position: number): void {
    this.#base ??= position;
    const offset = (position - this.#base) * this.#blockAlign;
    this.#writeAt(run.buffer, run.start, run.byteLength, this.#headerBytes + offset);
    this.#dataBytes = offset + run.byteLength;
    if (this.#dataBytes - this.#updatedAt >= this.#updateEvery) this.#update();
  }

  end(): void {
    try {
      this.#update();
    } finally {
      closeSync(this.#fd);
    }
  }

  #update(): void {
    this.#updatedAt = this.#dataBytes;
    if (this.#fields?.length) this.#writeHeader();
  }

  #writeHeader(): void {
    const view = new DataView(this.#header.buffer);
    for (const { offset, plus } of this.#fields ?? []) {
      view.setUint32(offset, Math.min(this.#dataBytes + plus, MAX_UINT32), true);
    }
    this.#writeAt(this.#header, 0, this.#headerBytes, 0);
  }

  #writeAt(bytes: Uint8Array, start: number, length: number, offset: number): void {
    for (let done = 0; done < length; ) {
      done += writeSync(this.#fd, bytes, start + done, length - done, offset + done);
    }
  }
}

function cannotRecord(path: string, cause: unknown): JackfieldError {
  return new JackfieldError(
    'ERR_FILE',
    `Cannot record to ${printable(path)}: ${printable(messageOf(cause))}.`,
    { cause },
  );
}

const RULES: Rules<FileSinkSpec> = {
  kind: needed(oneOf('file')),
  path: needed(aPath),
  overwrite: flag,
  header: rule('at most 4096 bytes', (value) => value instanceof Uint8Array && value.length <= 4096),
  lengthFields: listOf(object),
};

function checkSpec(spec: FileSinkSpec): void {
  checkOptions(spec, RULES);
  const { header, lengthFields = [] } = spec;
  for (const { offset, plus } of lengthFields) {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset + 4 > (header?.length ?? 0)) {
      throw invalidArgument('lengthFields.offset', 'the offset of 4 bytes inside the header', offset);
    }
    if (!Number.isSafeInteger(plus) || plus < 0)
      throw invalidArgument('lengthFields.plus', '0 or more', plus);
  }
}
