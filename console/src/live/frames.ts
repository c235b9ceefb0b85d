// What one watch knows, and how messages change it. Pure: a new collection for every change.
import type { Obj, Status } from "../domain/objects";

export type Frame =
  | { type: "LIST"; items: Obj[]; resourceVersion: string }
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: Obj }
  | { error: Status };

export interface Collection {
  /** loading: nothing came yet. ready: complete and live. failed: the server ended the watch. */
  phase: "loading" | "ready" | "failed";
  objects: ReadonlyMap<string, Obj>;
  error?: Status;
}

export const NOTHING_YET: Collection = { phase: "loading", objects: new Map() };

/** Apply messages in the order in which they came; objects that did not change keep their identity. */
export function applyFrames(before: Collection, frames: readonly Frame[]): Collection {
  let { phase, error } = before;
  let objects = new Map(before.objects);
  for (const frame of frames) {
    if ("error" in frame) {
      phase = "failed";
      error = frame.error;
    } else if (frame.type === "LIST") {
      phase = "ready";
      error = undefined;
      objects = listed(objects, frame.items);
    } else if (frame.type === "DELETED") {
      objects.delete(frame.object.metadata.uid);
    } else {
      objects.set(frame.object.metadata.uid, slim(frame.object));
    }
  }
  return { phase, objects, error };
}

function listed(before: ReadonlyMap<string, Obj>, items: Obj[]): Map<string, Obj> {
  const objects = new Map<string, Obj>();
  for (const item of items) {
    const { uid, resourceVersion } = item.metadata;
    const known = before.get(uid);
    objects.set(uid, known?.metadata.resourceVersion === resourceVersion ? known : slim(item));
  }
  return objects;
}

/** Who owns which field is a third of an object and never shown in a list. */
function slim(obj: Obj): Obj {
  delete obj.metadata.managedFields;
  return obj;
}
