import { z } from 'zod';
import { JackfieldError } from '../../base/errors.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { ranged } from '../../base/ranged.js';
import { KEY_HEADER } from '../../base/web/service-key.js';
import { readCertificates, readToken } from '../../files/key-files.js';
import { MEDIA_URL, type MediaCredentials } from './connect-media.js';

const file = z.string().min(1).max(4096);

/** Fields of a configuration for a media server or an agent to connect to. */
export const peerFields = {
  url: z
    .string()
    .refine((url) => MEDIA_URL.accepts(url), `Expected ${MEDIA_URL.expected}`)
    .describe('Address of the server: wss://analysis.example.com/in, or tcp://host:port.'),
  variant: z.string().min(1).max(100).optional().describe('Version of the dialect. Default: the first one.'),
  encoding: z
    .enum(['s16', 's16be', 'mulaw', 'alaw'])
    .optional()
    .describe('Audio encoding. Default: the one of the dialect.'),
  sampleRate: ranged(SAMPLE_RATE).optional().describe('Sample rate, in Hz. Default: the one of the dialect.'),
  tokenFile: file.optional().describe('A file with a token for Authorization: Bearer.'),
  tokenHeader: z
    .string()
    .refine((header) => KEY_HEADER.accepts(header), `Expected ${KEY_HEADER.expected}`)
    .optional()
    .describe('Header that carries the token in place of Authorization: api-key.'),
  passwordFile: file.optional().describe('A file with user:password for Authorization: Basic.'),
  caFile: file
    .optional()
    .describe('CA certificates (PEM) to trust. Default: the certificates that Node trusts.'),
  parameters: z
    .record(z.string().min(1).max(200), z.string().max(10_000))
    .optional()
    .describe('Parameters that are sent to the server if its dialect supports them: strings by name.'),
};

/** Fields of {@link peerFields} that name files. */
export const PEER_FILES = ['tokenFile', 'passwordFile', 'caFile'] as const;

/**
 * Reads the files that a configuration names.
 *
 * @throws ERR_FILE; ERR_INVALID_ARG for a file without `user:password` or without a certificate.
 */
export async function readPeer(
  peer: Readonly<Partial<Record<(typeof PEER_FILES)[number] | 'tokenHeader', string | undefined>>>,
): Promise<{ readonly credentials?: MediaCredentials; readonly ca?: string }> {
  const { tokenFile, tokenHeader, passwordFile, caFile } = peer;
  const bearer = tokenFile === undefined ? {} : { bearer: await readToken(tokenFile) };
  const basic = passwordFile === undefined ? {} : { basic: await passwordOf(passwordFile) };
  const credentials = { ...bearer, ...basic, ...(tokenHeader !== undefined && { tokenHeader }) };
  return {
    ...(Object.keys(credentials).length > 0 && { credentials }),
    ...(caFile !== undefined && { ca: await readCertificates(caFile) }),
  };
}

async function passwordOf(path: string): Promise<string> {
  const pair = await readToken(path);
  if (/^[^:]+:./.test(pair)) return pair;
  throw new JackfieldError('ERR_INVALID_ARG', `${printable(path)} must contain user:password.`);
}
