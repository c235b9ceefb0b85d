import type { ReactNode } from "react";
import { MantineProvider } from "./kit";
import { theme, variables } from "./theme";

/** Colours follow the system until the reader chooses. */
export function Themed({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      {children}
    </MantineProvider>
  );
}
