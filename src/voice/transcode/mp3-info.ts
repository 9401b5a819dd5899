/**
 * The first frame of an MP3 file, which decodes to silence and gives the length of the sound. LAME writes it as `Info`
 * for a constant bitrate, with the samples that the encoder added before and behind the sound. Players leave them out.
 */

/** Properties of a layer III frame, by its header of 4 bytes (ISO/IEC 11172-3, 2.4.2.3; 13818-3, 2.4.2.3). */
export interface Mp3Frame {
  /** The header itself. */
  readonly header: number;
  readonly sampleRate: number;
  /** Samples per channel. */
  readonly samples: number;
  readonly bytes: number;
  /** Offset of the first byte behind the side information. */
  readonly dataAt: number;
}

/** Length of the sound, and of the samples around it, per channel. */
export interface Mp3Length {
  /** Frames of sound, without this one. */
  readonly frames: number;
  /** Samples before the sound, without those that every decoder adds. */
  readonly delay: number;
  /** Samples behind the sound. */
  readonly padding: number;
}

/** Delays of LAME and of every decoder, in samples per channel. */
export const ENCODER_DELAY = 576;
export const DECODER_DELAY = 529;
/** Largest delay or padding: 12 bits each. */
const MAX_PADDING = 4095;

const KBITS = {
  full: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  low: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
/** Sample rates by the two bits of the version: 2.5, none, 2, 1. */
const RATES = [[11_025, 12_000, 8000], [], [22_050, 24_000, 16_000], [44_100, 48_000, 32_000]] as const;
const MONO = 3;
const LAYER_3 = 1;
/** Size of Xing's part of the frame, and of LAME's part behind it, in bytes. */
const XING_BYTES = 120;
const LAME_BYTES = 36;
/** Name of LAME in the files that it makes. */
const LAME = 'LAME3.100';
/** Flags for frames, bytes, table of contents and quality: all are present. */
const ALL_FIELDS = 0xf;

/** Reads the header of a frame; undefined when it is not a layer III frame. */
export function mp3Frame(header: number): Mp3Frame | undefined {
  const version = (header >>> 19) & 3;
  const layer = (header >>> 17) & 3;
  const sampleRate = RATES[version]?.[(header >>> 10) & 3];
  const kbits = KBITS[version === 3 ? 'full' : 'low'][(header >>> 12) & 15];
  if (header >>> 21 !== 0x7ff || layer !== LAYER_3 || !sampleRate || !kbits) return undefined;
  const samples = version === 3 ? 1152 : 576;
  const isMono = ((header >>> 6) & 3) === MONO;
  const side = version === 3 ? (isMono ? 17 : 32) : isMono ? 9 : 17;
  const check = (header >>> 16) & 1 ? 0 : 2;
  const bytes = Math.floor(((samples / 8) * kbits * 1000) / sampleRate) + ((header >>> 9) & 1);
  return { header, sampleRate, samples, bytes, dataAt: 4 + check + side };
}

/**
 * Makes the frame that precedes the sound of a file.
 *
 * @param like The header of the file's first frame.
 * @param of Absent while the length is not known yet: the frame then gives only the encoder's delay.
 */
export function infoFrame(like: number, of?: Mp3Length & { readonly soundBytes: number }): Uint8Array {
  const frame = roomyFrame(like);
  const bytes = new Uint8Array(frame.bytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, frame.header);
  const at = frame.dataAt;
  bytes.set(Buffer.from('Info'), at);
  if (of) {
    view.setUint32(at + 4, ALL_FIELDS);
    view.setUint32(at + 8, of.frames);
    view.setUint32(at + 12, frame.bytes + of.soundBytes);
    for (let percent = 0; percent < 100; percent++) bytes[at + 16 + percent] = Math.floor(percent * 2.56);
  } else view.setUint32(at + 4, ALL_FIELDS & ~3);
  const lame = at + (of ? XING_BYTES : XING_BYTES - 8);
  bytes.set(Buffer.from(LAME), lame);
  const { delay = ENCODER_DELAY, padding = 0 } = of ?? {};
  view.setUint8(lame + 21, delay >>> 4);
  view.setUint16(lame + 22, ((delay & 15) << 12) | Math.min(padding, MAX_PADDING));
  view.setUint16(lame + LAME_BYTES - 2, crc16(bytes.subarray(0, lame + LAME_BYTES - 2)));
  return bytes;
}

/** Makes a similar header, without a checksum, at the lowest bitrate whose frame has room for all fields. */
function roomyFrame(like: number): Mp3Frame {
  const plain = ((like | 0x10000) & ~0xf200) >>> 0;
  for (let index = 1; index < KBITS.full.length; index++) {
    const frame = mp3Frame((plain | (index << 12)) >>> 0);
    if (frame && frame.bytes >= frame.dataAt + XING_BYTES + LAME_BYTES) return frame;
  }
  throw new RangeError('No frame is long enough for the tag.');
}

/** Reads the length of the sound from the first frame of a file; undefined when it does not give it. */
export function readInfoFrame(bytes: Uint8Array): Mp3Length | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frame = bytes.length >= 4 ? mp3Frame(view.getUint32(0)) : undefined;
  if (!frame || bytes.length < frame.dataAt + XING_BYTES + LAME_BYTES) return undefined;
  const { dataAt: at } = frame;
  const word = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
  const lame = at + XING_BYTES;
  const isTold = word === 'Info' || word === 'Xing';
  if (!isTold || view.getUint32(at + 4) !== ALL_FIELDS) return undefined;
  if (!/^(LAME|Lav[fc])/.test(Buffer.from(bytes.subarray(lame, lame + 4)).toString('latin1')))
    return undefined;
  const both = view.getUint32(lame + 20) & 0xff_ffff;
  return { frames: view.getUint32(at + 8), delay: both >>> 12, padding: both & MAX_PADDING };
}

