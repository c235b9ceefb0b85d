// How a workload does, as a sentence: first from its own status, then from its pods where it is not as wished.
import { text } from "../i18n/texts";
import { conditionOf, type Pod } from "./objects";
import { podState } from "./podState";
import { compareLevels, type State } from "./state";
import { type Health, healthOf, isObserved, type Workload } from "./workloads";

/** Return the state; `pods` are the workload's pods, where they are known. */
export function workloadState(workload: Workload, pods: readonly Pod[] = []): State {
  if (workload.obj.metadata.deletionTimestamp) return { level: "busy", word: text("state.removing") };
  if (workload.kind === "Job") return jobState(workload, pods);
  if (workload.kind === "CronJob") return cronJobState(workload);
  const own = ownState(workload);
  if (own.level === "ok" || own.level === "idle") return own;
  return worstPod(pods, own) ?? own;
}

function ownState(workload: Workload): State {
  const health = healthOf(workload);
  const conditions = workload.obj.status?.conditions;
  const refused = conditionOf(conditions, "ReplicaFailure");
  if (refused?.status === "True") {
    const advice = text("advice.refused");
    return {
      level: "bad",
      word: text("state.refused"),
      what: text("workload.refused"),
      said: refused.message,
      advice,
      way: "events",
    };
  }
  if (!isObserved(workload)) return { level: "busy", word: text("state.starting") };
  const stalled = conditionOf(conditions, "Progressing");
  if (stalled?.status === "False" && stalled.reason === "ProgressDeadlineExceeded") {
    const advice = text("advice.rollback");
    return { level: "bad", word: text("state.stalled"), what: text("workload.stalled"), advice, way: "rollback" };
  }
  return progressState(workload, health);
}

function progressState(workload: Workload, health: Health): State {
  if (workload.obj.spec.paused) {
    return { level: "warn", word: text("state.paused"), what: text("workload.paused"), advice: text("advice.resume") };
  }
  const { desired, ready, updated, present } = health;
  if (desired === 0 && present === 0) return { level: "idle", word: text("state.off"), what: text("workload.off") };
  if (updated < desired) {
    return { level: "busy", word: text("state.upgrading"), what: text("workload.upgrading", { updated, desired }) };
  }
  if (present > desired) {
    const surplus = present - desired;
    return { level: "busy", word: text("state.shrinking"), what: text("workload.shrinking", { count: surplus }) };
  }
  if (ready < desired) {
    return { level: "busy", word: text("state.starting"), what: text("workload.starting", { ready, desired }) };
  }
  return { level: "ok", word: text("state.running") };
}

/** The worst that a pod has to say, when it is worse than what the workload knows. */
function worstPod(pods: readonly Pod[], own: State): State | undefined {
  const alive = pods.filter((pod) => !pod.metadata.deletionTimestamp);
  const states = alive.map(podState).filter((state) => compareLevels(state.level, own.level) < 0);
  const worst = states.sort((a, b) => compareLevels(a.level, b.level))[0];
  return worst;
}

function jobState(workload: Workload, pods: readonly Pod[]): State {
  const conditions = workload.obj.status?.conditions;
  if (conditionOf(conditions, "Complete")?.status === "True") return { level: "idle", word: text("state.done") };
  const failed = conditionOf(conditions, "Failed");
  if (failed?.status === "True") {
    const advice = text("advice.logs");
    return {
      level: "bad",
      word: text("state.failed"),
      what: text("workload.jobFailed"),
      said: failed.message,
      advice,
      way: "logs",
    };
  }
  if (workload.obj.spec.suspend) return { level: "idle", word: text("state.suspended") };
  const own: State = { level: "busy", word: text("state.working") };
  return worstPod(pods, own) ?? own;
}

function cronJobState(workload: Workload): State {
  if (workload.obj.spec.suspend) return { level: "idle", word: text("state.suspended") };
  if (healthOf(workload).present > 0) return { level: "busy", word: text("state.working") };
  return {
    level: "ok",
    word: text("state.planned"),
    what: text("workload.planned", { schedule: workload.obj.spec.schedule ?? "" }),
  };
}
