import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../../certificate.js';
import { until } from '../../turns.js';
import { freePort } from './sipp.js';

/** Path of kamailio (Debian: kamailio, kamailio-tls-modules); nothing where it is not installed. */
export const KAMAILIO = ['/usr/sbin/kamailio', 'kamailio'].find((each) => !spawnSync(each, ['-v']).error);

/** A registrar and proxy with digest and record-route: kamailio in processes of its own. */
export interface Kamailio extends AsyncDisposable {
  readonly ports: Readonly<Record<'udp' | 'tcp' | 'tls', number>>;
  /** Certificate of its TLS port, which is taken for the lines as well. */
  readonly pem: ReturnType<typeof certificate>;
  readonly log: () => string;
}

/** Starts it. The password of each account is `secret`. */
export async function startKamailio(): Promise<Kamailio> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-kamailio-'));
  const pem = certificate(folder, 'kamailio', ['IP:127.0.0.1', 'DNS:localhost'], 'localhost');
  const ports = { udp: await freePort(), tcp: await freePort(), tls: await freePort() };
  await writeFile(join(folder, 'kamailio.cfg'), configOf(ports, folder));
  await writeFile(
    join(folder, 'tls.cfg'),
    `[server:default]\nmethod = TLSv1.2+\nprivate_key = ${pem.keyFile}\ncertificate = ${pem.certFile}\n` +
      '[client:default]\nmethod = TLSv1.2+\nverify_certificate = no\n',
  );
  const args = ['-f', join(folder, 'kamailio.cfg'), '-Y', folder, '-DD', '-E', '-m', '32', '-M', '8'];
  const child = spawn(KAMAILIO ?? '', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
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

const configOf = (ports: Kamailio['ports'], folder: string) => `#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
enable_tls=yes
disable_tcp=no
auto_aliases=no
listen=udp:127.0.0.1:${ports.udp}
listen=tcp:127.0.0.1:${ports.tcp}
listen=tls:127.0.0.1:${ports.tls}
${['tls', 'tm', 'sl', 'rr', 'pv', 'maxfwd', 'usrloc', 'registrar', 'siputils', 'textops', 'auth', 'xlog']
  .map((name) => `loadmodule "${name}.so"`)
  .join('\n')}
modparam("tls", "config", "${folder}/tls.cfg")
modparam("rr", "enable_double_rr", 1)
modparam("usrloc", "db_mode", 0)
modparam("registrar", "max_expires", 120)

event_route[core:worker-one-init] {
  xlog("L_ERR", "jackfield: ready\\n");
}

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
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
    exit;
  }
  if (is_method("INVITE")) {
    $var(password) = "secret";
    if (!pv_proxy_authenticate("jackfield.test", "$var(password)", "0")) { proxy_challenge("jackfield.test", "1"); exit; }
    consume_credentials();
  }
  record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_relay();
}
`;
