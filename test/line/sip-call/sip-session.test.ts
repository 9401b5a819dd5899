import { describe, expect, it } from 'vitest';
import type { End } from '../sip/stage.js';
import { stage } from '../sip/stage.js';

const answering = { arrives: (end: End) => void end.answer() };
const ringing = { arrives: (end: End) => void end.invite?.ring() };

/** The ladder without CSeq numbers. */
const steps = (lines: readonly string[]) => lines.map((line) => line.replace(/ \d+$/, ''));

describe('a call', () => {
  it('is placed, rings, is answered, and ends for both', async () => {
    await using s = await stage(ringing);
    s.alice.call('10.0.0.2');
    await s.pass(100);
    expect(s.alice.told).toEqual(['180']);
    await s.bob.answer();
    await s.pass(100);
    expect(s.alice.told).toEqual(['180', 'answered']);
    expect([s.alice.talk.told, s.bob.talk.told]).toEqual([
      ['takes answer 10.0.0.2 to offer 10.0.0.1 1'],
      ['answers offer 10.0.0.1 1'],
    ]);
    void s.alice.session?.end();
    await s.pass(100);
    expect([s.alice.told.at(-1), s.bob.told]).toEqual(['ended local', ['ended remote']]);
    expect(steps(s.network.ladder)).toEqual([
      '10.0.0.1 INVITE',
      '10.0.0.2 100 INVITE',
      '10.0.0.2 180 INVITE',
      '10.0.0.2 200 INVITE',
      '10.0.0.1 ACK',
      '10.0.0.1 BYE',
      '10.0.0.2 200 BYE',
    ]);
    expect([s.alice.endpoint.sessions, s.bob.endpoint.sessions]).toEqual([[], []]);
  });

  it('is established although every other message is lost', async () => {
    await using s = await stage(answering);
    s.network.loses = (_, count) => count % 2 === 1;
    s.alice.call('10.0.0.2');
    await s.pass(10_000);
    expect(s.alice.told).toEqual(['answered']);
    void s.bob.session?.end();
    await s.pass(10_000);
    expect([s.alice.told.at(-1), s.bob.told]).toEqual(['ended remote', ['ended local']]);
  });

  it('is hung up when no ACK comes', async () => {
    await using s = await stage(answering);
    s.network.loses = (text) => text.startsWith('ACK');
    s.alice.call('10.0.0.2');
    await s.pass(33_000);
    expect([s.bob.told, s.alice.told.at(-1)]).toEqual([['ended lost'], 'ended remote']);
  });

  it('fails after timer B when nobody answers', async () => {
    await using s = await stage();
    s.alice.call('10.0.0.9');
    await s.pass(31_900);
    expect(s.alice.told).toEqual([]);
    await s.pass(200);
    expect(s.alice.told).toEqual(['timeout']);
    expect(s.network.sent).toHaveLength(7);
  });

  it('has the offer in the 200 when the INVITE has none, and the answer in the ACK', async () => {
    await using s = await stage(answering);
    s.alice.call('10.0.0.2', { isOfferLate: true });
    await s.pass(100);
    expect([s.alice.talk.told, s.bob.talk.told]).toEqual([
      ['answers offer 10.0.0.2 1'],
      ['takes answer 10.0.0.1 to offer 10.0.0.2 1'],
    ]);
  });

  it('is answered only once when the INVITE arrives by two ways', async () => {
    await using s = await stage(ringing);
    s.alice.call('10.0.0.2');
    await s.pass(50);
    const invite = [
      'INVITE sip:bob@10.0.0.2 SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKother',
      ...[...(s.bob.invite?.request.headers ?? [])]
        .filter(([name]) => ['From', 'To', 'Call-ID', 'CSeq'].includes(name))
        .map(([name, value]) => `${name}: ${value}`),
      '',
      '',
    ];
    s.network.send({ host: '10.0.0.7', port: 5060 }, { host: '10.0.0.2', port: 5060 }, invite.join('\r\n'));
    await s.pass(50);
    expect(steps(s.network.sent).at(-1)).toBe('10.0.0.2 482 INVITE');
  });
});

