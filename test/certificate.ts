import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** False where no certificate can be made: tests that want one are skipped. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/**
 * Makes a key and a certificate that vouches for itself: `NAME.key` and `NAME.pem` in a folder.
 *
 * @param hosts Whom it is for, such as `DNS:localhost` and `IP:127.0.0.1`.
 */
export function certificate(folder: string, name: string, hosts: readonly string[], subject = name) {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const cert = ['-x509', '-days', '2', '-subj', `/CN=${subject}`, '-out', certFile];
  const names = ['-addext', `subjectAltName=${hosts.join(',')}`];
  execFileSync('openssl', ['req', ...key, ...cert, ...names], { stdio: 'ignore' });
  return { keyFile, certFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
}

/** The same key, in a certificate that was no longer good yesterday. */
export function expiredCertificate(folder: string, name: string): string {
  const [keyFile, request, certFile] = ['key', 'csr', 'old.pem'].map((end) => join(folder, `${name}.${end}`));
  const made = [
    '-new',
    '-key',
    `${keyFile}`,
    '-subj',
    `/CN=${name}`,
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  ];
  execFileSync('openssl', ['req', ...made, '-out', `${request}`], { stdio: 'ignore' });
  const signed = ['-req', '-in', `${request}`, '-signkey', `${keyFile}`, '-days', '-1'];
  execFileSync('openssl', ['x509', ...signed, '-copy_extensions', 'copy', '-out', `${certFile}`], {
    stdio: 'ignore',
  });
  return readFileSync(`${certFile}`, 'utf8');
}
