import { Link } from "@tanstack/react-router";
import type { Happening } from "../../domain/events";
import { WORKLOAD_KINDS, type WorkloadKind } from "../../domain/workloads";

/** The object that an event is about, as a link where it has a page. */
export function ObjectLink({ about }: { about: Happening["about"] }) {
  const { kind, namespace, name } = about;
  const label = `${kind}/${name}`;
  if (kind === "Pod") {
    return (
      <Link to="/pods/$namespace/$name" params={{ namespace, name }}>
        {label}
      </Link>
    );
  }
  if (WORKLOAD_KINDS.includes(kind as WorkloadKind)) {
    return (
      <Link to="/workloads/$kind/$namespace/$name" params={{ kind, namespace, name }}>
        {label}
      </Link>
    );
  }
  if (kind === "Node") {
    return (
      <Link to="/pods" search={{ host: name }}>
        {label}
      </Link>
    );
  }
  return <span>{label}</span>;
}
