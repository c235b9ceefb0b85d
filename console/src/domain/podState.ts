// Why a pod is not ready, as a sentence with a way out; read from the pod's own status.
import { text } from "../i18n/texts";
import { type ContainerStatus, conditionOf, type Ended, type Pod } from "./objects";
import type { State } from "./state";

/** Return what a pod does at the moment. */
export function podState(pod: Pod): State {
  const phase = pod.status?.phase ?? "Pending";
  if (pod.metadata.deletionTimestamp) return { level: "busy", word: text("state.stopping") };
  if (phase === "Succeeded") return { level: "idle", word: text("state.ended") };
  if (phase === "Failed") return failed(pod);
  if (phase === "Running" && conditionOf(pod.status?.conditions, "Ready")?.status === "True") {
    return { level: "ok", word: text("state.running") };
  }
  return notPlaced(pod) ?? stuckContainer(pod) ?? notReady(pod) ?? { level: "busy", word: text("state.starting") };
}

/** How often the pod's containers were started again. */
export function restarts(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0);
}

function notPlaced(pod: Pod): State | undefined {
  if (pod.spec.nodeName) return undefined;
  const placed = conditionOf(pod.status?.conditions, "PodScheduled");
  if (placed?.status !== "False") return { level: "busy", word: text("state.waitingForHost") };
  const said = placed.message ?? "";
  return {
    level: "bad",
    word: text("state.noHost"),
    what: text("pod.noHost"),
    said,
    advice: placing(said),
    way: "hosts",
  };
}

function placing(said: string) {
  if (/no nodes available/i.test(said)) return text("advice.noHosts");
  if (/\bport/i.test(said)) return text("advice.portTaken");
  if (/insufficient/i.test(said)) return text("advice.insufficient");
  if (/taint/i.test(said)) return text("advice.taint");
  if (/affinity|selector/i.test(said)) return text("advice.affinity");
  return text("advice.seeHosts");
}

function failed(pod: Pod): State {
  const ended = statuses(pod).find((status) => status.state?.terminated?.exitCode)?.state?.terminated;
  const said = pod.status?.message || pod.status?.reason || ended?.message;
  const what = ended ? text("pod.endedWith", { code: ended.exitCode }) : text("pod.failed");
  return { level: "bad", word: text("state.failed"), what, said, advice: text("advice.logs"), way: "logs" };
}

function stuckContainer(pod: Pod): State | undefined {
  for (const status of statuses(pod)) {
    const waiting = status.state?.waiting;
    const describe = waiting && WAITING[waiting.reason ?? ""];
    if (describe) return { ...describe(status, imageOf(pod, status)), said: waiting.message };
  }
  return undefined;
}

type Describe = (status: ContainerStatus, image: string) => State;

const imageMissing: Describe = (_status, image) => ({
  level: "bad",
  word: text("state.imageMissing"),
  what: text("pod.imageMissing", { image }),
  advice: image.startsWith("bouvier/") ? text("advice.seedImages") : text("advice.image"),
  way: "image",
});

const cannotStart: Describe = (status) => {
  const taken = /address already in use|port is already allocated/i.test(status.state?.waiting?.message ?? "");
  return {
    level: "bad",
    word: text("state.cannotStart"),
    what: text("pod.cannotStart", { container: status.name }),
    advice: taken ? text("advice.portTaken") : text("advice.command"),
    way: "events",
  };
};

const WAITING: Record<string, Describe> = {
  ErrImagePull: imageMissing,
  ImagePullBackOff: imageMissing,
  ErrImageNeverPull: (_status, image) => ({
    level: "bad",
    word: text("state.imageMissing"),
    what: text("pod.neverPulled", { image }),
    advice: text("advice.loadImage"),
    way: "image",
  }),
  InvalidImageName: (_status, image) => ({
    level: "bad",
    word: text("state.imageMissing"),
    what: text("pod.badImageName", { image }),
    advice: text("advice.correctImage"),
    way: "image",
  }),
  CrashLoopBackOff: (status) => keepsEnding(status, status.lastState?.terminated),
  CreateContainerConfigError: (status) => ({
    level: "bad",
    word: text("state.incomplete"),
    what: text("pod.badConfig", { container: status.name }),
    advice: text("advice.config"),
    way: "events",
  }),
  CreateContainerError: cannotStart,
  RunContainerError: cannotStart,
};

function keepsEnding(status: ContainerStatus, ended: Ended | undefined): State {
  const isMemory = ended?.reason === "OOMKilled";
  const count = status.restartCount;
  return {
    level: "bad",
    word: text("state.crashing"),
    what: isMemory
      ? text("pod.outOfMemory", { container: status.name, count })
      : text("pod.crashing", { container: status.name, code: ended?.exitCode ?? "?", count }),
    advice: isMemory ? text("advice.memory") : text("advice.previousLogs"),
    way: "logs",
  };
}

function notReady(pod: Pod): State | undefined {
  const running = pod.status?.containerStatuses ?? [];
  const ended = running.find((status) => status.state?.terminated)?.state?.terminated;
  if (ended) {
    return {
      level: ended.exitCode ? "bad" : "busy",
      word: text("state.restarting"),
      what: text("pod.endedWith", { code: ended.exitCode }),
      advice: text("advice.logs"),
      way: "logs",
    };
  }
  const unready = running.filter((status) => status.state?.running && !status.ready).map((status) => status.name);
  if (!unready.length) return undefined;
  return {
    level: "warn",
    word: text("state.notReady"),
    what: text("pod.notReady", { containers: unready.join(", ") }),
    advice: text("advice.probe"),
    way: "logs",
  };
}

function statuses(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function imageOf(pod: Pod, status: ContainerStatus): string {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return all.find((container) => container.name === status.name)?.image ?? status.image ?? "";
}
