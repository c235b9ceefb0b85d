import type { Claim, Snapshot, StorageClass } from "../domain/storage";
import { clusterWide, namespaced } from "./resources";

export const CLAIMS = namespaced<Claim>("/api/v1", "persistentvolumeclaims");
export const STORAGE_CLASSES = clusterWide<StorageClass>("/apis/storage.k8s.io/v1", "storageclasses");
export const SNAPSHOTS = namespaced<Snapshot>("/apis/snapshot.storage.k8s.io/v1", "volumesnapshots");
