// The chosen namespace: part of the address, so that a link shows the same to everybody. Empty means all.
import { useNavigate, useSearch } from "@tanstack/react-router";

export function useNamespace(): [string, (namespace: string) => void] {
  const { ns = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const choose = (namespace: string) =>
    void navigate({ to: ".", search: (before) => ({ ...before, ns: namespace || undefined }) });
  return [ns, choose];
}
