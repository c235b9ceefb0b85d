import { expect, test } from "vitest";
import type { Obj } from "../domain/objects";
import { applyFrames, type Collection, type Frame, NOTHING_YET } from "./frames";

const object = (uid: string, resourceVersion = "1"): Obj => ({
  metadata: { name: uid, uid, resourceVersion, creationTimestamp: "", managedFields: [{}] },
});
const list = (...items: Obj[]): Frame => ({ type: "LIST", items, resourceVersion: "9" });
const uids = (collection: Collection) => [...collection.objects.keys()].sort();

test("a list makes a collection ready, changes follow", () => {
  const ready = applyFrames(NOTHING_YET, [
    list(object("a"), object("b")),
    { type: "ADDED", object: object("c") },
    { type: "MODIFIED", object: object("a", "2") },
    { type: "DELETED", object: object("b") },
  ]);
  expect(ready.phase).toBe("ready");
  expect(uids(ready)).toEqual(["a", "c"]);
  expect(ready.objects.get("a")?.metadata.resourceVersion).toBe("2");
});

test("the collection before is left as it was", () => {
  const before = applyFrames(NOTHING_YET, [list(object("a"))]);
  applyFrames(before, [{ type: "DELETED", object: object("a") }]);
  expect(uids(before)).toEqual(["a"]);
});

test("a second list replaces everything, and keeps what did not change", () => {
  const before = applyFrames(NOTHING_YET, [list(object("a"), object("b"), object("gone"))]);
  const after = applyFrames(before, [list(object("a"), object("b", "5"))]);
  expect(uids(after)).toEqual(["a", "b"]);
  expect(after.objects.get("a")).toBe(before.objects.get("a"));
  expect(after.objects.get("b")).not.toBe(before.objects.get("b"));
});

test("field ownership is dropped", () => {
  expect(applyFrames(NOTHING_YET, [list(object("a"))]).objects.get("a")?.metadata).not.toHaveProperty("managedFields");
});

test("an error ends the watch and is kept; a list mends it", () => {
  const failed = applyFrames(NOTHING_YET, [{ error: { kind: "Status", code: 403, message: "no" } }]);
  expect(failed).toMatchObject({ phase: "failed", error: { code: 403 } });
  expect(applyFrames(failed, [list()])).toMatchObject({ phase: "ready", error: undefined });
});
