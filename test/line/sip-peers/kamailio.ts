import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../../certificate.js';
import { freePort } from '../../free-port.js';
import { until } from '../../turns.js';

/** Path of kamailio (Debian: kamailio, kamailio-tls-modules); nothing where it is not installed. */
export const KAMAILIO = ['/usr/sbin/kamailio', 'kamailio'].find((each) => !spawnSync(each, ['-v']).error);

/** A registrar and proxy with digest and record-route: kamailio in processes of its own. */
export interface Kamailio extends AsyncDisposable {
  readonly ports: Readonly<Record<'udp' | 'tcp' | 'tls', number>>;
  /** Certificate of its TLS port, which is taken for the lines as well. */
  readonly pem: ReturnType<typeof certificate>;
  readonly log: () => string;
}

export interface KamailioOptions {
  /** Command that runs another one in the network where it runs, with its arguments. Default none: this machine's. */
  readonly within?: readonly string[];
  /** Its address. Default 127.0.0.1. */
  readonly host?: string;
  /** Port on its loopback at which rtpengine is asked to relay voice. Default none: voice goes its own way. */
  readonly rtpenginePort?: number;
  /** Where all calls go on to, such as `sip:127.0.0.1:5061;transport=tls`. Default: to who has registered. */
  readonly onTo?: string;
}

/** Starts it. The password of each account is `secret`. */
export async function startKamailio(options: KamailioOptions = {}): Promise<Kamailio> {
  const { within = [], host = '127.0.0.1' } = options;
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-kamailio-'));
  const pem = certificate(folder, 'kamailio', [`IP:${host}`, 'DNS:localhost'], 'localhost');
  const ports = { udp: await freePort(), tcp: await freePort(), tls: await freePort() };
  await writeFile(join(folder, 'kamailio.cfg'), configOf(ports, folder, host, options));
  await writeFile(
    join(folder, 'tls.cfg'),
    `[server:default]\nmethod = TLSv1.2+\nprivate_key = ${pem.keyFile}\ncertificate = ${pem.certFile}\n` +
      '[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\n',
  );
  const args = ['-f', join(folder, 'kamailio.cfg'), '-Y', folder, '-DD', '-E', '-m', '32', '-M', '8'];
  const [command = '', ...rest] = [...within, KAMAILIO ?? '', ...args];
  const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const closed = once(child, 'close');
  let log = '';
  child.stderr.on('data', (bytes: Buffer) => {
    log += bytes.toString();
  });
  await until(() => log.includes('jackfield: ready') || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`kamailio has ended:\n${log}`);
  return {
    ports,
    pem,
    log: () => log,
    async [Symbol.asyncDispose]() {
      // Its processes are a group of their own.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}

const MODULES = 'tls tm sl rr pv maxfwd usrloc registrar siputils textops auth xlog'.split(' ');
/** Modules, and what is done to a message, for phones behind a NAT and the voice of all. */
const RELAYED = {
  modules: ['nathelper', 'rtpengine'],
  parameters: (port: number) =>
    [
      `modparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${port}")`,
      'modparam("nathelper|registrar", "received_avp", "$avp(RECEIVED)")',
    ].join('\n'),
  /** Of a request: the address that it comes from in place of the one that it names, and the voice through rtpengine. */
  request: `
  force_rport();
  if (nat_uac_test("3")) {
    if (is_method("REGISTER")) fix_nated_register();
    else fix_nated_contact();
  }
  if (is_method("INVITE|ACK|BYE|CANCEL|UPDATE")) {
    rtpengine_manage("replace-origin replace-session-connection");
    t_on_reply("back");
  }`,
  reply: `
onreply_route[back] {
  if (nat_uac_test("3")) fix_nated_contact();
  if (has_body("application/sdp")) rtpengine_manage("replace-origin replace-session-connection");
}
`,
};

const configOf = (
  ports: Kamailio['ports'],
  folder: string,
  host: string,
  { rtpenginePort, onTo }: KamailioOptions,
) => `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
disable_tcp=no
auto_aliases=no
listen=udp:${host}:${ports.udp}
listen=tcp:${host}:${ports.tcp}
listen=tls:${host}:${ports.tls}
${[...MODULES, ...(rtpenginePort === undefined ? [] : RELAYED.modules)]
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("tls", "config", "${folder}/tls.cfg")
modparam("rr", "enable_double_rr", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 120)
${rtpenginePort === undefined ? '' : RELAYED.parameters(rtpenginePort)}

event_route[core:worker-one-init] {
  xlog("L_ERR", "jackfield: ready\\n");
}

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
${rtpenginePort === undefined ? '' : RELAYED.request}
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here"); exit;
  }
  if (is_method("REGISTER")) {
    $var(password) = "secret";
    if (!pv_www_authenticate("jackfield.test", "$var(password)", "0")) { www_challenge("jackfield.test", "1"); exit; }
    save("location");
    xlog("L_ERR", "jackfield: $tU is registered\\n");
    exit;
  }
${onTo === undefined ? '' : `  if (is_method("INVITE")) { record_route(); $du = "${onTo}"; t_relay(); exit; }`}
  if (is_method("INVITE")) {
    $var(password) = "secret";
    if (!pv_proxy_authenticate("jackfield.test", "$var(password)", "0")) { proxy_challenge("jackfield.test", "1"); exit; }
    consume_credentials();
  }
  record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}
${rtpenginePort === undefined ? '' : RELAYED.reply}`;
