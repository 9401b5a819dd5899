import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { attach, type Client, Exchange, WavWriter } from '../../src/index.js';

// Commands that run for long, all at once: one exchange serves them, a user each.

const MAIN = join(process.cwd(), 'dist/cli/main.js');
/** A wait for something that a machine, busy as it is, does within that. */
const PATIENCE_MS = 50_000;

/** A command that runs until it is told to stop, or for long. */
export interface Long {
  readonly args: (place: Place) => readonly string[];
  /** What it prints, or what the endpoint says, when it is in the midst of its work. */
  readonly underWay: RegExp;
  /** What it prints when a call may come, and who is on the other side of it then. */
  readonly call?: { readonly after: RegExp; readonly to?: string; readonly from?: string };
}

/** What one command works on. */
export interface Place {
  /** Folder of its own. */
  readonly folder: string;
  /** Options that attach it to its user. */
  readonly at: readonly string[];
  readonly port: number;
  /** A voicemail of its user. */
  readonly message: number;
}

const FLOW = 'name: Wait\nsteps:\n  wait: { do: hangup, say: { tone: 440, ms: 60000 } }\n';

/** Configuration of a service with everything that it may have. */
const serviceOf = (folder: string, port: number) => `
endpoints: { desk: { attach: "tcp:${port}" } }
record: { out: ${join(folder, 'out')} }
bots: { wait: { flow: ${join(folder, 'flow.yaml')} } }
answeringMachine: { archive: ${join(folder, 'archive')} }
rules: [{ name: all, answer: wait }]
control: { socket: ${join(folder, 'control', 'serve.sock')} }
http: { port: 0 }
`;

/** The user of the exchange that a command is attached to. */
export function userOf(name: string): string {
  return `of.${name.replaceAll(' ', '.')}`;
}

/** State of an exchange with these users, and a voicemail for each: its id, by user. */
export async function makeState(
  folder: string,
  users: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const exchange = await Exchange.start({
    users: [...users, 'anna'].map((handle) => ({ handle })),
    stateFolder: folder,
  });
  const messages = new Map<string, number>();
  // Longer than a scene takes to come about.
  const file = join(folder, 'minutes.wav');
  const wav = await WavWriter.create(file);
  await wav.write(new Int16Array(120 * 16_000));
  await wav.close();
  const from = { handle: 'anna', fullName: 'Anna' };
  for (const to of users) messages.set(to, await exchange.deposit({ to, from, file }));
  await exchange.close();
  return messages;
}

export type Running = Awaited<ReturnType<typeof started>>;

export interface Scene {
  /** By name. */
  readonly commands: ReadonlyMap<string, Running & { readonly folder: string }>;
  /** A client of each command's user, by name of the command. */
  readonly watchers: ReadonlyMap<string, Client>;
  /** Has everything that the commands talk to stand still, with its connections open. */
  stopPeers(): void;
  end(): Promise<void>;
}

/** Starts commands, and resolves when all of them are in the midst of things. */
export async function inTheMidst(
  base: string,
  longs: Readonly<Record<string, Long>>,
  messages: ReadonlyMap<string, number>,
): Promise<Scene> {
  const folder = await mkdtemp(join(base, 'scene-'));
  const state = join(folder, 'state');
  await cp(join(base, 'state'), state, { recursive: true });
  const users = [...messages.keys(), 'anna'];
  const exchange = await started(['exchange', '--tcp', '0', '--json', '--user', ...users, '--state', state]);
  await exchange.until(/"ready"/);
  const listening = exchange.lines.map((line) => JSON.parse(line)).filter((line) => 'port' in line);
  const ports = new Map<string, number>(listening.map(({ handle, port }) => [handle, port]));
  const clientOf = (handle: string) => attach(`tcp:${ports.get(handle)}`, { name: 'watcher' });
  const anna = await clientOf('anna');
  const peers = [exchange.child.pid];
  const commands = new Map<string, Running & { folder: string }>();
  const watchers = new Map<string, Client>();

  const begin = async ([name, { args, underWay, call }]: readonly [string, Long]) => {
    const own = await mkdtemp(join(folder, 'command-'));
    const user = userOf(name);
    const port = ports.get(user) ?? 0;
    await writeFile(join(own, 'list.csv'), 'target\necho123\n');
    await writeFile(join(own, 'flow.yaml'), FLOW);
    await writeFile(join(own, 'serve.yaml'), serviceOf(own, port));
    const watcher = await clientOf(user);
    watchers.set(name, watcher);
    const place = { folder: own, port, at: ['--attach', `tcp:${port}`], message: messages.get(user) ?? 0 };
    const command = await started([...name.split(' '), ...args(place)]);
    commands.set(name, { ...command, folder: own });
    watcher.on('trace', ({ line }) => command.say(line));
    if (call) {
      await command.until(call.after);
      await (call.from === undefined ? watcher : anna).call(call.to ?? user);
    }
    await command.until(underWay);
    peers.push(...(await childrenOf(command.child.pid)));
  };
  // The demo's call is over soon: it comes last.
  const { demo, ...others } = longs;
  await Promise.all(Object.entries(others).map(begin));
  if (demo) await begin(['demo', demo]);
  for (const [name, { child, lines }] of commands) {
    if (child.exitCode !== null) throw new Error(`${name} has ended: ${lines.join('\n')}`);
  }
  return {
    ...{ commands, watchers },
    stopPeers: () => each(peers, 'SIGSTOP'),
    end: async () => {
      for (const { child } of commands.values()) child.kill('SIGKILL');
      each(peers, 'SIGCONT');
      await Promise.all([anna, ...watchers.values()].map((client) => client.close()));
      each(peers, 'SIGKILL');
    },
  };
}

function each(pids: readonly (number | undefined)[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      if (pid !== undefined) process.kill(pid, signal);
    } catch {
      // It is gone.
    }
  }
}

/** Where the system tells; the exchange of a demo is one. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Every process that was begun, for the scenes that do not come about. */
const begun: ChildProcess[] = [];

export function killAll(): void {
  for (const child of begun) child.kill('SIGKILL');
}

async function started(args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { stdio: 'pipe' });
  begun.push(child);
  const lines: string[] = [];
  const looks = new Set<() => void>();
  const say = (line: string) => {
    lines.push(line);
    for (const look of looks) look();
  };
  for (const stream of [child.stdout, child.stderr])
    if (stream) createInterface({ input: stream }).on('line', say);
  const exited = once(child, 'exit').then(([code, signal]: (number | string | null)[]) => ({ code, signal }));
  const until = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = lines.find((line) => pattern.test(line));
        if (found === undefined) return;
        looks.delete(look);
        resolve(found);
      };
      looks.add(look);
      look();
      const late = () => reject(new Error(`no ${pattern} of ${args}: ${lines.join('\n')}`));
      // timer: an error that says what did not come.
      setTimeout(late, PATIENCE_MS).unref();
      void exited.then((how) =>
        reject(new Error(`${args[0]} ended with ${JSON.stringify(how)}: ${lines.join('\n')}`)),
      );
    });
  return { child, until, say, exited, lines };
}
