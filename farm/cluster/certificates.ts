import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.ts";

/** A certificate and its key, as files and as PEM text. */
export type Certificate = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
};

export type Authority = Certificate & { readonly directory: string };

export type Subject = {
  /** The file's name without its ending. */
  readonly file: string;
  /** The Kubernetes user name. */
  readonly commonName: string;
  /** The Kubernetes groups. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses that a server answers under. */
  readonly hosts?: readonly string[];
};

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "365"];

/** Makes a certificate authority of its own for one cluster, with OpenSSL 3. */
export async function createAuthority(directory: string): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(
    join(directory, "ca.cnf"),
    "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\nsubjectKeyIdentifier=hash\n",
  );
  const subject = { file: "ca", commonName: "build-medic-farm-ca" };
  return { ...(await request(directory, subject, ["-extensions", "ca"])), directory };
}

/** Signs a certificate that serves both as a client's and as a server's. */
export async function issueCertificate(authority: Authority, subject: Subject): Promise<Certificate> {
  const names = (subject.hosts ?? []).map((host) => (isAddress(host) ? `IP:${host}` : `DNS:${host}`));
  const extensions = [
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature,keyEncipherment",
    "extendedKeyUsage=clientAuth,serverAuth",
    ...(names.length > 0 ? [`subjectAltName=${names.join(",")}`] : []),
  ];
  await writeFile(
    join(authority.directory, `${subject.file}.cnf`),
    `[req]\ndistinguished_name=dn\n[dn]\n[leaf]\n${extensions.join("\n")}\n`,
  );
  const signer = ["-CA", authority.certFile, "-CAkey", authority.keyFile, "-extensions", "leaf"];
  return request(authority.directory, subject, signer);
}

/** Makes the key pair that signs service account tokens. */
export async function createKeyPair(directory: string): Promise<{ publicKey: string; privateKey: string }> {
  const privateKey = join(directory, "service-accounts.key");
  const publicKey = join(directory, "service-accounts.pub");
  await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", privateKey]);
  await run("openssl", ["ec", "-in", privateKey, "-pubout", "-out", publicKey]);
  return { publicKey, privateKey };
}

async function request(directory: string, subject: Subject, extra: readonly string[]): Promise<Certificate> {
  const certFile = join(directory, `${subject.file}.crt`);
  const keyFile = join(directory, `${subject.file}.key`);
  const name = [
    ...(subject.organizations ?? []).map((group) => `/O=${escape(group)}`),
    `/CN=${escape(subject.commonName)}`,
  ];
  const config = ["-config", join(directory, `${subject.file}.cnf`)];
  const files = ["-keyout", keyFile, "-out", certFile];
  await run("openssl", ["req", "-x509", ...newKey, ...config, "-subj", name.join(""), ...files, ...extra]);
  return { certFile, keyFile, cert: await readFile(certFile, "utf8"), key: await readFile(keyFile, "utf8") };
}

function escape(value: string): string {
  return value.replaceAll(/[\\/+=]/g, "\\$&");
}

function isAddress(host: string): boolean {
  return /^[\d.]+$/.test(host) || host.includes(":");
}
