import { describe, expect, it } from 'vitest';
import { world } from './world.js';

describe('a simulated day of calls', () => {
  it('leaves nothing behind but the configured history', async () => {
    await using w = await world({ historyLimit: 50 });
    const [alice, bob] = [w.client('alice'), w.client('bob')];
    const CALLS = 2000;
    for (let n = 0; n < CALLS; n++) {
      alice.send('CALL bob');
      await w.clock.advance(600);
      bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
      await w.clock.advance(100);
      alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
      await w.clock.advance(86_400_000 / CALLS - 700);
      alice.lines.length = 0;
      bob.lines.length = 0;
    }
    // Times with a fraction are rounded, and that is no reason for a tick to be made again and again.
    for (const fraction of [0.1, 1 / 3, 0.7]) {
      await w.clock.advance(fraction);
      alice.send('CALL bob');
      await w.clock.advance(600.3);
      bob.send(`ALTER CALL ${bob.newest('CALL')} ANSWER`);
      await w.clock.advance(10_000);
      alice.send(`ALTER CALL ${alice.newest('CALL')} HANGUP`);
    }
    expect(w.exchange.calls).toEqual([]);
    expect(alice.send('SEARCH CALLS')[0]?.split(', ')).toHaveLength(50);
    // Nothing is left to happen: a timer that goes on for ever would keep this from ending.
    const patience = AbortSignal.timeout(30_000);
    await w.clock.run({ signal: patience });
    expect(patience.aborted).toBe(false);
  });
});
