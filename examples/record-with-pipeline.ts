// Measures who speaks and when, beside a recording of the same call: `npm run example -- record-with-pipeline`.
import { attach, Exchange, PcmServer, recordCall, TcpTransport } from 'jackfield';
import { VoiceDetector } from 'jackfield/voice';

export interface Options {
  /** WAV file to record to. */
  readonly file: string;
  /** Length of the call, in milliseconds. */
  readonly ms?: number;
}

/** Returns how long the other party spoke, and the length of the recording, in milliseconds. */
export async function run({ file, ms = 3000 }: Options): Promise<{ spokenMs: number; recordedMs: number }> {
  await using exchange = await Exchange.start();
  await using client = await attach(new TcpTransport({ port: await exchange.listen() }));
  await using server = new PcmServer();
  const call = await client.call('echo123');
  const recording = await recordCall(call, server, { file, input: false });
  // The recording goes on whatever becomes of the pipeline: it has a queue of its own, and loses the oldest.
  const detector = await VoiceDetector.create();
  let spoken = 0;
  for await (const { remote, position } of recording.legs({ policy: 'drop-oldest' })) {
    for (const event of detector.push(remote)) {
      if (event.type === 'end') spoken += event.speechEnd - event.speechBegin;
    }
    if (position >= ms * 16 && !call.over) await call.hangUp();
  }
  for (const event of detector.flush()) {
    if (event.type === 'end') spoken += event.speechEnd - event.speechBegin;
  }
  const { sidecar } = await recording.finished;
  return { spokenMs: Math.round(spoken / 16), recordedMs: Math.round(sidecar.audio.durationMs) };
}
