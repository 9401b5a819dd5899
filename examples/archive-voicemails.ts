// Takes every voicemail of an account out into a folder: `npm run example -- archive-voicemails`.

import { attach, Exchange, PcmServer, TcpTransport } from 'jackfield';
import { archiveVoicemails, VoicemailArchive } from 'jackfield/voicemail';

export interface Options {
  /** The archive; run it again to fetch what is new. */
  readonly folder: string;
  /** Port of an endpoint that is running; without one, an exchange with one voicemail is started here. */
  readonly port?: number;
  /** WAV file of that one voicemail. */
  readonly message?: string;
}

/** Returns the audio files of all messages that are stored. */
export async function run({ folder, port, message = '' }: Options): Promise<string[]> {
  await using exchange = port === undefined ? await Exchange.start() : undefined;
  await exchange?.deposit({ to: 'jack', from: { handle: 'anna', fullName: 'Anna Ash' }, file: message });
  await using client = await attach(new TcpTransport({ port: port ?? (await exchange?.listen()) ?? 0 }));
  await using server = new PcmServer();
  await using archive = await VoicemailArchive.open(folder);

  const { failed } = await archiveVoicemails(client, archive, { route: { server }, concurrency: 4 });
  if (failed.length > 0)
    throw new Error(`${failed.length} messages failed, ${failed[0]?.detail}: run it again.`);

  return [...archive.find({ state: 'stored' })].map((stored) => archive.audioFile(stored) ?? '');
}
