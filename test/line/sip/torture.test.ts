import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { SipEndpoint } from '../../../src/line/sip/sip-endpoint.js';
import { turn } from '../../turns.js';
import { MemoryNetwork } from './memory-network.js';
import { RFC_4475, RFC_5118 } from './torture-messages.js';

const US = { host: '10.0.0.2', port: 5060 };

describe.each([
  ['RFC 4475', RFC_4475],
  ['RFC 5118', RFC_5118],
])('the torture messages of %s', (_, messages) => {
  it.each(messages)('$name is answered with $status', async ({ text, status }) => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork(clock);
    const failures: unknown[] = [];
    const endpoint = await SipEndpoint.open({
      clock,
      transports: [network.host(US.host)],
      failed: (error) => failures.push(error),
    });
    network.send({ host: '192.0.2.1', port: 5060 }, US, text);
    await turn();
    await clock.advance(100);
    const answers = network.sent
      .filter((line) => line.startsWith(US.host))
      .map((line) => Number(line.split(' ')[1]));
    expect(answers.filter((each) => each >= 200)[0]).toBe(status);
    expect(failures).toEqual([]);
    const closing = endpoint.close();
    await clock.advance(3000);
    await closing;
  });
});
