/** A throw-away certificate of this machine for one measurement, made by `openssl`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** For 127.0.0.1, signed by itself, valid for two days. Errors: a sentence when openssl is not installed. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const [certFile, keyFile] = [join(directory, 'manager.crt'), join(directory, 'manager.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  try {
    await run('openssl', ['req', '-x509', '-days', '2', '-out', certFile, ...key, ...names]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('openssl is not installed: install the package openssl, it makes the certificate of the measurement');
  }
  return { certFile, keyFile };
}
