import { spawnSync } from 'node:child_process';
import type { PhonePlace } from './baresip.js';

/** Runs a command. Returns what it complains of, where it has failed. */
function run(command: string, ...args: string[]): string | undefined {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : `${command} ${args.join(' ')}: ${stderr.trim() || status}`;
}

const PREFIX = 'jackfield-';
const PLACES = ['phone', 'nat', 'middle'] as const;

/** Why networks of one's own cannot be had here; nothing where they can. */
export const NO_NETWORKS = (() => {
  const name = `${PREFIX}${process.pid}-try`;
  const reason =
    run('ip', 'netns', 'add', name) ??
    run('ip', 'netns', 'exec', name, 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'MASQUERADE');
  run('ip', 'netns', 'del', name);
  return reason;
})();

/**
 * Three networks beside this machine's: a phone's, which has a private address; its router, which gives what the phone
 * sends an address and a port of its own (NAT); and the middle, where both the router and this machine are connected.
 * Nobody but the router has a way to the phone, except that it takes commands from here.
 */
export class Networks implements Disposable {
  /** Address of this machine, of the middle, and of the router as seen from outside. */
  readonly here: string;
  readonly middle: string;
  readonly router: string;
  readonly phone: PhonePlace;
  /** Command that runs another one in the middle. */
  readonly inMiddle: readonly string[];

  private constructor(net: string) {
    this.middle = `${net}.1`;
    this.here = `${net}.2`;
    this.router = `${net}.3`;
    this.inMiddle = within('middle');
    this.phone = { within: within('phone'), host: PHONE, controlHost: CONTROLLED };
  }

  /** Sets them up; those of processes that are gone are removed first. */
  static open(): Networks {
    removeLeft();
    // A range that is for tests (RFC 2544).
    const net = `198.18.${process.pid % 256}`;
    const networks = new Networks(net);
    const [phone, nat, middle] = PLACES.map(nameOf) as [string, string, string];
    const link = `jf${process.pid % 1_000_000}`;
    const steps = [
      ...[phone, nat, middle].map((name) => `netns add ${name}`),
      ...[phone, nat, middle].map((name) => `-n ${name} link set lo up`),
      // The middle is a switch, with one cable to this machine and one to the router.
      `-n ${middle} link add switch type bridge`,
      `-n ${middle} addr add ${net}.1/24 dev switch`,
      `-n ${middle} link set switch up`,
      `link add ${link}a type veth peer name here netns ${middle}`,
      `-n ${middle} link add router type veth peer name outside netns ${nat}`,
      ...['here', 'router'].map((name) => `-n ${middle} link set ${name} up master switch`),
      `addr add ${networks.here}/24 dev ${link}a`,
      `link set ${link}a up`,
      `-n ${nat} addr add ${networks.router}/24 dev outside`,
      `-n ${nat} link set outside up`,
      `-n ${nat} link add inside type veth peer name home netns ${phone}`,
      `-n ${nat} addr add ${GATEWAY}/24 dev inside`,
      `-n ${nat} link set inside up`,
      `-n ${phone} addr add ${PHONE}/24 dev home`,
      `-n ${phone} link set home up`,
      `-n ${phone} route add default via ${GATEWAY}`,
      // For commands alone.
      `link add ${link}b type veth peer name control netns ${phone}`,
      `addr add ${CONTROLLING}/30 dev ${link}b`,
      `link set ${link}b up`,
      `-n ${phone} addr add ${CONTROLLED}/30 dev control`,
      `-n ${phone} link set control up`,
    ];
    const failed = [
      ...steps.map((step) => ['ip', ...step.split(' ')]),
      [...within('nat'), 'sysctl', '-qw', 'net.ipv4.ip_forward=1'],
      // Each flow gets a port that has nothing to do with the phone's.
      [
        ...within('nat'),
        ...'iptables -t nat -A POSTROUTING -o outside -j MASQUERADE --random-fully'.split(' '),
      ],
    ]
      .map(([command = '', ...args]) => run(command, ...args))
      .find((reason) => reason !== undefined);
    if (failed === undefined) return networks;
    networks[Symbol.dispose]();
    throw new Error(failed);
  }

  /** Removes them; who runs there has to be gone. */
  [Symbol.dispose](): void {
    for (const place of PLACES) run('ip', 'netns', 'del', nameOf(place));
  }
}

const PHONE = '192.168.77.2';
const GATEWAY = '192.168.77.1';
const CONTROLLING = '198.19.77.1';
const CONTROLLED = '198.19.77.2';

const nameOf = (place: string): string => `${PREFIX}${process.pid}-${place}`;
const within = (place: (typeof PLACES)[number]) => ['ip', 'netns', 'exec', nameOf(place)] as const;

function removeLeft(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [name, pid] of stdout.matchAll(/^jackfield-(\d+)-\w+/gm)) {
    if (!isAlive(Number(pid))) run('ip', 'netns', 'del', name);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
