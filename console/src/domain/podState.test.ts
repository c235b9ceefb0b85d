import { describe, expect, test } from "vitest";
import { render } from "../i18n/texts";
import { podState, restarts } from "./podState";
import { container, pod } from "./samples";
import type { State } from "./state";

const words = (state: State) =>
  [state.what, state.advice].flatMap((text) => (text ? [render("en", text)] : [])).join(" ");
const unplaced = (message: string) =>
  podState(
    pod({ phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", message }] }, { nodeName: "" }),
  );
const waiting = (reason: string, message = "", image = "shop:1") =>
  podState(
    pod({ phase: "Pending", containerStatuses: [container({ state: { waiting: { reason, message } } })] }, { image }),
  );

test("a ready pod runs", () => {
  const state = podState(pod({ phase: "Running", conditions: [{ type: "Ready", status: "True" }] }));
  expect(state).toMatchObject({ level: "ok", word: { key: "state.running" } });
});

test("a pod that is being deleted stops, whatever else it says", () => {
  expect(podState(pod({ phase: "Running" }, { deleted: true })).word.key).toBe("state.stopping");
});

describe("without a host", () => {
  test("it waits while nobody has looked", () => {
    expect(podState(pod({ phase: "Pending" }, { nodeName: "" }))).toMatchObject({ level: "busy" });
  });

  test.each([
    ["0/2 nodes are available: 2 Insufficient cpu.", "advice.insufficient"],
    ["0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.", "advice.portTaken"],
    ["0/1 nodes are available: 1 node(s) had untolerated taint(s).", "advice.taint"],
    ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", "advice.affinity"],
    ["no nodes available to schedule pods", "advice.noHosts"],
    ["something else", "advice.seeHosts"],
  ])("%s leads to %s", (message, advice) => {
    const state = unplaced(message);
    expect(state).toMatchObject({ level: "bad", said: message, way: "hosts" });
    expect(state.advice?.key).toBe(advice);
  });
});

describe("with a container that waits", () => {
  test("a missing image is named, with the way to change it", () => {
    const state = waiting("ImagePullBackOff", "manifest unknown", "registry.example/shop:9");
    expect(words(state)).toBe(
      "The image registry.example/shop:9 cannot be pulled. Check its name and tag, and that the host reaches the registry.",
    );
    expect(state).toMatchObject({ level: "bad", way: "image", said: "manifest unknown" });
  });

  test("an offline image is to be seeded", () => {
    expect(waiting("ErrImagePull", "", "bouvier/sample:1").advice?.key).toBe("advice.seedImages");
  });

  test("a taken port is said to be taken", () => {
    expect(waiting("RunContainerError", "bind: address already in use").advice?.key).toBe("advice.portTaken");
    expect(waiting("RunContainerError", "no such file").advice?.key).toBe("advice.command");
  });

  test("a missing ConfigMap is to be created", () => {
    expect(words(waiting("CreateContainerConfigError", 'configmap "web" not found'))).toContain(
      "main lacks something that it names.",
    );
  });

  test("a container that keeps crashing tells its exit code and how often", () => {
    const status = container({
      restartCount: 1,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 3 } },
    });
    expect(words(podState(pod({ phase: "Running", containerStatuses: [status] })))).toBe(
      "main keeps crashing (exit code 3) and was restarted 1 time. The log of the previous run tells why.",
    );
  });

  test("too little memory is told apart from other crashes", () => {
    const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
    const status = container({ restartCount: 4, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState });
    expect(words(podState(pod({ phase: "Running", containerStatuses: [status] })))).toContain(
      "too much memory, 4 times",
    );
  });
});

test("a failing readiness probe is a warning that names the container", () => {
  const status = container({ state: { running: {} } });
  const state = podState(
    pod({ phase: "Running", conditions: [{ type: "Ready", status: "False" }], containerStatuses: [status] }),
  );
  expect(state.level).toBe("warn");
  expect(words(state)).toContain("main does not answer the readiness probe yet");
});

test("a failed pod tells its exit code", () => {
  const status = container({ state: { terminated: { exitCode: 2 } } });
  expect(words(podState(pod({ phase: "Failed", containerStatuses: [status] })))).toContain("exit code 2");
});

test("restarts of all containers add up", () => {
  expect(restarts(pod({ containerStatuses: [container({ restartCount: 2 }), container({ restartCount: 3 })] }))).toBe(
    5,
  );
});
