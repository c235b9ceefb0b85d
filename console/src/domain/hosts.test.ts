import { expect, test } from "vitest";
import { capacityOf, hostState } from "./hosts";
import { host } from "./samples";

test("a host is ready, closed, not ready or lost", () => {
  expect(hostState(host("True")).word.key).toBe("state.ready");
  expect(hostState(host("True", { unschedulable: true }))).toMatchObject({
    level: "warn",
    word: { key: "state.closed" },
  });
  expect(hostState(host("False"))).toMatchObject({ level: "bad", said: "said so" });
  expect(hostState(host("Unknown")).word.key).toBe("state.lost");
});

test("pressure is worth a look", () => {
  const pressed = host("True");
  pressed.status?.conditions?.push({ type: "DiskPressure", status: "True" });
  expect(hostState(pressed)).toMatchObject({ level: "warn", what: { values: { what: "DiskPressure" } } });
});

test("capacity is what may be used", () => {
  const one = host("True");
  one.status = { ...one.status, capacity: { cpu: "8" }, allocatable: { cpu: "7500m", memory: "1Gi", pods: "110" } };
  expect(capacityOf(one)).toEqual({ cpus: 7.5, memory: 2 ** 30, pods: 110 });
});
