import { expect, test } from "vitest";
import { type AppForm, formField, manifestsOf } from "./manifests";

const FORM: AppForm = { name: "shop", namespace: "work", image: "shop:1", replicas: 2, port: "", host: "" };
const kinds = (form: AppForm) => manifestsOf(form).map((one) => one.kind);

test("port and host bring Service and Ingress", () => {
  expect(kinds(FORM)).toEqual(["Deployment"]);
  expect(kinds({ ...FORM, port: 8080 })).toEqual(["Deployment", "Service"]);
  expect(kinds({ ...FORM, port: 8080, host: "shop.example" })).toEqual(["Deployment", "Service", "Ingress"]);
  expect(kinds({ ...FORM, host: "shop.example" })).toEqual(["Deployment"]);
});

test("the service finds the pods, the ingress the service", () => {
  const [deployment, service, ingress] = manifestsOf({ ...FORM, port: 8080, host: "shop.example" });
  expect(deployment?.spec).toMatchObject({
    replicas: 2,
    selector: { matchLabels: { app: "shop" } },
    template: { metadata: { labels: { app: "shop" } } },
  });
  expect(service?.spec).toMatchObject({ selector: { app: "shop" }, ports: [{ port: 8080 }] });
  expect(ingress?.spec).toMatchObject({
    rules: [
      { host: "shop.example", http: { paths: [{ backend: { service: { name: "shop", port: { number: 8080 } } } }] } },
    ],
  });
});

test.each([
  ["metadata.name", "name"],
  ["spec.template.spec.containers[0].image", "image"],
  ["spec.template.spec.containers[0].ports[0].containerPort", "port"],
  ["spec.rules[0].host", "host"],
  ["spec.replicas", "replicas"],
  ["spec.strategy", undefined],
])("%s belongs to %s", (path, field) => expect(formField(path)).toBe(field));
