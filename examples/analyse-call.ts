// Analyses a call while it is recorded, then its file, which says the same: `npm run example -- analyse-call '{"file":"call.wav"}'`.
import { attach, Exchange, PcmServer, recordCall, TcpTransport } from 'jackfield';
import { type AnalysisReport, analyse, analyseFile } from 'jackfield/analysis';

export interface Options {
  /** WAV file to record into. */
  readonly file: string;
}

/** Returns where speech began, in milliseconds for each leg, the figures of the live call, and those of its file. */
export async function run({ file }: Options): Promise<{
  readonly began: readonly [local: number[], remote: number[]];
  readonly live: AnalysisReport;
  readonly after: AnalysisReport;
}> {
  await using exchange = await Exchange.start();
  await using client = await attach(new TcpTransport({ port: await exchange.listen() }));
  await using server = new PcmServer();

  const call = await client.call('echo123');
  const recording = await recordCall(call, server, { file });
  recording.on('progress', ({ positionMs }) => {
    if (positionMs >= 3000) void call.hangUp();
  });
  // Reads beside the recording, which never waits for it.
  const analysis = analyse(recording);
  const began: [number[], number[]] = [[], []];
  for await (const event of analysis) if (event.type === 'speech-began') began[event.leg].push(event.at / 16);

  await recording.finished;
  return { began, live: analysis.report(), after: await analyseFile(file) };
}