describe('a call that is given up', () => {
  it('is cancelled while it rings', async () => {
    await using s = await stage(ringing);
    const call = s.alice.call('10.0.0.2');
    await s.pass(100);
    call.cancel();
    await s.pass(100);
    expect([s.alice.told, s.bob.told]).toEqual([['180', 'refused 487'], ['given up']]);
    expect(steps(s.network.ladder).slice(3)).toEqual([
      '10.0.0.1 CANCEL',
      '10.0.0.2 200 CANCEL',
      '10.0.0.2 487 INVITE',
      '10.0.0.1 ACK',
    ]);
  });

  it('is cancelled as soon as the other end has responded', async () => {
    await using s = await stage(ringing);
    s.alice.call('10.0.0.2').cancel();
    await s.pass(5);
    const call = s.alice.call('10.0.0.2');
    await s.pass(5);
    call.cancel();
    expect(steps(s.network.sent)).not.toContain('10.0.0.1 CANCEL');
    await s.pass(200);
    expect(s.alice.told.at(-1)).toBe('refused 487');
  });

  it('is hung up when the answer crosses the CANCEL', async () => {
    await using s = await stage(ringing);
    const call = s.alice.call('10.0.0.2');
    await s.pass(100);
    await s.bob.answer();
    call.cancel();
    await s.pass(100);
    expect([s.alice.told, s.bob.told]).toEqual([['180', 'cancelled'], ['ended remote']]);
    expect(steps(s.network.ladder)).toEqual(
      expect.arrayContaining(['10.0.0.1 CANCEL', '10.0.0.1 ACK', '10.0.0.1 BYE', '10.0.0.2 200 BYE']),
    );
  });
});

describe('media before the answer', () => {
  it('is agreed on in a 183 that is acknowledged, and not again in the 200', async () => {
    await using s = await stage({
      arrives: async (end, invite) => {
        await invite.ring({ media: end.talk });
        await end.answer();
      },
    });
    s.alice.call('10.0.0.2');
    await s.pass(200);
    expect(s.alice.told).toEqual(['183 with media', 'answered']);
    expect(s.alice.talk.told).toEqual(['takes answer 10.0.0.2 to offer 10.0.0.1 1']);
    expect(steps(s.network.ladder)).toEqual([
      '10.0.0.1 INVITE',
      '10.0.0.2 100 INVITE',
      '10.0.0.2 183 INVITE',
      '10.0.0.1 PRACK',
      '10.0.0.2 200 PRACK',
      '10.0.0.2 200 INVITE',
      '10.0.0.1 ACK',
    ]);
  });

  it('is followed by further responses one at a time, each after the PRACK of the one before', async () => {
    await using s = await stage({
      arrives: (end, invite) => {
        void invite.ring({ media: end.talk });
        void invite.ring({ status: 181 });
        void invite.ring({ status: 182 });
        void end.answer();
      },
    });
    s.alice.call('10.0.0.2', { headers: { Require: '100rel' } });
    await s.pass(500);
    expect(steps(s.network.sent)).toEqual([
      '10.0.0.1 INVITE',
      '10.0.0.2 100 INVITE',
      ...['183', '181', '182'].flatMap((status) => [
        `10.0.0.2 ${status} INVITE`,
        '10.0.0.1 PRACK',
        '10.0.0.2 200 PRACK',
      ]),
      '10.0.0.2 200 INVITE',
      '10.0.0.1 ACK',
    ]);
    expect([s.alice.told.at(-1), s.bob.failures]).toEqual(['answered', []]);
  });

  it('is agreed on although the 183 or the PRACK is lost', async () => {
    await using s = await stage({
      arrives: async (end, invite) => {
        await invite.ring({ media: end.talk });
        await end.answer();
      },
    });
    let lost = 0;
    s.network.loses = (text) => /^SIP\/2.0 183|^PRACK/.test(text) && lost++ < 3;
    s.alice.call('10.0.0.2');
    await s.pass(5000);
    expect(s.alice.told).toEqual(['183 with media', 'answered']);
  });

  it('fails the call when no PRACK comes', async () => {
    await using s = await stage({ arrives: (end, invite) => void invite.ring({ media: end.talk }) });
    s.network.loses = (text) => text.startsWith('PRACK');
    s.alice.call('10.0.0.2');
    await s.pass(40_000);
    expect(s.alice.told).toEqual(['183 with media', 'refused 504']);
  });

  it('is offered in a 183 when the INVITE has no offer, and answered in the PRACK', async () => {
    await using s = await stage({
      arrives: async (end, invite) => {
        await invite.ring({ media: end.talk });
        await end.answer();
      },
    });
    s.alice.call('10.0.0.2', { isOfferLate: true });
    await s.pass(200);
    expect([s.alice.talk.told, s.bob.talk.told]).toEqual([
      ['answers offer 10.0.0.2 1'],
      ['takes answer 10.0.0.1 to offer 10.0.0.2 1'],
    ]);
    expect(s.alice.told).toEqual(['183 with media', 'answered']);
  });

  it('is answered again by a 200 that comes right behind a 183 without 100rel', async () => {
    await using s = await stage({
      arrives: async (end, invite) => {
        invite.request.headers.delete('Supported');
        await invite.ring({ media: end.talk });
        await end.answer();
      },
    });
    s.alice.call('10.0.0.2');
    await s.pass(200);
    expect(s.alice.talk.told).toEqual([
      'takes answer 10.0.0.2 to offer 10.0.0.1 1',
      'takes answer 10.0.0.2 to offer 10.0.0.1 1',
    ]);
    expect(s.alice.told).toEqual(['183 with media', 'answered']);
  });
});

