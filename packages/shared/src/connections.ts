/**
 * How executors reach the target and the object store. Handed over at Welcome,
 * never journaled, over TLS or loopback only; an executor's own environment wins.
 */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Connections {
  /** `mysql`: executors merge directly. `manager`: rows go to the manager, which owns a SQLite file. */
  readonly sink: { readonly kind: 'manager' } | { readonly kind: 'mysql'; readonly url: string };
  readonly s3?: { readonly endpoint?: string; readonly region?: string; readonly credentials?: S3Credentials };
}
