// The objects of a simple application, made from a form.

export interface AppForm {
  name: string;
  namespace: string;
  image: string;
  replicas: number;
  /** The port on which the container listens; empty when it does not. */
  port: number | "";
  /** The host name under which the balancer serves it; empty when it does not. */
  host: string;
}

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  spec: Record<string, unknown>;
}

/** Return the Deployment, and the Service and Ingress where port and host are given. */
export function manifestsOf(form: AppForm): Manifest[] {
  const { name, namespace, port, host } = form;
  const labels = { app: name };
  const metadata = { name, namespace, labels };
  const objects: Manifest[] = [
    { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: deploymentSpec(form, labels) },
  ];
  if (port === "") return objects;
  const ports = [{ name: "http", port, targetPort: port }];
  objects.push({ apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports } });
  if (!host) return objects;
  const backend = { service: { name, port: { number: port } } };
  const rules = [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
  objects.push({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata, spec: { rules } });
  return objects;
}

function deploymentSpec({ name, image, replicas, port }: AppForm, labels: Record<string, string>) {
  const container = port === "" ? { name, image } : { name, image, ports: [{ containerPort: port }] };
  return {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  };
}

const FIELDS: [RegExp, keyof AppForm][] = [
  [/^metadata\.name$/, "name"],
  [/^metadata\.namespace$/, "namespace"],
  [/\.image$/, "image"],
  [/^spec\.replicas$/, "replicas"],
  [/\bports?\b/, "port"],
  [/^spec\.rules.*\.host$/, "host"],
  [/\.name$/, "name"],
];

/** The form's field behind the field of an object, if there is one. */
export function formField(path: string): keyof AppForm | undefined {
  return FIELDS.find(([pattern]) => pattern.test(path))?.[1];
}