describe('an offer within a call', () => {
  const talking = async () => {
    const s = await stage(answering);
    s.alice.call('10.0.0.2');
    await s.pass(100);
    for (const { talk } of [s.alice, s.bob]) talk.told.length = 0;
    return s;
  };

  it.each(['alice', 'bob'] as const)('is made by %s, and answered', async (name) => {
    await using s = await talking();
    s[name].session?.reoffer();
    await s.pass(200);
    const others = name === 'alice' ? s.bob : s.alice;
    expect(s[name].talk.told).toHaveLength(1);
    expect(others.talk.told[0]).toMatch(/^answers offer/);
  });

  it('is repeated when two cross, later by the callee', async () => {
    await using s = await talking();
    s.alice.session?.reoffer();
    s.bob.session?.reoffer();
    await s.pass(50);
    expect(s.network.sent.filter((line) => line.includes(' 491 '))).toHaveLength(2);
    await s.pass(5000);
    expect([s.alice.talk.told.length, s.bob.talk.told.length]).toEqual([2, 2]);
    expect([s.alice.session?.state, s.bob.session?.state]).toEqual(['confirmed', 'confirmed']);
  });

  it('is made once for many requests at the same time', async () => {
    await using s = await talking();
    for (let i = 0; i < 5; i++) s.alice.session?.reoffer();
    await s.pass(500);
    expect(s.bob.talk.told).toHaveLength(2);
  });

  it('ends the call when the other end no longer knows it', async () => {
    await using s = await talking();
    if (s.bob.session) s.bob.endpoint.removeSession(s.bob.session);
    s.alice.session?.reoffer();
    await s.pass(500);
    expect(s.alice.told.at(-1)).toBe('ended lost');
  });
});

describe('the session timer', () => {
  it('is refreshed by the caller with UPDATE', async () => {
    await using s = await stage(answering);
    s.alice.call('10.0.0.2', { times: { expiresSeconds: 120 } });
    await s.pass(300_000);
    expect(steps(s.network.sent).filter((line) => line.endsWith('UPDATE'))).not.toHaveLength(0);
    expect([s.alice.session?.state, s.bob.session?.state]).toEqual(['confirmed', 'confirmed']);
    // The other end is gone: the one who waits ends it.
    s.network.loses = () => true;
    await s.pass(150_000);
    expect([s.alice.told.at(-1), s.bob.told.at(-1)]).toEqual(['ended lost', 'ended lost']);
  });

  it('is requested again after a 422 for a short interval', async () => {
    await using s = await stage({
      arrives: (end, invite) => {
        if (Number(invite.request.headers.get('Min-SE')) < 600) invite.reject(422, { 'Min-SE': '600' });
        else void end.answer();
      },
    });
    s.alice.call('10.0.0.2', { times: { expiresSeconds: 120 } });
    await s.pass(200);
    expect(s.alice.told).toEqual(['answered']);
    expect(s.bob.invite?.request.headers.get('Session-Expires')).toBe('600');
  });

  it('refuses an interval that is too short', async () => {
    await using s = await stage(answering);
    s.alice.call('10.0.0.2', { times: { expiresSeconds: 60, minSeconds: 60 } });
    await s.pass(200);
    // It comes again with the time that was asked for.
    expect(s.alice.told).toEqual(['answered']);
    expect(steps(s.network.ladder)).toContain('10.0.0.2 422 INVITE');
  });
});
