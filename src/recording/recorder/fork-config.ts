import { z } from 'zod';
import { ranged } from '../../base/ranged.js';
import { DIALECT_NAMES } from '../../line/dialect/dialect-names.js';
import { FORK_RULES } from '../../line/fork/fork-options.js';
import { PEER_FILES, peerFields, readPeer } from '../../line/media/peer-config.js';
import type { RecorderFork } from './fork-recorded.js';

/** Configuration schema of a receiver for the audio of recorded calls. */
export const forkConfigSchema = z.strictObject({
  ...peerFields,
  dialect: z
    .enum(DIALECT_NAMES)
    .optional()
    .describe('Protocol of the receiver. Default raw; for tcp addresses: rtpengine.'),
  legs: z
    .enum(['remote', 'local', 'stereo', 'mixed'])
    .optional()
    .describe('The legs that are sent; stereo has the local leg on the left. Default remote.'),
  policy: z
    .enum(['drop-oldest', 'drop-newest', 'spill'])
    .optional()
    .describe('Action when the receiver is too slow. Default drop-oldest.'),
  maxBufferedMs: ranged(FORK_RULES.maxBufferedMs ?? {})
    .optional()
    .describe('Longest audio that may wait for the receiver, in ms. Default 1000.'),
  reconnect: z
    .union([
      z.literal(false),
      z
        .strictObject({
          firstMs: z.number().min(0).max(3_600_000),
          longestMs: z.number().min(0).max(3_600_000),
          attempts: z.int().min(1).max(1_000_000),
        })
        .partial(),
    ])
    .optional()
    .describe(
      'Pauses before reconnecting after a lost connection, or false for none. Default 500 to 15000 ms, ten times.',
    ),
});

/** Fields of {@link forkConfigSchema} that name files. */
export const FORK_FILES = PEER_FILES;

/** Converts the fork of a configuration, and reads its files. @throws ERR_FILE, ERR_INVALID_ARG. */
export async function readFork(config: z.infer<typeof forkConfigSchema>): Promise<RecorderFork> {
  const { tokenFile, tokenHeader, passwordFile, caFile, ...fork } = config;
  return { ...fork, ...(await readPeer({ tokenFile, tokenHeader, passwordFile, caFile })) } as RecorderFork;
}
