import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { callApi } from "../../farm/cluster/api-client.ts";
import { startControlPlane } from "../../farm/cluster/control-plane.ts";
import type { ControlPlane } from "../../farm/cluster/control-plane.ts";
import { helmPath, kubectlPath } from "../../farm/cluster/kube-tools.ts";
import { rendered, variantsOf } from "../support/chart-variants.ts";
import {
  manifestsIn,
  manifestsOf,
  operatorDefinition,
  refusalsOf,
  repositoryFiles,
} from "../support/manifests.ts";
import type { Judge, Manifest } from "../support/manifests.ts";
import { installMedic } from "../support/medic-process.ts";
import { eventually, read } from "../support/test-stack.ts";

const files = repositoryFiles();
const isTemplate = (file: string): boolean => /^charts\/[^/]+\/templates\//.test(file);
const charts = files.flatMap((file) => /^charts\/([^/]+)\/Chart\.yaml$/.exec(file)?.[1] ?? []);
/** Read by a program of its own, which has its own tests; no API server ever gets it. */
const isForKwok = ({ apiVersion }: Manifest): boolean => apiVersion.startsWith("kwok.x-k8s.io/");
const found = files
  .filter((file) => /\.(?:ya?ml|md)$|^deploy\/.*\.json$/.test(file) && !isTemplate(file))
  .map((file) => ({ file, manifests: manifestsIn(file).filter((manifest) => !isForKwok(manifest)) }))
  .filter(({ manifests }) => manifests.length > 0);

/** A dry run on a real API server, which judges every field; found by looking, so that a new one cannot be forgotten. */
describe("every Kubernetes manifest of the repository is taken by the API server", () => {
  let plane: ControlPlane;
  let judge: Judge;

  before(async () => {
    plane = await startControlPlane({ log: () => {}, controllers: true });
    judge = { kubectl: await kubectlPath(), kubeconfig: plane.kubeconfig };
    await installMedic(plane.admin);
    const body = await operatorDefinition("servicemonitors");
    await callApi(plane.admin, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { body });
    await eventually("ServiceMonitors are known", () =>
      read(plane.admin, "/apis/monitoring.coreos.com/v1/servicemonitors"),
    );
    await eventually("pods have an account", () =>
      read(plane.admin, "/api/v1/namespaces/default/serviceaccounts/default"),
    );
    const namespaces = found.flatMap(({ manifests }) =>
      manifests.flatMap(({ metadata }) => metadata.namespace ?? []),
    );
    for (const name of new Set(namespaces))
      await callApi(plane.admin, "POST", "/api/v1/namespaces", { body: { metadata: { name } } });
  });
  after(async () => {
    await plane?.stop();
  });

  it("looks at the CustomResourceDefinition and at both charts", () => {
    assert.ok(found.some(({ file }) => file === "charts/build-medic/crds/incidents.yaml"));
    assert.deepEqual(charts.toSorted(), ["build-medic", "test-stack"]);
  });

  for (const { file, manifests } of found)
    it(`${file}: ${manifests.map(({ kind }) => kind).join(", ")}`, () => {
      assert.equal(refusalsOf(manifests, judge), "");
    });

  for (const chart of charts)
    it(`charts/${chart}, with every choice of its values`, async (context) => {
      const helm = await helmPath();
      const texts = variantsOf(chart).map((values) => rendered(helm, chart, values));
      const documents = new Set(texts.flatMap((text) => text.split(/^---$/m)));
      const manifests = [...documents].flatMap(manifestsOf);
      context.diagnostic(`${texts.length} sets of values, ${manifests.length} different objects`);
      assert.equal(refusalsOf(manifests, judge), "");
      const own = files.filter(
        (file) => file.startsWith(`charts/${chart}/templates/`) && file.endsWith(".yaml"),
      );
      const missing = own.filter(
        (file) => !texts.some((text) => text.includes(`# Source: ${file.slice(7)}`)),
      );
      assert.deepEqual(missing, [], "every template was rendered");
    });

  it("and would refuse a field that does not exist", () => {
    const [definition] = manifestsIn("charts/build-medic/crds/incidents.yaml");
    const wrong = {
      ...definition,
      spec: { ...(definition as unknown as { spec: object }).spec, scoop: "Namespaced" },
    };
    assert.match(
      refusalsOf([wrong as unknown as Manifest], judge),
      /unknown field "spec\.scoop"|scoop: field not declared/,
    );
  });
});
