// Records calls, has what was said written down, and finds it by its words: `npm run example -- transcribing-recorder`.
import { once } from 'node:events';
import { attach, Exchange, PcmServer, Recorder, TcpTransport } from 'jackfield';
import { Catalogue, transcribeRecordings } from 'jackfield/recording';
import type { Transcriber } from 'jackfield/voice';

export interface Options {
  /** Where the recordings go. */
  readonly folder: string;
  /** Default: one that counts the seconds, in place of a real one such as `commandTranscriber`. */
  readonly transcriber?: Transcriber;
}

const COUNTING: Transcriber = {
  name: 'counting',
  async transcribe({ samples }) {
    let length = 0;
    for await (const each of samples) length += each.length;
    return { text: length > 0 ? `about ${Math.round(length / 16_000)} seconds of talk` : '' };
  },
};

/** Returns what was written down, and noted. */
export async function run({ folder, transcriber = COUNTING }: Options): Promise<readonly string[]> {
  await using exchange = await Exchange.start();
  await using client = await attach(new TcpTransport({ port: await exchange.listen() }));
  await using server = new PcmServer();
  await using recorder = await Recorder.start(client, server, { folder, policy: 'all' });
  recorder.on('recording', (recording) => {
    recording.mark('complaint about an invoice');
    recording.on('progress', ({ positionMs }) => {
      if (positionMs === 1000) void recording.call.hangUp();
    });
  });
  const published = once(recorder, 'published');
  await client.call('echo123');
  await published;

  using catalogue = Catalogue.open(folder);
  await transcribeRecordings(catalogue, { transcriber });
  // By the text of a mark; `talk` would find it by the transcript.
  for (const { id } of catalogue.search({ text: 'complaint' }))
    await catalogue.annotate(id, { tags: { team: 'billing' }, note: 'Called back.' });
  return catalogue.search({ text: 'talk billing' }).map(({ transcript = '' }) => transcript);
}
