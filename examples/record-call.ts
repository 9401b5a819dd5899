// Calls somebody and records both sides: `npm run example -- record-call`.
import { attach, Exchange, PcmServer, recordCall, TcpTransport } from 'jackfield';

export interface Options {
  /** Where the recording goes. */
  readonly file: string;
  /** Port of an endpoint that is running; without one, an exchange is started here. */
  readonly port?: number;
  /** How long to listen before hanging up, in milliseconds. */
  readonly listenMs?: number;
}

/** Returns how many samples of both legs are in the file. */
export async function run({ file, port, listenMs = 5000 }: Options): Promise<number> {
  await using exchange = port === undefined ? await Exchange.start() : undefined;
  await using client = await attach(new TcpTransport({ port: port ?? (await exchange?.listen()) ?? 0 }));
  await using server = new PcmServer();

  const call = await client.call('echo123');
  // Without an input the microphone goes on to be heard, and is the left leg of the recording.
  const recording = await recordCall(call, server, { file, input: false });
  recording.on('progress', ({ positionMs }) => {
    if (positionMs >= listenMs) void call.hangUp();
  });

  const { sidecar, error } = await recording.finished;
  if (error) throw error;
  return sidecar.audio.samples;
}
