import { X509Certificate } from 'node:crypto';
import { rule } from '../check.js';

const BLOCK = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** True for one certificate as PEM, or several one after the other; text between them counts for nothing. */
export function areCertificates(text: string): boolean {
  const blocks = text.match(BLOCK) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

/** Accepts {@link areCertificates}. TLS itself would take any text, and trust nobody by it. */
export const CERTIFICATES = rule(
  'certificates as PEM',
  (value) => typeof value === 'string' && areCertificates(value),
);

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}
