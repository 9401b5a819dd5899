import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import type { SipSession } from '../../../src/line/sip-call/sip-session.js';
import { Client, metadata } from '../../recording/siprec/recording-client.js';

const MAIN = 'dist/cli/main.js';
const ends: (() => unknown)[] = [];

/** Ends all that was started. */
export async function ended(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

/** A line that the command prints. */
export interface Line {
  readonly event: string;
  readonly transport?: string;
  readonly [field: string]: unknown;
}

/** Starts the command; gives its JSON lines one by one. */
export function started(...options: string[]) {
  const child = spawn(process.execPath, [MAIN, 'siprec', '--json', '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const seen: Line[] = [];
  const next = async (passes: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error(`It ended: ${JSON.stringify(seen)}`);
      const line = JSON.parse(value) as Line;
      seen.push(line);
      if (passes(line)) return line;
    }
  };
  return { child, exited, next, event: (name: string) => next(({ event }) => event === name) };
}

/** Sends it a call, as a session border controller does. */
export async function dialled(
  port: unknown,
): Promise<{ readonly client: Client; readonly call: SipSession }> {
  const endpoint = await SipEndpoint.open({ ports: { udp: { host: '127.0.0.1', port: 0 } } });
  const client = await new Client().open();
  ends.push(
    () => client.close(),
    () => endpoint.close(),
  );
  client.xml = metadata(['Agent', 'Caller']);
  const headers = { Require: 'siprec' };
  const call = await new Promise<SipSession>((answered, failed) => {
    endpoint.invite(
      { uri: `sip:record@127.0.0.1:${port}`, from: 'sip:sbc@127.0.0.1', media: client, headers },
      { answered, failed: (failure) => failed(new Error(failure.kind)), ended: () => undefined },
    );
  });
  return { client, call };
}
