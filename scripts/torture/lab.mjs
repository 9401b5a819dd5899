// A place to hurt things in: a temporary folder with a file outside that nobody may touch, keys, and an exchange.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { attach } from '../../dist/index.js';
import { jackfield } from './command.mjs';

const CANARY = 'Nobody may touch this.';

/** A folder of a step: `inside` to be used, and beside it a file that stays as it is. */
export async function openYard() {
  const folder = await mkdtemp(join(tmpdir(), 'yard-'));
  const inside = join(folder, 'inside');
  await mkdir(inside, { mode: 0o700 });
  await writeFile(join(folder, 'canary.wav'), CANARY);
  return {
    folder,
    inside,
    /** What was done outside of the folder. */
    faults: async () => {
      const text = await readFile(join(folder, 'canary.wav'), 'utf8').catch(() => 'nothing');
      const others = (await readdir(folder)).filter((name) => !['inside', 'canary.wav'].includes(name));
      return [
        ...(text === CANARY ? [] : [`the file outside was changed: it has ${text.slice(0, 80)}`]),
        ...others.map((name) => `${name} was written outside the folder`),
      ];
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Keys to sign and encrypt with, as files. */
export async function makeKeys(folder) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const identity = await generateIdentity();
  const files = {
    signingKeyFile: join(folder, 'sign.pem'),
    publicKeyFile: join(folder, 'verify.pem'),
    identityFile: join(folder, 'identity.txt'),
    secretFile: join(folder, 'secret.txt'),
  };
  await writeFile(files.signingKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(files.publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(files.identityFile, `${identity}\n`, { mode: 0o600 });
  await writeFile(files.secretFile, 'a secret of thirty-two characters', { mode: 0o600 });
  return { ...files, recipient: await identityToRecipient(identity) };
}

/** An exchange in a process of its own. */
export async function startExchange(...options) {
  const command = jackfield(['exchange', '--tcp', '0', '--json', ...options]);
  const listening = await command.until('listening');
  if (!listening || !(await command.until('ready'))) {
    throw new Error(`the exchange did not start: ${command.stderr().slice(-300)}`);
  }
  return { command, port: listening.port };
}

/** Makes calls to echo123 that are under way, and gives what hangs them up. */
export async function callEcho(port, count = 1) {
  const client = await attach(`tcp:${port}`, { name: 'torture' });
  const calls = [];
  for (let i = 0; i < count; i++) calls.push(await client.call('echo123'));
  return {
    /** Resolves when echo123 has answered each. */
    answered: () => Promise.all(calls.map((call) => call.reached('INPROGRESS'))),
    hangUp: async () => {
      for (const call of calls) await call.hangUp().catch(() => {});
      await client.close();
    },
  };
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
