import { expect, it } from 'vitest';
import { writeRtcp } from '../../../src/line/rtp/rtcp-packet.js';
import { RtcpReporter } from '../../../src/line/rtp/rtcp-reporter.js';
import { RtpSender } from '../../../src/line/rtp/rtp-sender.js';
import { VirtualClock } from '../../../src/line.js';

/** A moment at which the middle 32 bits of the NTP time are 0. They count 65536 to a second. */
const WRAP_MS = (60_000 * 65_536 - 2_208_988_800) * 1000;

it.each([
  ['is what is left of the time since the report', 1000, 65_536 - 6553 - 655, 6553, 10],
  ['goes over the wrap of 32 bits', 0, 2 ** 32 - 256, 190, 1],
  ['that rounding has made negative is none', 1000, 65_536 - 100, 101, 0],
  ['of a peer that had the report before it was sent is not known', 1000, 65_536 - 100, 65_536, undefined],
  ['is not known before the peer has heard a report', 1000, 0, 0, undefined],
])('the round trip %s', (_, atMs, lastReport, delay, expected) => {
  const clock = new VirtualClock(WRAP_MS + atMs);
  const sender = new RtpSender(() => undefined);
  const reporter = new RtcpReporter({
    ...{ clock, cname: 'ann', sender, clockRate: () => 8000 },
    ...{ source: () => undefined, send: () => undefined, bye: () => undefined },
  });
  const report = { ssrc: sender.ssrc, fractionLost: 64, lost: 5, highest: 20, jitter: 8, lastReport, delay };
  reporter.take(writeRtcp([{ type: 'report', ssrc: 2, reports: [report] }]), clock.now());
  expect(reporter.peer).toMatchObject({ lossPercent: 25, lost: 5, jitterMs: 1 });
  const { roundTripMs } = reporter.peer ?? {};
  if (expected === undefined) expect(roundTripMs).toBeUndefined();
  else expect(roundTripMs).toBeCloseTo(expected, 1);
});
