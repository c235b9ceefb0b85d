// Claims, classes and snapshots: how each does.
import { text } from "../i18n/texts";
import type { Obj } from "./objects";
import type { State } from "./state";

export interface Claim extends Obj {
  spec: {
    storageClassName?: string;
    accessModes?: string[];
    resources?: { requests?: Record<string, string> };
    volumeName?: string;
  };
  status?: { phase?: string; capacity?: Record<string, string> };
}

export interface StorageClass extends Obj {
  provisioner: string;
  reclaimPolicy?: string;
  allowVolumeExpansion?: boolean;
}

export interface Snapshot extends Obj {
  spec: { source?: { persistentVolumeClaimName?: string } };
  status?: { readyToUse?: boolean; restoreSize?: string; creationTime?: string; error?: { message?: string } };
}

const DEFAULT = "storageclass.kubernetes.io/is-default-class";

export const isDefaultClass = ({ metadata }: StorageClass): boolean => metadata.annotations?.[DEFAULT] === "true";

export function claimState({ metadata, status }: Claim): State {
  if (metadata.deletionTimestamp) return { level: "busy", word: text("state.removing"), what: text("claim.removing") };
  if (status?.phase === "Bound") return { level: "ok", word: text("claim.bound") };
  if (status?.phase === "Lost")
    return { level: "bad", word: text("claim.lost"), what: text("claim.lostWhat"), advice: text("claim.lostWay") };
  return { level: "busy", word: text("claim.pending"), what: text("claim.pendingWhat") };
}

export function snapshotState({ status }: Snapshot): State {
  if (status?.error)
    return { level: "bad", word: text("state.failed"), what: text("snapshot.failed"), said: status.error.message };
  return status?.readyToUse
    ? { level: "ok", word: text("state.ready") }
    : { level: "busy", word: text("state.working") };
}
