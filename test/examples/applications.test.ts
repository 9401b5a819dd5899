import { describe, expect, it } from 'vitest';
import * as tunnel from '../../examples/application-tunnel.js';

/** Bytes that go through the tunnel: `JACKFIELD_TUNNEL_BYTES=100000000` proves it with many. */
const BYTES = Number(process.env['JACKFIELD_TUNNEL_BYTES'] ?? 2_000_000);

describe('application-tunnel', () => {
  it('carries every byte of a TCP connection there and back', { timeout: 600_000 }, async () => {
    const { sent, received, seconds } = await tunnel.run({ bytes: BYTES });
    expect(received).toBe(sent);
    expect(seconds).toBeGreaterThan(0);
  });
});
