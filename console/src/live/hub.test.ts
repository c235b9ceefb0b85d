import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveHub } from "./hub";

/** A socket whose other end is the test. */
class Socket {
  static readonly OPEN = 1;
  static readonly CLOSED = 3;
  static all: Socket[] = [];
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (() => void) | null;

  constructor() {
    Socket.all.push(this);
  }
  static get last(): Socket {
    return Socket.all.at(-1) as Socket;
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = Socket.CLOSED;
    this.onclose?.();
  }
  open() {
    this.readyState = Socket.OPEN;
    this.onopen?.();
  }
  say(message: unknown) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const item = (uid: string) => ({ metadata: { name: uid, uid, resourceVersion: "1", creationTimestamp: "" } });
const PODS = "/api/v1/pods";
let hub: LiveHub;
let unauthorized: number;

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  unauthorized = 0;
  const nothing = () => undefined;
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("window", { addEventListener: nothing, removeEventListener: nothing });
  vi.stubGlobal("document", { addEventListener: nothing, removeEventListener: nothing, visibilityState: "visible" });
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 16));
  hub = new LiveHub("wss://here", () => (unauthorized += 1));
  hub.start();
});

afterEach(() => {
  hub.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const names = () => [...hub.snapshot(PODS, "").objects.keys()];

test("what was asked before the socket opened is asked when it opens", () => {
  hub.subscribe(PODS, "", () => undefined);
  Socket.last.open();
  expect(Socket.last.sent).toEqual([{ id: 1, watch: PODS, query: "" }]);
});

test("equal watches are one watch, and end a while after their last reader", () => {
  Socket.last.open();
  const leave = [hub.subscribe(PODS, "", () => undefined), hub.subscribe(PODS, "", () => undefined)];
  expect(Socket.last.sent).toHaveLength(1);
  for (const end of leave) end();
  expect(Socket.last.sent).toHaveLength(1);
  vi.advanceTimersByTime(15_000);
  expect(Socket.last.sent).toContainEqual({ id: 1, stop: true });
});

test("readers are told once for each frame of the screen", () => {
  let told = 0;
  hub.subscribe(PODS, "", () => (told += 1));
  Socket.last.open();
  Socket.last.say({ id: 1, type: "LIST", items: [item("a")], resourceVersion: "1" });
  Socket.last.say({ id: 1, type: "ADDED", object: item("b") });
  Socket.last.say({ id: 1, type: "ADDED", object: item("c") });
  vi.advanceTimersByTime(20);
  expect(told).toBe(1);
  expect(names()).toEqual(["a", "b", "c"]);
});

test("after a loss everything is asked again, and what went away meanwhile is gone", () => {
  hub.subscribe(PODS, "", () => undefined);
  Socket.last.open();
  Socket.last.say({ id: 1, type: "LIST", items: [item("a"), item("b")], resourceVersion: "1" });
  Socket.last.close();
  expect(hub.link).toBe("lost");
  vi.advanceTimersByTime(1000);
  Socket.last.open();
  expect(hub.link).toBe("open");
  Socket.last.say({ id: 1, type: "LIST", items: [item("b")], resourceVersion: "2" });
  vi.advanceTimersByTime(20);
  expect(names()).toEqual(["b"]);
});

test("a socket that stays silent is asked, and given up without an answer", () => {
  Socket.last.open();
  vi.advanceTimersByTime(20_000);
  expect(Socket.last.sent.at(-1)).toHaveProperty("ping");
  Socket.last.say({ pong: 1 });
  vi.advanceTimersByTime(19_000);
  expect(hub.link).toBe("open");
  vi.advanceTimersByTime(7_000);
  expect(hub.link).toBe("lost");
});

test("too many requests is tried again, no permission is not, no session is told", () => {
  hub.subscribe(PODS, "", () => undefined);
  Socket.last.open();
  Socket.last.say({ id: 1, error: { kind: "Status", code: 429 } });
  vi.advanceTimersByTime(6_000);
  expect(Socket.last.sent).toHaveLength(2);
  Socket.last.say({ id: 1, error: { kind: "Status", code: 403 } });
  vi.advanceTimersByTime(6_000);
  expect(Socket.last.sent).toHaveLength(2);
  Socket.last.say({ id: 1, error: { kind: "Status", code: 401 } });
  expect(unauthorized).toBe(1);
});
