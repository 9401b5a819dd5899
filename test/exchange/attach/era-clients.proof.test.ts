import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange/exchange.js';
import { hasDbusDaemon, hasXvfb, startBus, startDisplay } from '../../control/private-servers.js';
import { folder } from '../world.js';

/** The Python of the system, to which its packages belong, or the first in the path. */
function pythonWith(...modules: string[]): string | undefined {
  return ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', `import ${modules.join(', ')}`]).status === 0,
  );
}

const dbusPython = hasDbusDaemon ? pythonWith('dbus', 'gi') : undefined;
const xlibPython = hasXvfb ? pythonWith('Xlib') : undefined;
const has = (program: string) => spawnSync(program, ['--help']).error === undefined;

/** Runs a program, and gives back what it printed. */
async function run(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const [code] = await once(child, 'close');
  expect(code, printed).toBe(0);
  return printed;
}

const script = (name: string) => new URL(`../../fixtures/clients/${name}`, import.meta.url).pathname;

/** Where the lines of a client come in this order, whatever comes between them. */
function inOrder(printed: string, lines: readonly string[]): string[] {
  const all = printed.split('\n');
  let from = 0;
  return lines.filter((line) => {
    const at = all.indexOf(line, from);
    if (at >= 0) from = at + 1;
    return at >= 0;
  });
}

