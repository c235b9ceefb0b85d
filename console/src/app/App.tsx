import { RouterProvider } from "@tanstack/react-router";
import { I18nProvider } from "../i18n/i18n";
import { ActingProvider } from "../ui/Actions";
import { Notices } from "../ui/Notices";
import { Themed } from "../ui/Themed";
import { router } from "./routes";
import { SessionProvider } from "./session";

export function App() {
  return (
    <I18nProvider>
      <Themed>
        <Notices />
        <ActingProvider>
          <SessionProvider>
            <RouterProvider router={router} />
          </SessionProvider>
        </ActingProvider>
      </Themed>
    </I18nProvider>
  );
}
