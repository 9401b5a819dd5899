// Takes card numbers out of recordings, and out of all that was made of them: `npm run example -- mask-recordings`.
import { once } from 'node:events';
import { attach, Exchange, PcmServer, Recorder, TcpTransport } from 'jackfield';
import { Catalogue, type MaskedRecording, maskRecordings } from 'jackfield/recording';
import type { Transcriber } from 'jackfield/voice';

export interface Options {
  /** Where the recordings go. */
  readonly folder: string;
  /** Default: one that takes the third second of a call for a card number, in place of one that knows speech. */
  readonly transcriber?: Transcriber;
}

const DIGITS = [...'4111111111111111'];

const CARD_LISTENER: Transcriber = {
  name: 'card-listener',
  segments: true,
  async transcribe({ samples }) {
    const heard: number[] = [];
    for await (const each of samples) heard.push(...each);
    const words = DIGITS.map((word, at) => ({
      word,
      from: 32_000 + at * 1000,
      to: 33_000 + at * 1000,
    })).filter(({ from, to }) => heard.slice(from, to).some((sample) => sample !== 0));
    const [first] = words;
    const last = words.at(-1);
    const text = words.map(({ word }) => word).join(' ');
    return { text, segments: first && last ? [{ text, from: first.from, to: last.to, words }] : [] };
  },
};

/** Returns what was masked in each recording. */
export async function run({
  folder,
  transcriber = CARD_LISTENER,
}: Options): Promise<readonly MaskedRecording[]> {
  await using exchange = await Exchange.start();
  await using client = await attach(new TcpTransport({ port: await exchange.listen() }));
  await using server = new PcmServer();
  await using recorder = await Recorder.start(client, server, { folder, policy: 'all' });
  recorder.on('recording', (recording) =>
    recording.on('progress', ({ positionMs }) => {
      if (positionMs >= 4000) void recording.call.hangUp();
    }),
  );
  const published = once(recorder, 'published');
  await client.call('echo123');
  await published;

  using catalogue = Catalogue.open(folder);
  const results: MaskedRecording[] = [];
  await maskRecordings(catalogue, {
    transcriber,
    onRecording: (_recording, result, error) => {
      if (error) throw error;
      if (result) results.push(result);
    },
  });
  return results;
}
