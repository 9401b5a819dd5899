/** A short message, cut into what goes out as one. */
export interface SmsChunks {
  /** `gsm` where every character is of the GSM alphabet, `ucs2` otherwise. */
  readonly alphabet: 'gsm' | 'ucs2';
  readonly chunks: readonly string[];
  /** Units of the last chunk: septets, of which some characters take two, or UCS-2 units. */
  readonly lastLength: number;
}

/** The alphabet of one septet for each character (GSM 03.38, 6.2.1). */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension: an escape, then one more septet. */
const EXTENSION = new Set('\f^{}\\[~]|€');

/** Most units of a message that goes out as one, and of each of several, which lose room for the header. */
const ROOM = { gsm: { one: 160, each: 153 }, ucs2: { one: 70, each: 67 } } as const;

/** Cuts a text as GSM 03.38 and 03.40 do: no character is cut in two. An empty text has no chunk. */
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