/** The checksum CRC-16/ARC. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** The part of an MP3 file before its sound. It is written without the length first, and overwritten at the end. */
export class Mp3Head {
  /** Frames that were encoded. */
  frames = 0;
  readonly #sampleCount: () => number;
  #at = 0;
  #like = 0;

  /** @param sampleCount Samples per channel of the sound, once all are encoded. */
  constructor(sampleCount: () => number) {
    this.#sampleCount = sampleCount;
  }

  /** Gives the frame and the offset at which it is inserted: behind the tags (ID3v2) at the beginning of the file. */
  begin(first: Uint8Array): { readonly at: number; readonly bytes: Uint8Array } {
    const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
    this.#at = tagBytes(first);
    this.#like = view.byteLength >= this.#at + 4 ? view.getUint32(this.#at) : 0;
    return { at: this.#at, bytes: mp3Frame(this.#like) ? infoFrame(this.#like) : new Uint8Array() };
  }

  /** Gives the same frame with the length of the sound; undefined when nothing was encoded. */
  end(bytes: number): { readonly at: number; readonly bytes: Uint8Array } | undefined {
    const frame = mp3Frame(this.#like);
    if (!frame) return undefined;
    const padding = this.frames * frame.samples - ENCODER_DELAY - this.#sampleCount();
    if (padding < 0 || padding > MAX_PADDING) return undefined;
    const length = { frames: this.frames, delay: ENCODER_DELAY, padding };
    return { at: this.#at, bytes: infoFrame(this.#like, { ...length, soundBytes: bytes - this.#at }) };
  }
}

/** Length of the tags at the beginning of a file (ID3v2.4, section 3.1: four times 7 bits). */
export function tagBytes(first: Uint8Array): number {
  if (Buffer.from(first.subarray(0, 3)).toString('latin1') !== 'ID3' || first.length < 10) return 0;
  return 10 + first.subarray(6, 10).reduce((size, byte) => size * 128 + (byte & 127), 0);
}
