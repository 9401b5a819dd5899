import { entryOf } from '../../base/entry-of.js';
import type { PcmFormat } from '../../base/pcm.js';
import { imaSamplesPerBlock } from './ima-adpcm.js';
import { viewOf } from './wav-chunks.js';
import { ENCODING_SHAPES, FORMAT_TAG, type WavEncoding } from './wav-encoding.js';
import { WavError } from './wav-error.js';
import type { WavWarning } from './wav-warning.js';

/** Content of a `fmt ` chunk, with the faults in it. */
export interface Fmt {
  readonly format: PcmFormat;
  readonly encoding: WavEncoding;
  readonly bitsPerSample: number;
  readonly blockAlign: number;
  readonly samplesPerBlock: number;
  readonly warnings: readonly WavWarning[];
}

/** Fields of the chunk as written in the file. */
interface RawFmt {
  readonly formatTag: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly bits: number;
}

/**
 * Reads the body of a `fmt ` chunk. Channels and bits decide. A block size that contradicts them becomes a warning and
 * is ignored, as in sox and ffmpeg.
 *
 * @throws WavError `no-format`, `bad-format`, `unsupported-encoding`.
 */
export function parseFmt(bytes: Uint8Array): Fmt {
  if (bytes.length < 16) throw new WavError('no-format', `The chunk has ${bytes.length} bytes.`);
  const raw = rawFmt(bytes);
  const { channels, sampleRate, blockAlign: said, bits } = raw;
  const text = `It gives ${channels} channels, ${sampleRate} Hz, ${bits} bits, ${said} bytes per block.`;
  if (channels < 1 || channels > 32 || sampleRate < 1 || sampleRate > 1_000_000) {
    throw new WavError('bad-format', `${text} Expected 1 to 32 channels and 1 to 1000000 Hz.`);
  }
  const encoding = encodingOf(raw);
  if (!encoding) {
    const named = entryOf(TAG_NAMES, String(raw.formatTag));
    const kind = `format tag 0x${raw.formatTag.toString(16)}${named === undefined ? '' : ` (${named})`}`;
    throw new WavError('unsupported-encoding', `It has ${kind} with ${bits} bits.`);
  }
  const shape = ENCODING_SHAPES[encoding];
  const isBlockCoded = encoding === 'ima-adpcm';
  const blockAlign = isBlockCoded ? said : (shape.bitsPerSample / 8) * channels;
  const samplesPerBlock = isBlockCoded ? imaSamplesPerBlock(said, channels) : 1;
  if (isBlockCoded && samplesPerBlock <= 1) throw new WavError('bad-format', text);
  const warnings: WavWarning[] = [];
  if (bits !== shape.bitsPerSample) {
    const message = `The header gives ${bits} bits per sample; the file is read as ${encoding} with ${shape.bitsPerSample}.`;
    warnings.push({ code: 'bits', message });
  }
  if (said !== blockAlign) {
    const message =
      `The header gives ${said} bytes per block, which contradicts ${channels} channels of ${encoding}; ` +
      `the file is read with ${blockAlign}.`;
    warnings.push({ code: 'block-align', message });
  }
  const isSaid = encoding.startsWith('s') && Math.ceil(bits / 8) * 8 === shape.bitsPerSample;
  const bitsPerSample = isSaid ? bits : shape.bitsPerSample;
  return { format: { sampleRate, channels }, encoding, bitsPerSample, blockAlign, samplesPerBlock, warnings };
}

function rawFmt(bytes: Uint8Array): RawFmt {
  const view = viewOf(bytes);
  const tag = view.getUint16(0, true);
  return {
    formatTag: tag === FORMAT_TAG.extensible && bytes.length >= 26 ? view.getUint16(24, true) : tag,
    channels: view.getUint16(2, true),
    sampleRate: view.getUint32(4, true),
    blockAlign: view.getUint16(12, true),
    bits: view.getUint16(14, true),
  };
}

function encodingOf({ formatTag, channels, blockAlign, bits }: RawFmt): WavEncoding | undefined {
  // Without a usable number of bits, the block size is all that is known.
  const bitsOfBlock = (blockAlign / channels) * 8;
  switch (formatTag) {
    case FORMAT_TAG.pcm:
      // PCM of 9 to 15 bits (and so on) is left-justified in the next whole number of bytes.
      return shaped(formatTag, Math.ceil((bits || bitsOfBlock) / 8) * 8);
    case FORMAT_TAG.float:
      return shaped(formatTag, bits) ?? shaped(formatTag, bitsOfBlock);
    case FORMAT_TAG.alaw:
      return 'alaw';
    case FORMAT_TAG.mulaw:
      return 'mulaw';
    case FORMAT_TAG.imaAdpcm:
      return 'ima-adpcm';
    default:
      return undefined;
  }
}

function shaped(formatTag: number, bits: number): WavEncoding | undefined {
  for (const [encoding, shape] of Object.entries(ENCODING_SHAPES)) {
    if (shape.formatTag === formatTag && shape.bitsPerSample === bits) return encoding as WavEncoding;
  }
  return undefined;
}

/** Names, for messages, of encodings that occur in WAV files and are not supported, by their tags. */
const TAG_NAMES: Readonly<Record<string, string>> = {
  2: 'Microsoft ADPCM',
  49: 'GSM 6.10',
  64: 'G.721',
  69: 'G.726',
  80: 'MPEG',
  85: 'MP3',
};
