import { expect, it } from 'vitest';
import { serveAgents } from '../../src/line.js';
import { testFolder } from '../voice/fixtures.js';
import { served, turned } from './served.js';

it('a configured bot can be a voice agent, and recorded calls can be forked', async () => {
  const heard: string[] = [];
  let forked = 0;
  await using agents = await serveAgents((peer) => {
    peer.listen((event) => {
      heard.push(event.type);
      if (event.type === 'start') {
        const { sampleRate } = peer.format;
        peer.say({
          type: 'audio',
          samples: new Int16Array(sampleRate / 2).fill(5000),
          sampleRate,
          channels: 1,
        });
        peer.say({ type: 'mark', name: 'said' });
      }
      if (event.type === 'marked') peer.end('done');
    });
  });
  await using receiver = await serveAgents((peer) => {
    peer.listen((event) => {
      if (event.type === 'audio') forked += event.samples.length;
    });
  });
  const to = (port: number) => `ws://127.0.0.1:${port}/`;
  await served(
    async ({ callers, events }) => {
      const [anna] = callers;
      const call = await anna?.call('desk');
      await call?.ended();
      const bots = () => events.flatMap((event) => (event.type === 'bot' ? [event.what] : []));
      await turned(() => bots().includes('done') && forked > 0);
      expect(heard.slice(0, 1)).toEqual(['start']);
      expect(heard).toContain('audio');
      expect(heard).toContain('marked');
      expect(bots()).toEqual(['talking', 'done']);
    },
    {
      record: { out: testFolder(), fork: { url: to(receiver.port), legs: 'stereo', maxBufferedMs: 60_000 } },
      bots: { greeter: { agent: { url: to(agents.port), allow: { hangUp: true } } } },
    },
  );
});
