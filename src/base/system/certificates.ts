import { X509Certificate } from 'node:crypto';
import { rule } from '../check.js';

const BLOCK = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g;

/** True for one or several certificates in PEM. Text between them is ignored. */
export function areCertificates(text: string): boolean {
  const blocks = text.match(BLOCK) ?? [];
  return blocks.length > 0 && blocks.every(isCertificate);
}

/**
 * Accepts a text for which {@link areCertificates} is true. TLS itself would accept any text, and then trust no
 * certificate.
 */
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
