import { VirtualClock } from '../../../src/base/time/clock.js';
import { type SipLine, type SipLineParts, sipLine } from '../../../src/line/sip/sip-line.js';
import type { SipLineOptions } from '../../../src/line/sip/sip-line-options.js';
import type { LineOptions } from '../../../src/switch/line.js';
import { EPOCH_MS, type World, world } from '../../exchange/world.js';
import { driven } from '../../turns.js';
import { MemoryNetwork } from './memory-network.js';

export const MEDIA = { address: '127.0.0.1' } as const;

/** An exchange with a line on a network in memory. */
export interface Site {
  readonly w: World;
  readonly line: SipLine;
  readonly told: string[];
}

/** Adds an exchange with a line at `host`. */
export async function site(
  network: MemoryNetwork,
  clock: VirtualClock,
  host: string,
  options: SipLineOptions,
  parts: Partial<SipLineParts> & { readonly lines?: LineOptions; readonly skypeIn?: string } = {},
): Promise<Site> {
  const { lines, skypeIn, ...others } = parts;
  const users = [{ handle: 'alice', ...(skypeIn !== undefined && { skypeIn }) }, { handle: 'bob' }];
  const w = await world({ users }, clock);
  const line = sipLine({ media: MEDIA, ...options }, { transports: [network.host(host)], ...others });
  const told: string[] = [];
  line.on('registration', ({ kind }) => told.push(kind));
  line.on('refused', (status, why) => told.push(`${status} ${why}`));
  await driven(clock, w.exchange.addLine(line, lines));
  return { w, line, told };
}

/** Two exchanges: at the first one the second has an account, and the first knows it by a number. */
export async function twoSites(
  first: Partial<SipLineOptions> = {},
  second: Partial<SipLineOptions> = {},
): Promise<AsyncDisposable & { clock: VirtualClock; network: MemoryNetwork; office: Site; branch: Site }> {
  const clock = new VirtualClock(EPOCH_MS);
  const network = new MemoryNetwork(clock);
  const office = await site(network, clock, '10.0.0.1', {
    phones: [{ user: 'branch', password: 'secret', number: '+15550200' }],
    to: 'alice',
    ...first,
  });
  const branch = await site(network, clock, '10.0.0.2', {
    account: { address: 'sip:branch@10.0.0.1', password: 'secret' },
    to: 'bob',
    ...second,
  });
  return {
    clock,
    network,
    office,
    branch,
    async [Symbol.asyncDispose]() {
      await branch.w[Symbol.asyncDispose]();
      await office.w[Symbol.asyncDispose]();
    },
  };
}
