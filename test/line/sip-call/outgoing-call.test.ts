import { expect, it } from 'vitest';
import type { CallMedia } from '../../../src/line/sip-call/call-media.js';
import { type OutgoingHost, SipDestination } from '../../../src/line/sip-call/outgoing-call.js';
import { Attempt, type AttemptEvents } from '../../../src/switch/attempt.js';
import type { EndCause } from '../../../src/switch/leg.js';
import { until } from '../../turns.js';

it('an outgoing call releases its ports and its place when the line is closed before the INVITE was sent', async () => {
  const told: string[] = [];
  const media = { close: async () => void told.push('closed') } as unknown as CallMedia;
  const host = {
    admit: () => true,
    release: () => told.push('released'),
    failed: (error: Error) => told.push(error.message),
    openMedia: async () => media,
    invite: () => {
      throw new Error('The line is closed.');
    },
  } as unknown as OutgoingHost;
  const causes: EndCause[] = [];
  const events = { declined: (cause: EndCause) => causes.push(cause) } as unknown as AttemptEvents;
  const identity = { handle: '+15550100', fullName: '+15550100', network: 'PSTN' } as const;
  const way = { identity, tariff: undefined, options: () => ({}) as never };
  new SipDestination(host, way).arrive(new Attempt({ caller: identity }, events));
  await until(() => causes.length > 0);
  expect(causes).toEqual([{ kind: 'failed', reason: 'error' }]);
  expect(told).toEqual(['closed', 'The line is closed.', 'released']);
});
