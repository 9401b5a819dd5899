import { checkArgument, having, listOf, stream } from '../base/check.js';
import { type PcmSource, SAMPLES } from '../base/pcm.js';

/**
 * A processing step for audio: interleaved samples in, interleaved samples out, in pieces of any size. The output does
 * not depend on the sizes of the pieces.
 */
export interface PcmTransform {
  /** Takes the next samples. Returns the output that is ready; it belongs to the caller. */
  push(samples: Int16Array): Int16Array;
  /** Ends the input. Returns the rest of the output. Nothing may be pushed afterwards. */
  flush(): Int16Array;
}

/** A step that finds events in audio. The findings do not depend on the sizes of the pieces. */
export interface PcmAnalyzer<Finding> {
  /** Takes the next samples. Returns the findings that have become certain. */
  push(samples: Int16Array): Finding[];
  /** Ends the input. Returns the findings that were still open. Nothing may be pushed afterwards. */
  flush(): Finding[];
}

const STAGE = having('push', 'flush');
const PARTS = listOf(SAMPLES);

/** Runs a stream through a transform. */
export async function* transformPcm(source: PcmSource, transform: PcmTransform): AsyncGenerator<Int16Array> {
  checkArgument('source', source, stream);
  checkArgument('transform', transform, STAGE);
  for await (const samples of source) {
    const ready = transform.push(samples);
    if (ready.length > 0) yield ready;
  }
  const rest = transform.flush();
  if (rest.length > 0) yield rest;
}

/** Runs one array through a transform. */
export function transformSamples(samples: Int16Array, transform: PcmTransform): Int16Array {
  checkArgument('samples', samples, SAMPLES);
  checkArgument('transform', transform, STAGE);
  return concatSamples([transform.push(samples), transform.flush()]);
}

/** Runs a stream through an analyzer. */
export async function* analyzePcm<Finding>(
  source: PcmSource,
  analyzer: PcmAnalyzer<Finding>,
): AsyncGenerator<Finding> {
  checkArgument('source', source, stream);
  checkArgument('analyzer', analyzer, STAGE);
  for await (const samples of source) yield* analyzer.push(samples);
  yield* analyzer.flush();
}

/** Runs one array through an analyzer. */
export function analyzeSamples<Finding>(samples: Int16Array, analyzer: PcmAnalyzer<Finding>): Finding[] {
  checkArgument('samples', samples, SAMPLES);
  checkArgument('analyzer', analyzer, STAGE);
  return [...analyzer.push(samples), ...analyzer.flush()];
}

/** Joins arrays of samples into one. */
export function concatSamples(parts: readonly Int16Array[]): Int16Array {
  checkArgument('parts', parts, PARTS);
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads a whole stream into one array. The caller knows that it fits into memory. */
export async function collectSamples(source: PcmSource): Promise<Int16Array> {
  checkArgument('source', source, stream);
  const parts: Int16Array[] = [];
  for await (const samples of source) parts.push(samples);
  return concatSamples(parts);
}
