import { describe, expect, test } from 'vitest';
import { attach } from '../../../src/control/attach.js';
import {
  AutoTransport,
  NoEndpointError,
  transportsOf,
} from '../../../src/control/transport/auto-transport.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { TcpTransport } from '../../../src/control/transport/tcp-transport.js';
import { transportAt } from '../../../src/control/transport/transport-address.js';
import { ScriptedEndpoint } from '../scripted-endpoint.js';

function absent() {
  const endpoint = new ScriptedEndpoint();
  endpoint.present = false;
  return new MemoryTransport(endpoint);
}

test('the first transport that opens is taken', async () => {
  const endpoint = new ScriptedEndpoint();
  const auto = new AutoTransport([absent(), new MemoryTransport(endpoint), new TcpTransport({ port: 1 })]);
  const client = await attach(auto, { pingIntervalMs: 0 });
  expect(endpoint.commands).toEqual(['NAME jackfield', 'PROTOCOL 8']);
  await client.close();
});

test('when no transport opens, each attempt is listed with its error', async () => {
  const error = await attach(new AutoTransport([absent(), new TcpTransport({ port: 1 })])).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(NoEndpointError);
  expect(error).toMatchObject({
    code: 'ERR_ATTACH_UNAVAILABLE',
    attempts: [{ transport: 'memory' }, { transport: 'tcp 127.0.0.1:1' }],
    message: expect.stringMatching(/memory.*away[\s\S]*tcp 127\.0\.0\.1:1.*ECONNREFUSED/),
  });
});

test('the signal ends the search', async () => {
  const auto = new AutoTransport([absent()]);
  await expect(attach(auto, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
});

test.each([
  ['linux', ['D-Bus (session bus)', 'D-Bus (system bus)', 'X11', 'tcp 127.0.0.1:4100']],
  ['win32', ['window messages', 'tcp 127.0.0.1:4100']],
  ['darwin', ['AppleScript', 'tcp 127.0.0.1:4100']],
] as const)('%s has its own transports', (platform, names) => {
  expect(transportsOf(platform).map(({ name }) => name.replace(/^X11.*/, 'X11'))).toEqual(names);
});

describe('addresses', () => {
  test.each([
    ['auto', 'auto'],
    ['tcp', 'tcp 127.0.0.1:4100'],
    ['tcp:5000', 'tcp 127.0.0.1:5000'],
    ['tcp:localhost:5000', 'tcp localhost:5000'],
    ['tcp:[::1]:5000', 'tcp [::1]:5000'],
    ['dbus', 'D-Bus (session bus)'],
    ['dbus:system', 'D-Bus (system bus)'],
    ['dbus:unix:path=/tmp/bus', 'D-Bus (unix:path=/tmp/bus)'],
    ['x11::7', 'X11 (:7)'],
    ['windows', 'window messages'],
    ['macos', 'AppleScript'],
  ])('%s', (address, name) => {
    expect(transportAt(address).name).toBe(name);
  });

  test.each(['', 'udp', 'tcp:x', 'tcp:host:', 'tcp:10.0.0.1:4100', 'x11:nowhere', 'windows:1'])(
    '%j is refused',
    (address) => {
      expect(() => transportAt(address)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
    },
  );
});
