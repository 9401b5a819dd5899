import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { type PcmSink, VOICE_FORMAT } from '../../base/pcm.js';
import type { Voicemail } from '../../control/call/voicemail.js';
import type { Client } from '../../control/client/client.js';
import { removeFile } from '../../files/private-file.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { fetchAudio, type PlayVoicemailOptions, playToEnd } from '../play-voicemail.js';
import { voicemailStream } from '../voicemail-port.js';

/**
 * Makes the endpoint play a voicemail to a file in `folder`, then passes the samples to `sink` and removes the file.
 *
 * @throws ERR_API 592 when the endpoint may not write there; ERR_PEER when the file cannot be read; as {@link
 * fetchAudio}.
 */
export async function receiveByFile(
  client: Client,
  voicemail: Voicemail,
  folder: string,
  sink: PcmSink,
  options: PlayVoicemailOptions,
): Promise<void> {
  const path = join(resolve(folder), `voicemail-${voicemail.id}-${randomUUID()}.wav`);
  const output = voicemailStream(client, voicemail, 'OUTPUT');
  const limits = options.signal ? { signal: options.signal } : {};
  await fetchAudio(voicemail, options);
  try {
    await output.set([{ kind: 'file', path }], limits);
    await playToEnd(voicemail, () => voicemail.startPlayback(limits), options);
    await output.clear().catch(() => undefined);
    await using reader = await WavReader.open(path).catch((cause: unknown) => {
      throw new JackfieldError('ERR_PEER', `The endpoint wrote no readable audio: ${messageOf(cause)}`, {
        cause,
      });
    });
    let position = 0;
    for await (const samples of toFormat(reader, reader.format, VOICE_FORMAT)) {
      await sink.write(samples, position);
      position += samples.length;
    }
    await sink.end();
  } finally {
    await removeFile(path);
  }
}
