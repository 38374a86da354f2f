/** A certificate authority of one's own, as companies and providers have. */
import { join } from "node:path";

/** Creates an authority, and a key and a certificate that it signed for `localhost`. */
export function createCertificates(folder: string) {
  const path = (name: string) => join(folder, name);
  const [authorityKey, authority] = [path("ca.key"), path("ca.pem")];
  const [key, certificate] = [path("server.key"), path("server.pem")];
  const newKey = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split(" ");
  const request = ["req", "-x509", ...newKey];
  openssl(...request, "-subj", "/CN=Trials", "-keyout", authorityKey, "-out", authority);
  const signed = ["-CA", authority, "-CAkey", authorityKey, "-addext"];
  const names = ["subjectAltName=DNS:localhost", "-subj", "/CN=localhost"];
  openssl(...request, ...signed, ...names, "-keyout", key, "-out", certificate);
  return { authority, key, certificate };
}

function openssl(...args: string[]): void {
  const made = Bun.spawnSync(["openssl", ...args]);
  if (!made.success) throw new Error(`openssl failed:\n${made.stderr.toString()}`);
}
