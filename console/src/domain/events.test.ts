import { expect, test } from "vitest";
import { folded, newestFirst } from "./events";
import type { EventObject } from "./objects";
import { metadata } from "./samples";

const told = (name: string, more: Partial<EventObject>): EventObject => ({
  metadata: metadata(name),
  involvedObject: { kind: "Pod", namespace: "work", name: "shop-1", uid: "u" },
  reason: "BackOff",
  ...more,
});

test("both ways of writing events come out as one", () => {
  const old = told("a", {
    type: "Warning",
    count: 3,
    lastTimestamp: "2026-01-02T00:00:00Z",
    source: { component: "node" },
  });
  const series = { count: 7, lastObservedTime: "2026-01-03T00:00:00Z" };
  const recent = told("b", {
    lastTimestamp: null,
    eventTime: "2026-01-01T00:00:00Z",
    series,
    reportingComponent: "scheduler",
  });
  expect(newestFirst([old, recent])).toMatchObject([
    { uid: "uid-b", count: 7, isWarning: false, from: "scheduler" },
    { uid: "uid-a", count: 3, isWarning: true, from: "node" },
  ]);
});

test("events about the same object for the same reason fold into the newest", () => {
  const events = newestFirst([
    told("a", { lastTimestamp: "2026-01-01T00:00:00Z", message: "first" }),
    told("b", { lastTimestamp: "2026-01-02T00:00:00Z", message: "second", count: 2 }),
    told("c", { lastTimestamp: "2026-01-01T00:00:00Z", reason: "Started" }),
  ]);
  expect(folded(events)).toMatchObject([
    { message: "second", count: 3 },
    { reason: "Started", count: 1 },
  ]);
});
