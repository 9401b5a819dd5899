// A voice agent that talks back: it repeats what it hears, and hangs up at key 5. `npm run example -- voice-agent`.
// It is tried without a network here; `serveAgents(repeat, { port: 8765 })` has it answer on a WebSocket.
import { Exchange } from 'jackfield';
import { agentBot, testBot } from 'jackfield/bot';
import type { AgentPeer } from 'jackfield/line';

/** Says back what it hears, half a second later. */
export function repeat(agent: AgentPeer): void {
  const heard: Int16Array[] = [];
  agent.listen((event) => {
    if (event.type === 'dtmf' && event.digit === '5') agent.end('the caller has pressed 5');
    if (event.type !== 'audio') return;
    heard.push(event.samples);
    const samples = heard.length > 25 ? heard.shift() : undefined;
    if (samples) agent.say({ ...event, samples });
  });
}

/** Calls the agent, says something, and hears it come back. */
export async function run(
  options: { readonly speech?: string } = {},
): Promise<{ readonly outcome: string | undefined }> {
  const { speech = 'assets/speech/reader-870.wav' } = options;
  const { results } = await testBot(
    agentBot({ agent: repeat }),
    async (caller) => {
      await caller.speaks({ file: speech });
      await caller.hears({ file: speech }, { withinMs: 20_000 });
      await caller.presses('5');
      await caller.hasStatus('FINISHED');
    },
    { exchange: Exchange },
  );
  return { outcome: results[0]?.outcome };
}
