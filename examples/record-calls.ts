// Records every call of an endpoint into a folder, by policy: `npm run example -- record-calls`.
import { once } from 'node:events';
import { attach, Exchange, PcmServer, Recorder, TcpTransport } from 'jackfield';

export interface Options {
  /** Where the recordings go. */
  readonly folder: string;
  /** Port of an endpoint that is running; without one, an exchange is started here, and a call made. */
  readonly port?: number;
}

/** Returns the first recording's file. */
export async function run({ folder, port }: Options): Promise<string> {
  await using exchange = port === undefined ? await Exchange.start() : undefined;
  await using client = await attach(new TcpTransport({ port: port ?? (await exchange?.listen()) ?? 0 }));
  await using server = new PcmServer();
  await using recorder = await Recorder.start(client, server, {
    folder,
    policy: 'outgoing',
    template: '{date}/{partner}-{id}',
    outputs: ['flac'],
  });
  recorder.on('recording', (recording) => {
    // A recording can be paused while something is said that must not be kept.
    recording.on('progress', ({ positionMs }) => {
      if (positionMs === 500) recording.pause('card number');
      if (positionMs === 800) recording.resume();
      if (exchange && positionMs === 2000) void recording.call.hangUp();
    });
  });
  const published = once(recorder, 'published');
  if (exchange) await client.call('echo123');
  const [{ file }] = await published;
  return file;
}
