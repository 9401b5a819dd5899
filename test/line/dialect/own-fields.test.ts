import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../src/line/dialect/dialect.js';
import { DIALECTS } from '../../../src/line/dialect/dialects.js';
import { copy, eventsOf, startedPair, UUID } from './sample-events.js';

/** Every name that some dialect has in its start. */
const NAMES = [
  ...['type', 'event', 'content-type', 'uuid', 'id', 'format', 'from', 'to', 'parameters', 'position'],
  ...[
    'callSid',
    'streamSid',
    'stream_id',
    'call_control_id',
    'accountSid',
    'tracks',
    'start',
    'sequenceNumber',
  ],
  ...['mediaFormat', 'media_format', 'customParameters', 'custom_parameters', 'sampleRate', 'mixType'],
  ...[
    'connection_id',
    'channel',
    'channel_id',
    'optimal_frame_size',
    'ptime',
    'channel_variables',
    'session',
  ],
  ...['customerData', '__proto__', 'constructor', 'toString'],
];

describe.each(Object.values(DIALECTS) as Dialect[])('the start of $name', (dialect) => {
  it("is read correctly, whatever the names of the call's parameters", () => {
    const { format } = dialect;
    const plain = startedPair(dialect).begun[0];
    for (const name of NAMES) {
      const parameters = Object.fromEntries([[name, 'a stranger']]);
      const provider = dialect.codec('provider', { format });
      const application = dialect.codec('application', { format });
      const start = { ...eventsOf(format).start, parameters } as never;
      const [told] = provider.write(start).flatMap((message) => application.read(copy(message)));
      const of = (event: unknown) => ({ ...Object(event), parameters: undefined });
      expect(of(told), name).toEqual(of(plain));
      // What the other side tells goes on being that of this call.
      const audio = provider.write(eventsOf(format).audio);
      expect(audio.flatMap((message) => application.read(copy(message))).length, name).toBeGreaterThan(0);
    }
  });

  it("does not take parties from the call's parameters", () => {
    const { format } = dialect;
    const provider = dialect.codec('provider', { format });
    const application = dialect.codec('application', { format });
    const parameters = { from: '+15550666', to: '+15550667', callSid: 'x', uuid: 'y' };
    const [told] = provider
      .write({ type: 'start', id: UUID, format, parameters })
      .flatMap((message) => application.read(copy(message)));
    expect(told ?? {}).not.toMatchObject({ from: expect.anything() });
    expect(told ?? {}).not.toMatchObject({ to: expect.anything() });
  });
});
