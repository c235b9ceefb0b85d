// What the shown cluster and the platform serve: pages of kinds that nobody serves are not offered.
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { HOME_CLUSTER, shownCluster } from "../api/cluster";
import { servedResources } from "../api/discovery";
import { useLink } from "../live/useLive";

interface Served {
  /** Whether a kind, as `GROUP/PLURAL`, can be read in the shown cluster. */
  has: (resource: string) => boolean;
  isKnown: boolean;
}

const NOTHING: Served = { has: () => false, isKnown: false };
const Context = createContext(NOTHING);

export const useServed = () => use(Context);

/** Asks again whenever the connection is back: the platform may have been upgraded, or a definition added. */
export function ServedProvider({ children }: { children: ReactNode }) {
  const link = useLink();
  const [resources, setResources] = useState<ReadonlySet<string>>();
  useEffect(() => {
    if (link !== "open") return;
    // Without an answer only the pages that every cluster has are offered.
    servedResources().then(setResources, () => undefined);
  }, [link]);
  const served = useMemo(
    () => (resources ? { has: (resource: string) => resources.has(resource), isKnown: true } : NOTHING),
    [resources],
  );
  return <Context value={served}>{children}</Context>;
}

export const isAtHome = () => shownCluster() === HOME_CLUSTER;
