import { expect, test } from "vitest";
import type { Ingress, Service } from "./objects";
import { metadata } from "./samples";
import { countEndpoints, serviceAddresses, sitesOf } from "./services";

const ingress = (spec: Ingress["spec"]): Ingress => ({ metadata: metadata("shop"), spec });
const backend = { service: { name: "shop", port: { number: 80 } } };

test("endpoints of all slices of a service add up; what is not said to be unready is ready", () => {
  const slice = (name: string, conditions: { ready?: boolean }[]) => ({
    metadata: metadata(name, { labels: { "kubernetes.io/service-name": "shop" } }),
    endpoints: conditions.map((one) => ({ addresses: ["10.0.0.1"], conditions: one })),
  });
  const empty = { metadata: metadata("c", { labels: { "kubernetes.io/service-name": "shop" } }), endpoints: null };
  expect(
    countEndpoints([slice("a", [{ ready: true }, {}]), slice("b", [{ ready: false }]), empty]).get("work/shop"),
  ).toEqual({ ready: 2, all: 3 });
});

test("sites are addresses that a browser opens, with the balancer's port where it is not the usual one", () => {
  const rules = [
    {
      host: "shop.example",
      http: {
        paths: [
          { path: "/", backend },
          { path: "/api", backend },
        ],
      },
    },
  ];
  expect(sitesOf(ingress({ rules }), { http: 80, https: 443 }).map((site) => site.url)).toEqual([
    "http://shop.example/",
    "http://shop.example/api",
  ]);
  expect(sitesOf(ingress({ rules, tls: [{ hosts: ["shop.example"] }] }), { http: 80, https: 8443 })[0]?.url).toBe(
    "https://shop.example:8443/",
  );
});

test("a rule for any host is shown, but cannot be opened", () => {
  const rules = [{ http: { paths: [{ backend }] } }, { host: "*.example", http: { paths: [{ backend }] } }];
  expect(sitesOf(ingress({ rules }), { http: 80, https: 443 })).toEqual([
    { host: "*", path: "/", backend: "shop:80" },
    { host: "*.example", path: "/", backend: "shop:80" },
  ]);
});

test("addresses of a service", () => {
  const service = (spec: Service["spec"]): Service => ({ metadata: metadata("shop"), spec });
  expect(serviceAddresses(service({ clusterIP: "10.43.0.9", ports: [{ port: 80 }, { port: 443 }] }))).toEqual([
    "10.43.0.9:80",
    "10.43.0.9:443",
  ]);
  expect(serviceAddresses(service({ clusterIP: "None", ports: [{ port: 80 }] }))).toEqual([]);
  expect(serviceAddresses(service({ type: "ExternalName", externalName: "db.example" }))).toEqual(["db.example"]);
});
