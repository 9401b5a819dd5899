import { createHash } from 'node:crypto';

/** The application name with which programs register endpoints, and its key. Both are public. */
export const LOCK_AND_KEY_APP = 'msmsgs@msnmsgr.com';
const APP_KEY = 'Q1P7W2E4J9R8U3S5';

const MODULUS = 2_147_483_647n;
const FACTOR = 242_854_337n;

/**
 * Makes the value of the LockAndKey header. With it, a program that registers an endpoint proves that it knows the
 * algorithm.
 *
 * @param seconds Unix time.
 */
export function lockAndKey(seconds: number): string {
  const time = String(seconds);
  return `appId=${LOCK_AND_KEY_APP}; time=${time}; lockAndKeyResponse=${lockAndKeyResponse(time)}`;
}

/**
 * Checks a LockAndKey header.
 *
 * @returns false when it names the known application and the response does not match the time.
 */
export function isLockAndKey(header: string): boolean {
  const parts = new Map(
    header
      .toLowerCase()
      .split(';')
      .map((part) => {
        const at = part.indexOf('=');
        return [part.slice(0, at).trim(), part.slice(at + 1).trim()] as const;
      }),
  );
  if (parts.get('appid') !== LOCK_AND_KEY_APP) return true;
  return parts.get('lockandkeyresponse') === lockAndKeyResponse(parts.get('time') ?? '');
}

/** Response to a time, as 32 hexadecimal digits: the hash of time and key, mixed with two sums over the text. */
function lockAndKeyResponse(time: string): string {
  const hash = createHash('sha256').update(`${time}${APP_KEY}`).digest().subarray(0, 16);
  const text = `${time}${LOCK_AND_KEY_APP}`;
  const sums = sumsOf(wordsOf(Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8), '0'))), wordsOf(hash));
  const mixed = Buffer.alloc(16);
  for (const [index, word] of wordsOf(hash).entries()) {
    mixed.writeUInt32LE(Number(word ^ (sums[index % 2] ?? 0n)), 4 * index);
  }
  return mixed.toString('hex');
}

/** Computes two sums over pairs of words. Factors and addends come from the hash. */
function sumsOf(words: readonly bigint[], hash: readonly bigint[]): readonly [bigint, bigint] {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = hash.map((word) => word & MODULUS);
  let [last, sum] = [0n, 0n];
  for (const [index, word] of words.entries()) {
    const isFirst = index % 2 === 0;
    last += isFirst ? (word * FACTOR) % MODULUS : word;
    last = (isFirst ? last * a + b : last * c + d) % MODULUS;
    sum += last;
  }
  return [(last + b) % MODULUS, (sum + d) % MODULUS];
}

function wordsOf(bytes: Buffer): bigint[] {
  return Array.from({ length: bytes.length / 4 }, (_, index) => BigInt(bytes.readUInt32LE(4 * index)));
}
