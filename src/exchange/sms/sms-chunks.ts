/** A short message, cut into the chunks that are sent. */
export interface SmsChunks {
  /** `gsm` when all characters are in the GSM alphabet, `ucs2` otherwise. */
  readonly alphabet: 'gsm' | 'ucs2';
  readonly chunks: readonly string[];
  /** Units of the last chunk: septets or UCS-2 units. Some characters take two septets. */
  readonly lastLength: number;
}

/** Characters of one septet each (GSM 03.38, 6.2.1). */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Characters of the extension table: an escape, then one more septet. */
const EXTENSION = new Set('\f^{}\\[~]|€');

/** Most units of a message in one chunk, and of each of several chunks, which also hold a header. */
const ROOM = { gsm: { one: 160, each: 153 }, ucs2: { one: 70, each: 67 } } as const;

/** Cuts a text into chunks as GSM 03.38 and 03.40 do. A character is never cut. An empty text has no chunk. */
export function smsChunks(text: string): SmsChunks {
  const characters = [...text];
  const isGsm = characters.every((each) => BASIC.has(each) || EXTENSION.has(each));
  const alphabet = isGsm ? 'gsm' : 'ucs2';
  const unitsOf = (each: string) => (isGsm ? (EXTENSION.has(each) ? 2 : 1) : each.length);
  const total = characters.reduce((sum, each) => sum + unitsOf(each), 0);
  const { one, each: room } = ROOM[alphabet];
  if (total === 0) return { alphabet, chunks: [], lastLength: 0 };
  if (total <= one) return { alphabet, chunks: [text], lastLength: total };
  const chunks: string[] = [];
  let [chunk, length] = ['', 0];
  for (const character of characters) {
    const units = unitsOf(character);
    if (length + units > room) {
      chunks.push(chunk);
      [chunk, length] = ['', 0];
    }
    chunk += character;
    length += units;
  }
  return { alphabet, chunks: [...chunks, chunk], lastLength: length };
}
