/** Parts of WAV files as other programs write them, right or wrong. */
export interface MadeFmt {
  readonly tag?: number;
  readonly channels?: number;
  readonly sampleRate?: number;
  readonly blockAlign?: number;
  readonly bits?: number;
}

export function fmt({
  tag = 1,
  channels = 1,
  sampleRate = 8000,
  blockAlign = 2,
  bits = 16,
}: MadeFmt = {}): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRate, 4);
  body.writeUInt32LE(sampleRate * blockAlign, 8);
  body.writeUInt16LE(blockAlign, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', body);
}

/** @param size What the header says, where that is not the length. @param pad Whether an odd body gets its pad byte. */
export function chunk(id: string, body: Uint8Array, { size = body.length, pad = true } = {}): Buffer {
  const header = Buffer.alloc(8);
  header.write(id, 0, 'latin1');
  header.writeUInt32LE(size, 4);
  return Buffer.concat([header, body, Buffer.alloc(pad ? body.length & 1 : 0)]);
}

export function riff(
  parts: readonly Uint8Array[],
  { size, id = 'RIFF' }: { size?: number; id?: string } = {},
): Buffer {
  const body = Buffer.concat([Buffer.from('WAVE'), ...parts]);
  const header = Buffer.alloc(8);
  header.write(id, 0, 'latin1');
  header.writeUInt32LE(size ?? body.length, 4);
  return Buffer.concat([header, body]);
}

export function ds64(riffBytes: bigint, dataBytes: bigint, samples = 0n): Buffer {
  const body = Buffer.alloc(28);
  for (const [index, value] of [riffBytes, dataBytes, samples].entries())
    body.writeBigUInt64LE(value, index * 8);
  return chunk('ds64', body);
}

const INFO = Buffer.concat([Buffer.from('INFO'), chunk('INAM', Buffer.from('A name'))]);

function id3v2(flags = 0, body = 40): Buffer {
  return Buffer.concat([
    Buffer.from([0x49, 0x44, 0x33, 4, 0, flags, 0, 0, body >> 7, body & 0x7f]),
    Buffer.alloc(body, 0x41),
  ]);
}

/** Tags that programs put behind the sound, by what they are called. */
export const TAGS: Readonly<Record<string, Buffer>> = {
  'ID3v1 tag': Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0x20)]),
  'APE tag': apeTag(),
  'Lyrics3 tag': Buffer.from('LYRICSBEGININD0000210000021LYRICS200'),
  'ID3v2 tag': Buffer.concat([id3v2(0x10), Buffer.from([0x33, 0x44, 0x49, 4, 0, 0x10, 0, 0, 0, 40])]),
  'LIST chunk': chunk('LIST', INFO),
  'id3 chunk': chunk('id3 ', id3v2()),
};

export const ID3V2_IN_FRONT = id3v2(0, 300);

function apeTag(): Buffer {
  const item = Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('Title\0Name')]);
  const end = (flags: number) => {
    const bytes = Buffer.alloc(32);
    bytes.write('APETAGEX', 0, 'latin1');
    bytes.writeUInt32LE(2000, 8);
    bytes.writeUInt32LE(item.length + 32, 12);
    bytes.writeUInt32LE(1, 16);
    bytes.writeUInt32LE(flags, 20);
    return bytes;
  };
  return Buffer.concat([end(0xa000_0000), item, end(0x8000_0000)]);
}
