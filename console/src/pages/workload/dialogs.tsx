// Upgrade and roll back, from wherever they are asked for.
import { createContext, type ReactNode, use, useMemo, useState } from "react";
import type { Workload } from "../../domain/workloads";
import { RollbackDialog } from "./RollbackDialog";
import { UpgradeDialog } from "./UpgradeDialog";

interface Dialogs {
  upgrade: (workload: Workload) => void;
  rollBack: (workload: Workload) => void;
}

const Context = createContext<Dialogs | null>(null);

export function useWorkloadDialogs(): Dialogs {
  const dialogs = use(Context);
  if (!dialogs) throw new Error("useWorkloadDialogs outside of WorkloadDialogs");
  return dialogs;
}

export function WorkloadDialogs({ children }: { children: ReactNode }) {
  const [upgraded, setUpgraded] = useState<Workload>();
  const [rolledBack, setRolledBack] = useState<Workload>();
  const dialogs = useMemo(() => ({ upgrade: setUpgraded, rollBack: setRolledBack }), []);
  return (
    <Context value={dialogs}>
      {children}
      {upgraded && <UpgradeDialog workload={upgraded} onClose={() => setUpgraded(undefined)} />}
      {rolledBack && <RollbackDialog workload={rolledBack} onClose={() => setRolledBack(undefined)} />}
    </Context>
  );
}
