import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createAuthority, issueCertificate, type Authority } from "./certificates.ts";

describe("certificates", () => {
  let directory: string;
  let authority: Authority;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "bm-pki-"));
    authority = await createAuthority(directory);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it("name the user, the groups and the hosts, and are signed by the authority", async () => {
    const { cert } = await issueCertificate(authority, {
      file: "someone",
      commonName: "system:node:node-1",
      organizations: ["system:nodes", "a/b=c"],
      hosts: ["10.213.0.11", "node-1"],
    });
    const parsed = new X509Certificate(cert);
    assert.equal(parsed.subject, "O=system:nodes\nO=a/b=c\nCN=system:node:node-1");
    assert.equal(parsed.subjectAltName, "IP Address:10.213.0.11, DNS:node-1");
    assert.equal(parsed.ca, false);
    assert.equal(parsed.checkIssued(new X509Certificate(authority.cert)), true);
    assert.equal(parsed.verify(new X509Certificate(authority.cert).publicKey), true);
  });

  it("of two clusters do not trust each other", async () => {
    const other = await createAuthority(join(directory, "other"));
    const { cert } = await issueCertificate(other, { file: "stranger", commonName: "stranger" });
    assert.equal(new X509Certificate(cert).verify(new X509Certificate(authority.cert).publicKey), false);
  });
});
