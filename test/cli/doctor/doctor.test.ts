import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/cli/doctor/doctor-checks.js';

/** Runs `jackfield doctor` with these variables and no others. */
async function doctor(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli/main.js', 'doctor', ...args], {
    env,
  });
  return stdout;
}

describe('jackfield doctor', () => {
  it('reports present and missing components, with advice', async () => {
    const printed = await doctor({ PATH: '/nonexistent' }, '--json');
    const findings = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Finding);
    const of = (subject: string) => findings.find((finding) => finding.subject.startsWith(subject));
    expect(of('Node')).toEqual({ subject: 'Node', status: 'ok', found: process.version });
    expect(of('loopback ports')).toMatchObject({ status: 'ok' });
    expect(of('open files')?.found).toMatch(/calls at once|no limit/);
    expect(of('ffmpeg')).toMatchObject({
      status: 'missing',
      remedy: expect.stringContaining('install ffmpeg'),
    });
    expect(of('sound devices')).toMatchObject({
      status: 'missing',
      remedy: expect.stringContaining('install'),
    });
    expect(of('sound devices (AUDIO_OUT, RINGER)')).toMatchObject({ found: 'none' });
    expect(of('cameras (VIDEO_IN)')?.found).toMatch(/./);
    expect(of('endpoint on tcp')).toMatchObject({ remedy: expect.stringContaining('jackfield exchange') });
    expect(findings.every(({ status, remedy }) => (status === 'ok') === (remedy === undefined))).toBe(true);
  });

  it.runIf(process.platform === 'linux')('looks on both buses and the display', async () => {
    const text = await doctor({ PATH: process.env['PATH'] });
    expect(text).toContain('– endpoint on D-Bus (session bus): DBUS_SESSION_BUS_ADDRESS is not set\n');
    expect(text).toContain('– endpoint on D-Bus (system bus): ');
    expect(text).toContain(
      '– endpoint on X11 (no display): DISPLAY is not set\n    run inside a desktop session',
    );
  });
});
