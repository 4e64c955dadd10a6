const kinds: Readonly<Record<string, string>> = {
  configmaps: "ConfigMap",
  controllerrevisions: "ControllerRevision",
  customresourcedefinitions: "CustomResourceDefinition",
  events: "Event",
  incidents: "Incident",
  leases: "Lease",
  namespaces: "Namespace",
  nodes: "Node",
  persistentvolumeclaims: "PersistentVolumeClaim",
  persistentvolumes: "PersistentVolume",
  pods: "Pod",
  selfsubjectaccessreviews: "SelfSubjectAccessReview",
  selfsubjectrulesreviews: "SelfSubjectRulesReview",
  serviceaccounts: "ServiceAccount",
  statefulsets: "StatefulSet",
};

const verbs: Readonly<Record<string, string>> = {
  GET: "get",
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

interface Target {
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/** A request in words for messages: "patch StatefulSet ci-1/server-0", "list pods in ci-1", "get log of Pod ci-1/db-0". */
export function requestName(method: string, path: string, watching = false): string {
  const verb = verbs[method] ?? method.toLowerCase();
  const target = targetOf(path);
  if (target === undefined) return `${verb} ${path}`;
  const { resource, namespace, name, subresource } = target;
  const kind = kinds[resource] ?? resource;
  if (name === undefined) {
    const where = namespace === undefined ? "" : ` in ${namespace}`;
    if (method === "GET") return `${watching ? "watch" : "list"} ${resource}${where}`;
    return `${verb} ${kind}${where}`;
  }
  const object = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  return `${verb} ${subresource === undefined ? "" : `${subresource} of `}${object}`;
}

function targetOf(path: string): Target | undefined {
  const segments = path.split("/").slice(1).map(decodeURIComponent);
  const rest = segments[0] === "api" ? segments.slice(2) : segments[0] === "apis" ? segments.slice(3) : [];
  const [first, namespace] = rest;
  if (first === undefined) return undefined;
  const inNamespace = first === "namespaces" && namespace !== undefined && !isOfNamespace(rest[2]);
  const [resource = first, name, subresource] = inNamespace ? rest.slice(2) : rest;
  return {
    resource,
    ...(inNamespace ? { namespace } : {}),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** What follows a namespace's name: nothing or a subresource of the namespace itself, else a resource within it. */
function isOfNamespace(segment: string | undefined): boolean {
  return segment === undefined || segment === "status" || segment === "finalize";
}
