import type { Exchange } from '../../exchange.js';
import type { SipLine } from '../../line.js';
import type { ExchangeView } from './exchange-view.js';

/** Reads the files of lines to real phones. @throws ERR_INVALID_ARG, ERR_FILE. */
export async function readSipLines(files: readonly string[]): Promise<readonly SipLine[]> {
  if (files.length === 0) return [];
  const { readSipLine, sipLine } = await import('../../line.js');
  return await Promise.all(files.map(async (file) => sipLine(await readSipLine(file))));
}

/** Adds lines to real phones, and shows their addresses and registrations. */
export async function addSipLines(
  exchange: Exchange,
  lines: readonly SipLine[],
  view: ExchangeView | undefined,
): Promise<void> {
  for (const line of lines) {
    const { name } = line;
    line.on('registration', (state) =>
      view?.note('registration', { line: name, ...state }, `${name}: ${state.kind}`),
    );
    line.on('reachable', (isThere) =>
      view?.note('reachable', { line: name, isThere }, `${name} ${isThere ? 'answers' : 'does not answer'}.`),
    );
    line.on('refused', (status, why, from) =>
      view?.note('refused-call', { line: name, status, why, from }, `${name}: ${status} to ${from} (${why})`),
    );
    await exchange.addLine(line);
    for (const { kind, host, port } of line.addresses) {
      const fields = { line: name, transport: kind, host, port };
      view?.note('listening', fields, `${name} listens on ${kind} ${host}:${port}.`);
    }
  }
}
