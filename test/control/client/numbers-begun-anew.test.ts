import { expect, it } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { VirtualClock } from '../../../src/index.js';
import { ScriptedEndpoint } from '../scripted-endpoint.js';

/** A client whose endpoint has gone, and is there again; each call that it finds, as text. */
async function returned(before: readonly string[], script: Readonly<Record<string, string>> = {}) {
  const clock = new VirtualClock();
  const endpoint = new ScriptedEndpoint();
  const client = await attach(new MemoryTransport(endpoint), {
    ...{ clock, pingIntervalMs: 0, callCheckMs: 0, reattach: { firstDelayMs: 100 } },
  });
  const found: string[] = [];
  client.on('call', (call) => found.push(`${call.id} ${call.status}`));
  await endpoint.say(...before);
  found.length = 0;
  await endpoint.leave();
  endpoint.present = true;
  endpoint.script = (command) => script[command];
  await clock.advance(100);
  await client.attached();
  return { endpoint, client, found };
}

it('after the endpoint was away, a known number of an ended call can stand for a new call', async () => {
  const { endpoint, client, found } = await returned(['CALL 1 STATUS RINGING', 'CALL 1 STATUS FINISHED']);
  const first = client.callById(1);
  await endpoint.say('CALL 1 STATUS RINGING', 'CALL 1 STATUS INPROGRESS');
  expect(found).toEqual(['1 RINGING']);
  expect(first?.status).toBe('FINISHED');
  expect(client.callById(1)?.history.map(({ status }) => status)).toEqual(['RINGING', 'INPROGRESS']);
  await endpoint.say('CALL 1 STATUS FINISHED', 'CALL 1 STATUS RINGING');
  expect(found).toEqual(['1 RINGING']);
});

it('after the endpoint was away, an active call with a known number is a new call, also where the earlier call was lost', async () => {
  const { endpoint, found } = await returned(['CALL 1 STATUS FINISHED', 'CALL 2 STATUS INPROGRESS'], {
    'SEARCH ACTIVECALLS': 'CALLS 1',
    'GET CALL 1 STATUS': 'CALL 1 STATUS RINGING',
    'GET CALL 2 STATUS': 'ERROR 12 Unknown call',
  });
  expect(found).toEqual(['1 RINGING']);
  await endpoint.say('CALL 2 STATUS RINGING');
  expect(found).toEqual(['1 RINGING', '2 RINGING']);
});

it('late notifications of an ended call do not make a new call', async () => {
  const { endpoint, client, found } = await returned(['CALL 1 STATUS RINGING', 'CALL 1 STATUS FINISHED']);
  const first = client.callById(1);
  await endpoint.say('CALL 1 DURATION 5', 'CALL 1 SEEN TRUE', 'CALL 1 STATUS FINISHED');
  expect(found).toEqual([]);
  expect(client.callById(1)).toBe(first);
});
