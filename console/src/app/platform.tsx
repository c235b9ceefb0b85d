// What the platform says of itself: its version, and where its balancer listens.
import { createContext, type ReactNode, use, useEffect, useState } from "react";
import { request } from "../api/http";
import type { BalancerPorts } from "../domain/services";

interface Platform {
  version: string;
  /** Hash of the authority's public key: how a joining host knows whom to trust. */
  caHash: string;
  balancer: BalancerPorts;
}

const USUAL: Platform = { version: "", caHash: "", balancer: { http: 80, https: 443 } };
const Context = createContext<Platform>(USUAL);

export const usePlatform = () => use(Context);

export function PlatformProvider({ children }: { children: ReactNode }) {
  const [platform, setPlatform] = useState(USUAL);
  useEffect(() => {
    // Without an answer the usual ports hold; nothing else depends on it.
    request<Platform>("GET", "/bouvier/v1/platform").then(setPlatform, () => undefined);
  }, []);
  return <Context value={platform}>{children}</Context>;
}