describe('programs that were written for Skype work with the exchange', () => {
  it.skipIf(!dbusPython)(
    'a client on dbus-python (skipped without dbus-daemon, python3-dbus, python3-gi)',
    async () => {
      await using bus = await startBus();
      await using exchange = await Exchange.start();
      await exchange.listenOnDbus({ address: bus.address });
      const printed = await run(dbusPython ?? '', [script('dbus-client.py'), 'radio'], {
        DBUS_SESSION_BUS_ADDRESS: bus.address,
      });
      const story = [
        '> NAME radio',
        '< OK',
        '> PROTOCOL 9999',
        '< PROTOCOL 8',
        '> SEARCH ACTIVECALLS',
        '< CALLS ',
        '> CALL echo123',
        '< CALL 1 STATUS UNPLACED',
        '< CALL 1 STATUS ROUTING',
        '< CALL 1 STATUS RINGING',
        '< CALL 1 STATUS INPROGRESS',
        '> GET CALL 1 INPUT',
        '< CALL 1 INPUT SOUNDCARD="default"',
        '< CALL 1 DURATION 1',
        '< CALL 1 DURATION 2',
        '< CALL 1 STATUS FINISHED',
      ];
      expect(inOrder(printed, story), printed).toEqual(story);
      for (const line of ['CONNSTATUS ONLINE', 'CURRENTUSERHANDLE jack', 'USERSTATUS ONLINE'])
        expect(printed).toContain(`< ${line}\n`);
      expect(printed).toMatch(/^< CALL 1 VAA_INPUT_STATUS TRUE$/m);
      const [, bytes, loudest] = /^heard (\d+) (\d+)$/m.exec(printed) ?? [];
      // About two seconds of the greeting, whole samples, closed after the end.
      expect(Number(bytes), printed).toBeGreaterThan(32_000);
      expect(Number(bytes) % 640).toBe(0);
      expect(Number(loudest)).toBeGreaterThan(1000);
    },
    30_000,
  );

  it.skipIf(!dbusPython)(
    'a plug-in for a messenger that does not check answers (skipped without dbus-daemon, python3-dbus)',
    async () => {
      await using bus = await startBus();
      const pictures = folder();
      const hostile = 'Doe; John, x';
      await using exchange = await Exchange.start({
        users: [
          { handle: 'jack', contacts: ['jill', 'echo123'] },
          { handle: 'jill', fullName: hostile, profile: { PHONE_HOME: '+1;2' } },
        ],
        fileRoots: [pictures],
      });
      await exchange.listenOnDbus({ address: bus.address });
      const printed = await run(dbusPython ?? '', [script('messenger-client.py'), pictures], {
        DBUS_SESSION_BUS_ADDRESS: bus.address,
      });
      const story = [
        'contact jill|Doe John x|+1 2|||ONLINE||TRUE|',
        "mood ''",
        'zone 0',
        'picture True',
        'bytes ffd8',
        'contact echo123|Echo / Sound Test Service||||ONLINE||FALSE|',
        "mood ''",
        'zone 0',
        'picture True',
        'bytes ffd8',
        "found ''",
        "found 'jill, echo123'",
        "found ''",
        '> SET USERSTATUS ONLINE',
        '= USERSTATUS ONLINE',
        '> SET USERSTATUS AWAY',
        '= USERSTATUS AWAY',
        '> CLEAR CALLHISTORY ALL ALL',
        '= CLEAR CALLHISTORY ALL ALL',
        '> SET RINGTONE 1 STATUS OFF',
        '= RINGTONE 1 OFF',
      ];
      expect(printed.split('\n').filter((line) => !line.startsWith('<'))).toEqual([...story, '']);
      expect(printed).toContain('< USER jack ONLINESTATUS AWAY\n');
      expect(printed.match(/^< USERSTATUS .*$/gm)?.slice(1)).toEqual(['< USERSTATUS AWAY']);
    },
    30_000,
  );

  it.skipIf(!dbusPython)(
    'a plug-in that compares the whole text of ERROR 68, when it is refused (skipped without dbus-daemon, python3-dbus)',
    async () => {
      await using bus = await startBus();
      await using exchange = await Exchange.start({ attach: 'deny' });
      await exchange.listenOnDbus({ address: bus.address });
      const printed = await run(dbusPython ?? '', [script('messenger-client.py'), '/tmp'], {
        DBUS_SESSION_BUS_ADDRESS: bus.address,
      });
      expect(printed).toBe('refused\n');
    },
    30_000,
  );

  it.skipIf(!xlibPython)(
    'a client on python-xlib (skipped without Xvfb, python3-xlib)',
    async () => {
      await using display = await startDisplay();
      await using exchange = await Exchange.start();
      await exchange.listenOnX11({ display: display.address });
      const printed = await run(xlibPython ?? '', [script('x11-client.py'), 'recorder'], {
        DISPLAY: display.address,
      });
      const story = [
        '< OK',
        '< PROTOCOL 5',
        '< CONNSTATUS ONLINE',
        '< CURRENTUSERHANDLE jack',
        '< USERSTATUS ONLINE',
        '> GET USER echo12 SEX',
        '< ERROR 9 Unknown user',
        '> GET USER echo123 SEX',
        '< USER echo123 SEX UNKNOWN',
        '> CALL echo123',
        '< CALL 1 STATUS RINGING',
        '< CALL 1 STATUS INPROGRESS',
        '< CALL 1 DURATION 1',
        '> SET CALL 1 STATUS FINISHED',
        '< CALL 1 STATUS FINISHED',
      ];
      expect(inOrder(printed, story), printed).toEqual(story);
    },
    30_000,
  );

  it.skipIf(!hasDbusDaemon || !has('dbus-send') || !has('gdbus'))(
    'shell scripts on dbus-send and gdbus, each command a client of its own (skipped without them)',
    async () => {
      await using bus = await startBus();
      await using exchange = await Exchange.start();
      await exchange.listenOnDbus({ address: bus.address });
      const env = { DBUS_SESSION_BUS_ADDRESS: bus.address };
      const dbusSend = async (command: string) => {
        const to = ['--session', '--print-reply=literal', '--dest=com.Skype.API', '/com/Skype'];
        return (await run('dbus-send', [...to, 'com.Skype.API.Invoke', `string:${command}`], env)).trim();
      };
      expect(await dbusSend('NAME script')).toBe('OK');
      expect(await dbusSend('PROTOCOL 5')).toBe('PROTOCOL 5');
      expect(await dbusSend('SET USERSTATUS AWAY')).toBe('USERSTATUS AWAY');
      expect(await dbusSend('CALL echo123')).toMatch(/^CALL 1 STATUS (UNPLACED|ROUTING)$/);
      expect(await dbusSend('SEARCH ACTIVECALLS')).toBe('CALLS 1');
      const target = ['--session', '--dest', 'com.Skype.API', '--object-path', '/com/Skype'];
      const called = await run(
        'gdbus',
        ['call', ...target, '--method', 'com.Skype.API.Invoke', 'ALTER CALL 1 HANGUP'],
        env,
      );
      expect(called).toBe("('ALTER CALL 1 HANGUP',)\n");
      expect(await run('gdbus', ['introspect', ...target], env)).toMatch(
        /interface com\.Skype\.API \{\s+methods:\s+Invoke\(in {2}s command,\s+out s answer\);/,
      );
    },
    30_000,
  );
});
