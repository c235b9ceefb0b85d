import { expect, test } from "vitest";
import { type Cluster, clusterSpec, clusterState, isForeign, lossesOf, totalsOf } from "./clusters";
import { metadata } from "./samples";

const cluster = (status: Cluster["status"]): Cluster => ({
  metadata: metadata("one"),
  spec: { driver: "swarm" },
  status,
});
const form = { name: "one", isStrict: false, address: "", marathon: "" };

test("a cluster says how it does", () => {
  const ready = (status: "True" | "False", reason: string) =>
    cluster({ conditions: [{ type: "Ready", status, reason }] });
  expect(clusterState(ready("True", "Reachable")).level).toBe("ok");
  expect(clusterState(ready("False", "NoHosts")).level).toBe("warn");
  expect(clusterState(ready("False", "Unreachable")).level).toBe("bad");
  expect(clusterState(cluster({})).level).toBe("busy");
});

test("hosts and capacity are summed over clusters of every kind", () => {
  const one = cluster({
    hosts: [{ name: "a", ready: true }, { name: "b" }],
    capacity: { cpu: "1500m", memory: "1Gi" },
  });
  const two = cluster({ hosts: [{ name: "c", ready: true }], capacity: { cpu: "2", memory: "1Gi" } });
  expect(totalsOf([one, two, cluster({})])).toEqual({ hosts: 3, readyHosts: 2, cpus: 3.5, memory: 2 ** 31 });
});

test("each driver has its own part of the spec", () => {
  expect(clusterSpec({ ...form, driver: "native" })).toEqual({ driver: "native" });
  expect(clusterSpec({ ...form, driver: "swarm", address: " unix:///run/docker.sock " })).toEqual({
    driver: "swarm",
    swarm: { engine: "unix:///run/docker.sock" },
  });
  const mesos = clusterSpec({
    ...form,
    driver: "mesos",
    address: "http://a:5050, http://b:5050",
    marathon: "http://m:8080",
  });
  expect(mesos.mesos).toEqual({ masters: ["http://a:5050", "http://b:5050"], marathon: ["http://m:8080"] });
});

test("what is lost is read from the object", () => {
  const annotations = {
    "bouvier.io/loss-report": '[{"field":"spec.x","message":"no counterpart"}]',
    "bouvier.io/foreign": "id",
  };
  const obj = { metadata: metadata("web", { annotations }) };
  expect(lossesOf(obj)).toEqual([{ field: "spec.x", message: "no counterpart" }]);
  expect(isForeign(obj)).toBe(true);
  expect(lossesOf({ metadata: metadata("web", { annotations: { "bouvier.io/loss-report": "{" } }) })).toEqual([]);
});
