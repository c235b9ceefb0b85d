// Which pods must leave a host that is emptied.
import { controllerOf, type Pod } from "./objects";

const MIRROR = "kubernetes.io/config.mirror";
const ENDED = ["Succeeded", "Failed"];

/** Pods that a drain moves: not those of DaemonSets (they would come back) nor those that have ended. */
export function podsToMove(pods: readonly Pod[]): Pod[] {
  return pods.filter(
    (pod) =>
      controllerOf(pod)?.kind !== "DaemonSet" &&
      !pod.metadata.annotations?.[MIRROR] &&
      !ENDED.includes(pod.status?.phase ?? ""),
  );
}

/** Pods that nothing starts again elsewhere. */
export function lostByMoving(pods: readonly Pod[]): Pod[] {
  return podsToMove(pods).filter((pod) => !controllerOf(pod));
}
