import { expect, test } from "vitest";
import type { Pod } from "./objects";
import { sharesOf, totalOf } from "./pool";
import { host, metadata, pod } from "./samples";

const offering = (name: string) => ({
  ...host("True"),
  metadata: metadata(name),
  status: { allocatable: { cpu: "4", memory: "8Gi" } },
});
const asking = (name: string, node: string, cpu: string): Pod => {
  const container = { name: "main", image: "x", resources: { requests: { cpu } } };
  return { ...pod({ phase: "Running" }), metadata: metadata(name), spec: { nodeName: node, containers: [container] } };
};
const metrics = [{ metadata: metadata("b"), containers: [{ name: "main", usage: { cpu: "1500m", memory: "1Gi" } }] }];

test("a host has what it offers; the larger of reserved and used is taken from it", () => {
  const pods = [
    asking("a", "north", "1"),
    asking("b", "north", "500m"),
    { ...asking("c", "north", "2"), status: { phase: "Succeeded" } },
  ];
  const [north, south] = sharesOf("host", "cpu", [offering("north"), offering("south")], pods, metrics);
  expect(north).toEqual({ key: "north", capacity: 4, reserved: 1.5, used: 1.5, idle: 1.5 });
  expect(south).toEqual({ key: "south", capacity: 4, reserved: 0, used: 0, idle: 4 });
  expect(totalOf([north!, south!])).toMatchObject({ capacity: 8, reserved: 1.5, idle: 5.5 });
});

test("namespaces have what their pods have", () => {
  const shares = sharesOf("namespace", "cpu", [offering("north")], [asking("a", "north", "1")], metrics);
  expect(shares).toEqual([{ key: "work", capacity: 0, reserved: 1, used: 0, idle: 0 }]);
});
