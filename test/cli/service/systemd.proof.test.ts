import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'user-manager.sh');
const SPACES = ['--fork', '--pid', '--mount', '--mount-proc', '--cgroup', '--net', '--kill-child'];
/** Everything that the script needs: root, namespaces, cgroups of the second version, and the programs. */
const NEEDED =
  'test -x /lib/systemd/systemd && umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && ' +
  'command -v systemctl dbus-run-session python3 nsenter';
const canRun = spawnSync('unshare', [...SPACES, 'sh', '-c', NEEDED]).status === 0;
const PATIENCE = { timeout: 40_000, interval: 200 };

describe.skipIf(!canRun)(
  'units under systemd (skipped where it is not installed, or a user manager cannot be run in namespaces by root)',
  () => {
    let manager: ChildProcess;
    let lines: AsyncIterator<string>;

    /** Has a line carried out beside the manager; gives what it prints, with its exit code at the end. */
    async function ask(line: string): Promise<string> {
      if (line !== '') manager.stdin?.write(`${line}\n`);
      for (let said = ''; ; ) {
        const { done, value } = await lines.next();
        if (done) throw new Error(`The manager has ended: ${said}`);
        if (/^= \d+$/.test(value)) return `${said}${value}`;
        said += `${value}\n`;
      }
    }
    const show = async (unit: string, property: string) =>
      (await ask(`systemctl --user show -P ${property} ${unit}`)).split('\n')[0] ?? '';
    const start = async (unit: string) => {
      const said = await ask(`systemctl --user start ${unit}`);
      expect(said === '= 0' ? said : `${said}\n${await ask('cat /mnt/log')}`).toBe('= 0');
      expect(await show(unit, 'ActiveState')).toBe('active');
    };
    const stop = async (unit: string) => {
      expect(await ask(`systemctl --user stop ${unit}`)).toBe('= 0');
      expect(await show(unit, 'Result')).toBe('success');
    };
    /** Waits until a file of this name is in a home of which each unit may write to its own part alone. */
    const kept = (name: string) =>
      vi.waitUntil(async () => (await ask(`find . -name '${name}' | grep .`)).endsWith('= 0'), PATIENCE);

    beforeAll(async () => {
      manager = spawn('unshare', [...SPACES, 'bash', SCRIPT, process.execPath, process.cwd()], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      if (!manager.stdout) throw new Error('It has no output.');
      lines = createInterface({ input: manager.stdout })[Symbol.asyncIterator]();
      expect(await ask('')).toBe('= 0');
      await start('jackfield-exchange');
    }, 60_000);
    afterAll(() => manager.kill('SIGKILL'));

    it('the recorder is ready, records a call in its sandbox, and ends in order', async () => {
      await start('jackfield-record');
      const pid = await show('jackfield-record', 'MainPID');
      for (const place of ['/etc', '/mnt/home', '/mnt/package']) {
        expect(await ask(`nsenter -t ${pid} -m touch ${place}/mark`)).toMatch(/Read-only file system\n= 1$/);
      }
      expect(await ask("jackfield trace --attach tcp:4100 'CALL echo123'")).toMatch(/= 0$/);
      await vi.waitUntil(
        async () => (await ask('find . -name "*.wav" -size +40k | grep .')).endsWith('= 0'),
        PATIENCE,
      );
      await stop('jackfield-record');
      await kept('*.manifest.json');
      expect(await ask('jackfield recordings verify --out "$(find . -name recordings)"')).toMatch(
        /^ok .*= 0$/s,
      );
    }, 120_000);

    it('the answering machine is ready, without the addresses of the machine too, and ends in order', async () => {
      const dropIn = '.config/systemd/user/jackfield-voicemail.service.d';
      await ask(`mkdir ${dropIn}`);
      const families = 'RestrictAddressFamilies=\\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\\n';
      await ask(`printf '[Service]\\n${families}' >${dropIn}/families.conf; systemctl --user daemon-reload`);
      await start('jackfield-voicemail');
      await stop('jackfield-voicemail');
    }, 120_000);

    it('the service is ready, reads its configuration again, and is started anew when it hangs', async () => {
      const dropIn = '.config/systemd/user/jackfield-serve.service.d';
      await ask(`mkdir ${dropIn}`);
      const hasty = 'WatchdogSec=6\\nTimeoutAbortSec=1\\nRestartSec=100ms\\n';
      await ask(`printf '[Service]\\n${hasty}' >${dropIn}/hasty.conf; systemctl --user daemon-reload`);
      const config = {
        endpoints: { desk: { attach: 'tcp:4100' } },
        record: { out: `\${STATE_DIRECTORY}/calls` },
        answeringMachine: { archive: `\${STATE_DIRECTORY}/voicemails` },
      };
      await ask(`echo '${JSON.stringify(config)}' >.config/jackfield/serve.yaml`);
      await start('jackfield-serve');
      expect(await ask('jackfield ctl status --json')).toMatch(/"up":true.*= 0$/s);
      expect(await ask('systemctl --user reload jackfield-serve')).toBe('= 0');
      await vi.waitUntil(
        async () => (await ask('grep \'"what":"configured"\' /mnt/log')).endsWith('= 0'),
        PATIENCE,
      );
      const hung = await show('jackfield-serve', 'MainPID');
      await ask(`kill -STOP ${hung}`);
      await vi.waitUntil(async () => Number(await show('jackfield-serve', 'NRestarts')) > 0, PATIENCE);
      await vi.waitUntil(async () => (await show('jackfield-serve', 'ActiveState')) === 'active', PATIENCE);
      expect(await show('jackfield-serve', 'MainPID')).not.toBe(hung);
      expect(await ask('jackfield ctl status --json')).toMatch(/"up":true.*= 0$/s);
      await stop('jackfield-serve');
    }, 120_000);
  },
);
