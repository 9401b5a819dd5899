const INDEX_STEPS = [-1, -1, -1, -1, 2, 4, 6, 8] as const;

// The 89 quantizer steps of the IMA (Recommended Practices for Enhancing Digital Audio Compatibility, 1992).
const STEPS = Int16Array.from([
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97,
  107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724,
  796, 876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026,
  4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500,
  20350, 22385, 24623, 27086, 29794, 32767,
]);

/** A run of whole IMA ADPCM blocks. */
export interface ImaBlocks {
  readonly bytes: Uint8Array;
  readonly channels: number;
  /** Bytes of a block. */
  readonly blockAlign: number;
  /** Samples per channel in a block. */
  readonly samplesPerBlock: number;
}

/** Samples per channel in an IMA ADPCM block of `blockAlign` bytes: one in the header, two in each further byte. */
export function imaSamplesPerBlock(blockAlign: number, channels: number): number {
  return Math.floor((blockAlign - 4 * channels) / (4 * channels)) * 8 + 1;
}

/**
 * Decodes Microsoft's IMA ADPCM blocks. A block begins with 4 bytes a channel: predictor s16, step index u8, reserved.
 * Then groups of 4 bytes (8 samples, low nibble first) follow, one of each channel in turn.
 */
export function decodeImaBlocks(samples: Int16Array, run: ImaBlocks): void {
  const { bytes, channels, blockAlign, samplesPerBlock } = run;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = Math.floor(bytes.length / blockAlign);
  for (let block = 0; block < blocks; block++) {
    for (let channel = 0; channel < channels; channel++) {
      const base = block * blockAlign;
      let value = view.getInt16(base + channel * 4, true);
      let index = Math.min(88, view.getUint8(base + channel * 4 + 2));
      let at = block * samplesPerBlock * channels + channel;
      samples[at] = value;
      for (let i = 0; i < samplesPerBlock - 1; i++) {
        const offset = base + 4 * channels + (i >> 3) * 4 * channels + channel * 4 + ((i & 7) >> 1);
        const nibble = (view.getUint8(offset) >> ((i & 1) * 4)) & 0x0f;
        const step = STEPS[index] ?? 0;
        let change = step >> 3;
        if (nibble & 4) change += step;
        if (nibble & 2) change += step >> 1;
        if (nibble & 1) change += step >> 2;
        value = Math.max(-32768, Math.min(32767, nibble & 8 ? value - change : value + change));
        index = Math.max(0, Math.min(88, index + (INDEX_STEPS[nibble & 7] ?? 0)));
        at += channels;
        samples[at] = value;
      }
    }
  }
}
