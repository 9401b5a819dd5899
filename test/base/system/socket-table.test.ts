import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { findRows, type SocketRow, SocketTable } from '../../../src/base/system/socket-table.js';

const onLinux = process.platform === 'linux';

test('the table of sockets is read by its columns', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 0100007F:A001 01 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0',
    '12345: 0100007F:A001 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 4712 1 0',
    '   2: 0100007F:A002 0100007F:1F90 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0',
    '   3: 0000000000000000FFFF00000100007F:A003 0000000000000000FFFF00000100007F:1F90 01 ' +
      '00000000:00000000 00:00000000 00000000  1002        0 4713 1 0',
    '   4: 0100007F0000000000000000FFFF0000:A004 0100007F0000000000000000FFFF0000:1F90 01 ' +
      '00000000:00000000 00:00000000 00000000  1003        0 4714 1 0',
    '   5: 0100007F:A005 0100007F:1F90 01',
    '',
  ].join('\n');
  const rows = new Map<string, SocketRow>();
  const wanted = new Map([
    ['0100007F:A001 0100007F:1F90', 'a connection'],
    ['0100007F:A002 0100007F:1F90', 'one that its process has let go of'],
    ['0100007F:A003 0100007F:1F90', 'one of IPv4 on a socket of IPv6'],
    ['0100007F:A004 0100007F:1F90', 'one of IPv6 that only looks like it'],
    ['0100007F:A005 0100007F:1F90', 'a row cut short'],
  ]);
  findRows(text, wanted, rows);
  expect([...rows].map(([what, { uid, held }]) => [what, uid, held])).toEqual([
    ['a connection', 1001, true],
    ['one that its process has let go of', 0, false],
    ['one of IPv4 on a socket of IPv6', 1002, true],
  ]);
});

test.skipIf(!onLinux)('a socket that does not exist has no owner (needs Linux)', async () => {
  const table = SocketTable.open();
  expect(
    await table?.ownerOf({ address: '127.0.0.1', port: 1 }, { address: '127.0.0.1', port: 2 }),
  ).toBeUndefined();
  table?.close();
});

test.skipIf(!onLinux)('reports how much a peer has not read (needs Linux)', async () => {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  const table = SocketTable.open();
  const ends = [
    { address: '127.0.0.1', port: client.localPort ?? 0 },
    { address: '127.0.0.1', port: client.remotePort ?? 0 },
  ] as const;
  const sent = 1_000_000;
  client.write(Buffer.alloc(sent));
  const [own, other] = await Promise.all([table?.rowOf(ends[0], ends[1]), table?.rowOf(ends[1], ends[0])]);
  expect(own?.held).toBe(true);
  const known = (own?.unacknowledged ?? 0) + (other?.unread ?? 0) + client.writableLength;
  expect(known).toBeGreaterThanOrEqual(sent);
  peer.destroy();
  client.destroy();
  server.close();
  table?.close();
});
