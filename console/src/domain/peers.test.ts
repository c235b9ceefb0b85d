import { expect, test } from "vitest";
import { matrixOf, type PeerReport } from "./peers";
import { host, metadata } from "./samples";

const named = (name: string, ready: "True" | "Unknown" = "True") => ({ ...host(ready), metadata: metadata(name) });
const report = (name: string, peers: PeerReport["peers"]): PeerReport => ({
  metadata: metadata(name),
  driver: "vxlan",
  peers,
});

test("each ordered pair of hosts is there once, as the first of them found it", () => {
  const reports = [
    report("north", [{ name: "south", state: "established", milliseconds: "0.4" }]),
    report("south", [{ name: "north", state: "unreachable", message: "no association" }]),
  ];
  const matrix = matrixOf([named("south"), named("north")], reports);
  expect(matrix.hosts).toEqual(["north", "south"]);
  expect(matrix.drivers).toEqual(["vxlan"]);
  expect(matrix.pairs.map(({ from, to, state }) => `${from} ${to} ${state}`)).toEqual([
    "north south established",
    "south north unreachable",
  ]);
});

test("a host that does not report is not believed any more, and one that is new has not said anything", () => {
  const reports = [report("north", [{ name: "south", state: "established" }])];
  const matrix = matrixOf([named("north", "Unknown"), named("south")], reports);
  expect(matrix.pairs.map(({ state }) => state)).toEqual(["unknown", "untested"]);
});

test("a single host has no pairs", () => {
  expect(matrixOf([named("north")], []).pairs).toEqual([]);
});
