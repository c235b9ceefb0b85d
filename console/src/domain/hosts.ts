// How a host does, read from its Node.
import { text } from "../i18n/texts";
import { conditionOf, type Host } from "./objects";
import { quantity } from "./quantities";
import type { State } from "./state";

const PRESSURES = ["DiskPressure", "MemoryPressure", "PIDPressure", "NetworkUnavailable"];

export function hostState(host: Host): State {
  const conditions = host.status?.conditions;
  const ready = conditionOf(conditions, "Ready");
  if (!ready || ready.status === "Unknown") {
    return {
      level: "bad",
      word: text("state.lost"),
      what: text("host.lost"),
      advice: text("advice.hostLost"),
      said: ready?.message,
    };
  }
  if (ready.status === "False") {
    return {
      level: "bad",
      word: text("state.notReady"),
      what: text("host.notReady"),
      said: ready.message,
      advice: text("advice.hostNotReady"),
    };
  }
  const pressure = conditions?.find((one) => PRESSURES.includes(one.type) && one.status === "True");
  if (pressure) {
    return {
      level: "warn",
      word: text("state.pressed"),
      what: text("host.pressure", { what: pressure.type }),
      said: pressure.message,
    };
  }
  if (host.spec?.unschedulable) return { level: "warn", word: text("state.closed"), what: text("host.closed") };
  return { level: "ok", word: text("state.ready") };
}

export interface Capacity {
  cpus: number;
  memory: number;
  pods: number;
}

export function capacityOf(host: Host): Capacity {
  const { cpu, memory, pods } = host.status?.allocatable ?? host.status?.capacity ?? {};
  return { cpus: quantity(cpu), memory: quantity(memory), pods: quantity(pods) };
}

export function addressOf(host: Host): string {
  return host.status?.addresses?.find((one) => one.type === "InternalIP")?.address ?? "";
}
