// A client that is no part of Jackfield: raw TCP, 16-bit samples and nothing else: `npm run example -- foreign-pcm-client`.
import { once } from 'node:events';
import { connect } from 'node:net';
import { PcmServer } from 'jackfield';
import { toneSamples } from 'jackfield/voice';

/** Returns how many samples the client has got, and how many the server has. */
export async function run(): Promise<{ readonly toClient: number; readonly fromClient: number }> {
  await using server = new PcmServer();

  // What an endpoint sends to SET_OUTPUT: the client writes bytes, little-endian, and ends.
  const listener = await server.lease({ object: 'client', stream: 'output', direction: 'receive' });
  const voice = toneSamples({ frequency: 440, durationMs: 500 });
  const mouth = connect(listener.port, '127.0.0.1');
  // Odd pieces, as programs that know no frames send them.
  const bytes = Buffer.from(voice.buffer, voice.byteOffset, voice.byteLength);
  for (let at = 0; at < bytes.length; at += 333) mouth.write(bytes.subarray(at, at + 333));
  mouth.end();
  let fromClient = 0;
  for await (const { samples } of listener.frames()) fromClient += samples.length;

  // What an endpoint takes from SET_INPUT: the client reads bytes until it has enough.
  const speaker = await server.lease({ object: 'client', stream: 'input', direction: 'send' });
  const ear = connect(speaker.port, '127.0.0.1');
  speaker.player.play(voice, { underrun: 'wait' });
  let bytesHeard = 0;
  ear.on('data', (chunk: Buffer) => {
    bytesHeard += chunk.length;
    if (bytesHeard >= bytes.length) ear.destroy();
  });
  await once(ear, 'close');
  return { toClient: Math.floor(bytesHeard / 2), fromClient };
}
